import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmenet.estimators.classical.edge_preserving import rolling_guidance, weighted_median


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32)


def test_rolling_guidance_removes_specks_and_keeps_an_edge() -> None:
    image = np.zeros((30, 40, 3), np.float32)
    image[:, 20:] = 1
    image[10, 8] = 1
    filtered = rolling_guidance(image, spatial_px=1.5, colour=0.1, iterations=5)
    assert filtered[10, 8].max() < 0.1
    assert filtered[:, :18].max() < 0.1
    assert filtered[:, 22:].min() > 0.9


def test_its_first_iteration_is_a_gaussian() -> None:
    impulse = np.zeros((21, 21, 1), np.float32)
    impulse[10, 10] = 1
    filtered = rolling_guidance(impulse, spatial_px=1.5, colour=0.1, iterations=1)[..., 0]
    rows, columns = np.indices(filtered.shape)
    expected = np.exp(-((rows - 10) ** 2 + (columns - 10) ** 2) / (2 * 1.5**2))
    near = np.hypot(rows - 10, columns - 10) <= 5
    np.testing.assert_allclose(filtered[near], (expected / expected.sum())[near], rtol=0.02)


@settings(max_examples=20, deadline=None)
@given(height=st.integers(1, 40), width=st.integers(1, 9), seed=st.integers(0, 99))
def test_weighted_median_equals_its_definition(height: int, width: int, seed: int) -> None:
    values, guide = noise(height, width, seed=seed), noise(height, width, 3, seed=seed + 1)
    result = weighted_median(values, guide, radius=2, colour=0.4, iterations=1)
    assert result.shape == values.shape
    for y, x in zip(*np.nonzero(noise(height, width, seed=seed + 2) < 0.2), strict=True):
        window = (slice(max(0, y - 2), y + 3), slice(max(0, x - 2), x + 3))
        weights = np.exp(-((guide[window] - guide[y, x]) ** 2).sum(axis=2) / (2 * 0.16)).ravel()
        candidates = values[window].ravel()
        # It minimises the weighted sum of distances.
        sums = (weights * np.abs(candidates - candidates[:, None])).sum(axis=1)
        chosen = (weights * np.abs(candidates - result[y, x])).sum()
        assert chosen == pytest.approx(sums.min(), rel=1e-4)


def test_it_does_not_care_for_orientation() -> None:
    values, guide = noise(37, 21), noise(37, 21, 3, seed=1)
    settings_ = {"radius": 3, "colour": 0.3, "iterations": 2}
    result = weighted_median(values, guide, **settings_)
    for turn in (np.flipud, np.rot90):
        turned = weighted_median(turn(values), turn(guide), **settings_)
        np.testing.assert_allclose(turned, turn(result), atol=1e-6)
