import numpy as np
import pytest

from dmenet.estimators.classical.edges import canny_edges, last_scale_of
from dmenet.estimators.classical.grey import luma, studio_luma, value
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
