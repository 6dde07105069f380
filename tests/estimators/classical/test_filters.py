"""Filters of dense maps and of values that are known at edges only."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmenet.estimators.classical.filters import (
    along_edges,
    joint_bilateral,
    rolling_guidance,
    weighted_median,
)


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


def sparse_values(shape: tuple[int, int], seed: int = 0, share: float = 0.3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(shape) < share, rng.uniform(0.3, 3, shape), np.nan)


def test_joint_bilateral_equals_its_definition() -> None:
    values, guide = sparse_values((9, 11)), noise(9, 11, 3)
    smooth = joint_bilateral(values, guide, spatial_px=2.0, colour=0.3, radius=3)
    np.testing.assert_array_equal(np.isnan(smooth), np.isnan(values))
    known = list(zip(*np.nonzero(np.isfinite(values)), strict=True))
    for y, x in known:
        near = [(v, u) for v, u in known if abs(v - y) <= 3 and abs(u - x) <= 3]
        weights = [
            np.exp(-((v - y) ** 2 + (u - x) ** 2) / 8)
            * np.exp(-((guide[v, u] - guide[y, x]) ** 2).sum() / (2 * 0.09))
            for v, u in near
        ]
        expected = np.average([values[p] for p in near], weights=weights)
        assert smooth[y, x] == pytest.approx(expected, rel=1e-5)


def test_along_edges_solves_its_equations() -> None:
    values = sparse_values((8, 9))
    confidence = np.random.default_rng(1).integers(1, 9, values.shape)
    smooth = along_edges(values, confidence, stiffness=3.0)
    np.testing.assert_array_equal(np.isnan(smooth), np.isnan(values))
    padded = np.pad(smooth, 1, constant_values=np.nan)
    for y, x in zip(*np.nonzero(np.isfinite(values)), strict=True):
        neighbours = padded[y : y + 3, x : x + 3]
        pull = np.nansum(smooth[y, x] - neighbours)
        gradient = confidence[y, x] * (smooth[y, x] - values[y, x]) + 2 * 3.0 * pull
        assert gradient == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("count", [0, 1])
def test_few_values_stay(count: int) -> None:
    values = np.full((4, 5), np.nan)
    values[2, :count] = 1.5
    confidence = np.ones(values.shape, int)
    for smooth in (
        along_edges(values, confidence, 10),
        joint_bilateral(values, noise(4, 5, 3), spatial_px=2, colour=0.3, radius=3),
    ):
        np.testing.assert_allclose(smooth, values)


@settings(max_examples=25)
@given(height=st.integers(1, 8), width=st.integers(1, 8), seed=st.integers(0, 99))
def test_both_are_averages_and_do_not_care_for_orientation(
    height: int, width: int, seed: int
) -> None:
    values, guide = sparse_values((height, width), seed), noise(height, width, 3, seed=seed)
    confidence = np.random.default_rng(seed).integers(1, 9, values.shape)
    for function in (
        lambda v, c, g: along_edges(v, c, 10),
        lambda v, c, g: joint_bilateral(v, g, spatial_px=2, colour=0.3, radius=3),
    ):
        smooth = function(values, confidence, guide)
        if np.isfinite(values).any():
            assert np.nanmin(values) - 1e-9 <= np.nanmin(smooth)
            assert np.nanmax(smooth) <= np.nanmax(values) + 1e-9
        for turn in (np.flipud, np.fliplr, np.rot90):
            turned = function(turn(values), turn(confidence), turn(guide))
            np.testing.assert_allclose(turned, turn(smooth), rtol=1e-6)
