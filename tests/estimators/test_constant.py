"""Answers that do not look at the image, and methods that cannot be had."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from dmenet.errors import UnavailableError
from dmenet.estimators import (
    AllBlurredEstimator,
    ConstantEstimator,
    FixedEstimator,
    UnavailableEstimator,
)
from dmenet.metrics.protocols import CuhkProtocol
from dmenet.sample import Sample

IMAGE = np.zeros((6, 5, 3), np.float32)


def samples(*maps: NDArray[np.float32], key: str = "sigma_px") -> list[Sample]:
    return [{"name": str(i), "image": IMAGE, key: values} for i, values in enumerate(maps)]  # type: ignore[misc]


@settings(max_examples=100, deadline=None)
@given(
    values=arrays(np.float32, st.integers(1, 50), elements=st.floats(0, 7, width=32)),
    levels=st.sampled_from([0, 4]),
)
def test_the_best_constants_equal_numpys(values: NDArray[np.float32], levels: int) -> None:
    """The median is found without holding all pixels at once, and is exact."""
    if levels:
        values = np.round(values * np.float32(levels)) / np.float32(levels)
    parts = np.array_split(values, min(3, len(values)))
    for statistic, expected in (("mean", np.mean), ("median", np.median)):
        constant = ConstantEstimator(statistic)  # type: ignore[arg-type]
        constant.prepare(samples(*(part[None] for part in parts)))
        assert constant.sigma_px == np.float32(expected(values.astype(np.float64)))
        assert (constant(IMAGE).sigma_px == constant.sigma_px).all()
        assert constant.range_px == (constant.sigma_px, constant.sigma_px)


def test_masks_stand_for_0_and_7_px() -> None:
    mask = np.array([[1, 1, 1, 0]], np.float32)
    for statistic, expected in (("mean", 7 * 0.75), ("median", 7)):
        constant = ConstantEstimator(statistic)  # type: ignore[arg-type]
        constant.prepare(samples(mask, key="mask"))
        assert constant.sigma_px == expected


def test_a_fixed_sigma() -> None:
    estimate = FixedEstimator(1.0)(IMAGE).sigma_px
    assert estimate.shape == (6, 5)
    assert estimate.dtype == np.float32
    assert (estimate == 1).all()


def test_all_blurred_is_called_so_at_the_papers_threshold() -> None:
    """A constant map would be called sharp: accuracy 1/3 here."""
    image = np.zeros((30, 40, 3), np.float32)
    mask = np.zeros((30, 40), np.float32)
    mask[:20] = 1
    sample: Sample = {"name": "", "image": image, "mask": mask}
    scores = CuhkProtocol().score(AllBlurredEstimator()(image).sigma_px, sample)
    assert scores["accuracy"] == pytest.approx(2 / 3, abs=1.1 / 1200)
    assert scores["mae"] == pytest.approx(1 / 3, abs=1.1 / 1200)
    assert scores["iou"] == pytest.approx(2 / 3, abs=1.1 / 1200)


def test_it_says_why() -> None:
    estimator = UnavailableEstimator("the weights were never published", [0.3, 3.0])
    assert estimator.range_px == (0.3, 3.0)
    for ask in (lambda: estimator.prepare([]), lambda: estimator(np.zeros((3, 3, 3), np.float32))):
        with pytest.raises(UnavailableError, match="never published"):
            ask()
