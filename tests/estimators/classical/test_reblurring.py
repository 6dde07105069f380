import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmenet.estimators.classical.grey import luma
from dmenet.estimators.classical.reblurring import (
    gradient_magnitude,
    gradient_ratio,
    sigma_from_ratio,
)
from edges_of_known_blur import step_edge


def measured(sigma_px: float, angle: float, second: float) -> float:
    """At the middle pixel, through which the edge goes."""
    grey = luma(step_edge(sigma_px, angle))
    first, other = (gradient_magnitude(grey, s, "nearest") for s in (1.0, second))
    sigma = sigma_from_ratio(gradient_ratio(first, other), 1.0, second)
    return float(sigma[32, 36])


@pytest.mark.parametrize("second", [1.5, 2.5])
@pytest.mark.parametrize("angle", [0.0, np.pi / 2, np.pi / 4, 0.3, 2.5])
@pytest.mark.parametrize("sigma_px", [0.5, 0.8, 1.0, 1.7, 3.0])
def test_edges_of_known_blur(sigma_px: float, angle: float, second: float) -> None:
    # Pixels sample such an edge too coarsely: its gradients are no longer those of a Gaussian.
    tolerance = 0.09 if sigma_px == 0.5 else 0.03
    assert measured(sigma_px, angle, second) == pytest.approx(sigma_px, rel=tolerance)


@given(contrast=st.floats(0.05, 1.0), offset=st.floats(-1, 1))
def test_contrast_and_brightness_do_not_matter(contrast: float, offset: float) -> None:
    grey = luma(step_edge(1.2))
    other = contrast * grey + offset
    ratios = [
        gradient_ratio(gradient_magnitude(g, 1, "reflect"), gradient_magnitude(g, 1.5, "reflect"))
        for g in (grey, other)
    ]
    np.testing.assert_allclose(ratios[1][:, 30:42], ratios[0][:, 30:42], rtol=1e-6)


@given(sigma_px=st.floats(0, 20), first=st.floats(0.3, 2), factor=st.floats(1.1, 3))
def test_the_formula_inverts_the_ratio(sigma_px: float, first: float, factor: float) -> None:
    second = first * factor
    ratio = np.sqrt((sigma_px**2 + second**2) / (sigma_px**2 + first**2))
    estimate = sigma_from_ratio(np.array([min(ratio, second / first)]), first, second)
    assert estimate[0] == pytest.approx(sigma_px, rel=1e-3, abs=1e-3)


def test_impossible_ratios_have_no_sigma() -> None:
    ratio = np.array([0.5, 1.0, 1.5 + 1e-9, 2.0, np.nan])
    assert np.isnan(sigma_from_ratio(ratio, 1.0, 1.5)).all()
    assert sigma_from_ratio(np.array([1.5]), 1.0, 1.5)[0] == 0


def test_a_constant_image_has_no_ratio() -> None:
    flat = np.full((5, 7), 0.3)
    magnitudes = [gradient_magnitude(flat, s, "nearest") for s in (1.0, 1.5)]
    assert np.isnan(gradient_ratio(*magnitudes)).all()
