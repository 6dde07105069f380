import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmenet.estimators.classical.edges import (
    canny_edges,
    gradient_magnitude,
    gradient_ratio,
    last_scale_of,
    luma,
    sigma_from_ratio,
    studio_luma,
    value,
)
from edges_of_known_blur import step_edge, textured


def test_a_step_has_one_thin_edge_where_it_is() -> None:
    edges = canny_edges(luma(step_edge(1.0)), 1.0, 0.1)
    inner = edges[2:-2]
    assert inner[:, 36].all()
    assert inner.sum() == len(inner)


@pytest.mark.parametrize("threshold", [0.1, None])
def test_edges_do_not_depend_on_contrast(threshold: float | None) -> None:
    grey = luma(textured((50, 60)))
    edges = canny_edges(grey, 1.0, threshold)
    assert edges.any()
    np.testing.assert_array_equal(canny_edges(0.01 * grey, 1.0, threshold), edges)


def test_a_higher_threshold_leaves_some_of_the_edges() -> None:
    grey = luma(textured((50, 60)))
    few, many = canny_edges(grey, 1.0, 0.5), canny_edges(grey, 1.0, 0.1)
    assert 0 < few.sum() < many.sum()
    assert not (few & ~many).any()


def test_the_automatic_threshold_is_matlabs() -> None:
    """70 % of the pixels are flat, 30 % lie on slopes of one steepness."""
    ramp = np.zeros((40, 40))
    ramp[:, 26:] = np.arange(14) / 14
    edges = canny_edges(ramp, 1.0)
    assert not edges[:, :20].any()
    assert edges.shape == ramp.shape


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 3), (5, 7)])
def test_tiny_and_constant_images_have_no_edges(shape: tuple[int, int]) -> None:
    for level in (0.0, 0.3, 1.0):
        assert not canny_edges(np.full(shape, level), 1.0).any()


def test_the_last_scale_before_an_edge_disappears() -> None:
    seen = np.array([[1, 1, 1, 1], [1, 0, 0, 1], [1, 1, 1, 0], [0, 1, 1, 1]], bool)
    assert last_scale_of(seen.T[:, None, :]).tolist() == [[3, 0, 2, -1]]


def test_grey_values_by_hand() -> None:
    white, red = np.ones((1, 1, 3), np.float32), np.array([[[1, 0, 0]]], np.float32)
    assert luma(white).item() == pytest.approx(1, abs=2e-4)
    assert luma(red).item() == pytest.approx(0.2989)
    assert studio_luma(white).item() == pytest.approx(235 / 255)
    assert studio_luma(0 * white).item() == pytest.approx(16 / 255)
    assert value(red).item() == 1


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
