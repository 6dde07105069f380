import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmenet.estimators.classical.domain_transform import recursive_filter, spread

SETTINGS = {"spatial_px": 4.0, "colour": 0.4, "iterations": 3}


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32)


def test_a_constant_stays() -> None:
    filtered = recursive_filter(np.full((9, 7, 2), 0.7, np.float32), noise(9, 7, 3), **SETTINGS)
    np.testing.assert_allclose(filtered, 0.7, rtol=1e-6)


def test_without_edges_it_is_as_wide_as_asked() -> None:
    """Under a constant guide an impulse becomes a kernel with the variance that was asked for."""
    impulse = np.zeros((101, 121, 1), np.float32)
    impulse[50, 60] = 1
    filtered = recursive_filter(impulse, np.zeros((101, 121, 3), np.float32), **SETTINGS)[..., 0]
    rows, columns = np.indices(filtered.shape)
    total = filtered.sum(dtype=np.float64)
    assert total == pytest.approx(1, abs=1e-3)
    for distance in (rows - 50, columns - 60):
        assert (distance * filtered).sum() / total == pytest.approx(0, abs=1e-2)
        assert (distance**2 * filtered).sum() / total == pytest.approx(4.0**2, rel=0.1)


def test_nothing_crosses_a_strong_edge() -> None:
    guide = np.zeros((20, 30, 3), np.float32)
    guide[:, 15:] = 1
    sides = np.zeros((20, 30, 1), np.float32)
    sides[:, 15:] = 1
    filtered = recursive_filter(sides, guide, spatial_px=4.0, colour=0.02, iterations=3)
    np.testing.assert_allclose(filtered, sides, atol=1e-3)


def test_rows_and_columns_are_treated_alike_under_a_constant_guide() -> None:
    image, guide = noise(12, 12, 2), np.zeros((12, 12, 3), np.float32)
    turned = recursive_filter(image.transpose(1, 0, 2), guide, **SETTINGS)
    np.testing.assert_allclose(
        turned.transpose(1, 0, 2), recursive_filter(image, guide, **SETTINGS), atol=1e-5
    )


@settings(max_examples=25)
@given(height=st.integers(1, 9), width=st.integers(1, 9), seed=st.integers(0, 99))
def test_an_average_stays_within_its_values(height: int, width: int, seed: int) -> None:
    image, guide = noise(height, width, 1, seed=seed), noise(height, width, 3, seed=seed + 100)
    filtered = recursive_filter(image, guide, **SETTINGS)
    assert filtered.shape == image.shape
    assert image.min() - 1e-6 <= filtered.min() <= filtered.max() <= image.max() + 1e-6


def test_it_equals_the_definition_on_a_row() -> None:
    """One iteration on one row, after equation 21, pixel by pixel."""
    row, guide = noise(1, 6, 1)[0, :, 0], noise(1, 6, 3, seed=1)
    distances = 1 + 4.0 / 0.4 * np.abs(np.diff(guide[0], axis=0)).sum(axis=1)
    feedback = np.exp(-np.sqrt(2) / 4.0) ** distances
    expected = row.astype(np.float64)
    for i in range(1, 6):
        expected[i] = (1 - feedback[i - 1]) * expected[i] + feedback[i - 1] * expected[i - 1]
    for i in range(4, -1, -1):
        expected[i] = (1 - feedback[i]) * expected[i] + feedback[i] * expected[i + 1]
    filtered = recursive_filter(row[None, :, None], guide, spatial_px=4.0, colour=0.4, iterations=1)
    np.testing.assert_allclose(filtered[0, :, 0], expected, rtol=1e-5)


def test_spreading_keeps_to_the_sides_of_an_edge() -> None:
    guide = np.zeros((20, 30, 3), np.float32)
    guide[:, 15:] = 1
    sparse = np.full((20, 30), np.nan, np.float32)
    sparse[10, 14], sparse[10, 15] = 1.0, 3.0
    dense = spread(sparse, guide, spatial_px=4.0, colour=0.05, iterations=3)
    np.testing.assert_allclose(dense[:, :15], 1, atol=0.05)
    np.testing.assert_allclose(dense[:, 15:], 3, atol=0.05)


def test_out_of_reach_is_the_mean() -> None:
    sparse = np.full((3, 4000), np.nan, np.float32)
    sparse[1, 0], sparse[1, 1] = 1.0, 2.0
    dense = spread(sparse, np.zeros((3, 4000, 3), np.float32), **SETTINGS)
    assert np.isfinite(dense).all()
    assert dense[0, -1] == 1.5
