from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmenet.estimators.classical.propagation import (
    matting_laplacian,
    nested_dissection,
    propagate,
    reduce_mean,
)
from edges_of_known_blur import textured

SETTINGS = {"weight": 1e-3, "epsilon": 1e-7}


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape)


def by_definition(colours: np.ndarray, epsilon: float) -> np.ndarray:
    """Levin et al. 2008, equation 12, window by window."""
    height, width = colours.shape[:2]
    laplacian = np.zeros((height * width, height * width))
    for y, x in product(range(height - 2), range(width - 2)):
        numbers = [(y + dy) * width + x + dx for dy, dx in product(range(3), range(3))]
        window = colours[y : y + 3, x : x + 3].reshape(9, 3)
        centred = window - window.mean(axis=0)
        inverse = np.linalg.inv(np.cov(window.T, bias=True) + epsilon / 9 * np.eye(3))
        affinity = (1 + centred @ inverse @ centred.T) / 9
        laplacian[np.ix_(numbers, numbers)] += np.eye(9) - affinity
    return laplacian


@pytest.mark.parametrize("epsilon", [1e-7, 1e-2])
def test_the_laplacian_equals_its_definition(epsilon: float) -> None:
    colours = noise(5, 7, 3)
    laplacian = matting_laplacian(colours, epsilon)
    assert laplacian.nnz <= 25 * 35
    np.testing.assert_allclose(laplacian.toarray(), by_definition(colours, epsilon), atol=1e-8)


@settings(max_examples=20)
@given(
    height=st.integers(3, 7), width=st.integers(3, 7), grey=st.booleans(), seed=st.integers(0, 9)
)
def test_the_laplacian_is_one(height: int, width: int, grey: bool, seed: int) -> None:
    colours = noise(height, width, 1 if grey else 3, seed=seed) * np.ones(3)
    laplacian = matting_laplacian(colours, 1e-5).toarray()
    np.testing.assert_allclose(laplacian, laplacian.T, atol=1e-6)
    np.testing.assert_allclose(laplacian.sum(axis=1), 0, atol=1e-9)
    assert np.linalg.eigvalsh(laplacian).min() > -1e-6


@given(height=st.integers(1, 40), width=st.integers(1, 40))
def test_dissection_orders_every_pixel_once(height: int, width: int) -> None:
    order = nested_dissection(height, width)
    assert sorted(order.tolist()) == list(range(height * width))


def test_the_solution_is_the_dense_one() -> None:
    guide = textured((17, 23))
    values = np.where(noise(17, 23) < 0.2, 3 * noise(17, 23, seed=1), np.nan)
    known = np.isfinite(values)
    matrix = matting_laplacian(guide.astype(np.float64), 1e-7).toarray()
    matrix += 1e-3 * np.diag(known.ravel().astype(float))
    expected = np.linalg.solve(matrix, 1e-3 * np.nan_to_num(values).ravel()).reshape(17, 23)
    np.testing.assert_allclose(propagate(values, guide, **SETTINGS), expected, atol=1e-4)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (2, 2), (3, 3), (40, 56)])
def test_one_value_is_the_value_of_all(shape: tuple[int, int]) -> None:
    values = np.full(shape, np.nan)
    values[0, -1] = 1.5
    dense = propagate(values, textured(shape), **SETTINGS)
    assert dense.shape == shape
    np.testing.assert_allclose(dense, 1.5, atol=2e-3)


def test_values_keep_to_their_colours() -> None:
    guide = np.zeros((30, 40, 3), np.float32)
    guide[:, 20:] = (0.9, 0.5, 0.1)
    values = np.full((30, 40), np.nan)
    values[3, 5], values[20, 33] = 0.5, 2.0
    dense = propagate(values, guide, **SETTINGS)
    np.testing.assert_allclose(dense[:, :19], 0.5, atol=0.05)
    np.testing.assert_allclose(dense[:, 21:], 2.0, atol=0.05)


def test_orientation_does_not_matter() -> None:
    guide = textured((24, 31))
    values = np.where(noise(24, 31) < 0.2, 3 * noise(24, 31, seed=1), np.nan)
    dense = propagate(values, guide, **SETTINGS)
    for turn in (np.flipud, np.fliplr, np.rot90):
        turned = propagate(turn(values), np.ascontiguousarray(turn(guide)), **SETTINGS)
        np.testing.assert_allclose(turned, turn(dense), atol=1e-3)


def test_nothing_known_is_nothing() -> None:
    assert not propagate(np.full((5, 6), np.nan), textured((5, 6)), **SETTINGS).any()


def test_large_images_are_solved_small() -> None:
    guide = textured((120, 160))
    values = np.where(noise(120, 160) < 0.2, np.linspace(1, 2, 160), np.nan)
    whole = propagate(values, guide, **SETTINGS)
    reduced = propagate(values, guide, **SETTINGS, max_pixels=120 * 160 // 4)
    assert reduced.shape == whole.shape
    assert np.abs(reduced - whole).mean() < 0.1 * whole.std()


def test_reduced_values_are_means_of_the_known_ones() -> None:
    values = np.array([[1, np.nan, np.nan, np.nan], [3, 5, np.nan, 7.0]])
    np.testing.assert_array_equal(reduce_mean(values, (1, 2)), [[3, 7]])
    assert np.isnan(reduce_mean(np.full((4, 4), np.nan), (2, 2))).all()
