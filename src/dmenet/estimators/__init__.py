"""Whatever turns an image into a sigma map in px, behind one protocol."""

from dmenet.estimators.constant import AllBlurredEstimator, ConstantEstimator, FixedEstimator
from dmenet.estimators.dmenet import DMENetEstimator
from dmenet.estimators.estimator import Estimate, Estimator, UnavailableEstimator

__all__ = [
    "AllBlurredEstimator",
    "ConstantEstimator",
    "DMENetEstimator",
    "Estimate",
    "Estimator",
    "FixedEstimator",
    "UnavailableEstimator",
]
