"""Whatever turns an image into a sigma map in px, behind one protocol."""

from dmenet.estimators.base import Estimate, Estimator, UnavailableEstimator
from dmenet.estimators.constant import AllBlurredEstimator, ConstantEstimator, FixedEstimator
from dmenet.estimators.dmenet import DMENetEstimator

__all__ = [
    "AllBlurredEstimator",
    "ConstantEstimator",
    "DMENetEstimator",
    "Estimate",
    "Estimator",
    "FixedEstimator",
    "UnavailableEstimator",
]
