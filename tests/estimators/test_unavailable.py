import numpy as np
import pytest

from dmenet.errors import UnavailableError
from dmenet.estimators.unavailable import UnavailableEstimator


def test_it_says_why() -> None:
    estimator = UnavailableEstimator("the weights were never published", [0.3, 3.0])
    assert estimator.range_px == (0.3, 3.0)
    for ask in (lambda: estimator.prepare([]), lambda: estimator(np.zeros((3, 3, 3), np.float32))):
        with pytest.raises(UnavailableError, match="never published"):
            ask()
