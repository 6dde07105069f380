import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmenet.estimators.classical.sparse_smoothing import along_edges, joint_bilateral


def sparse_values(shape: tuple[int, int], seed: int = 0, share: float = 0.3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(shape) < share, rng.uniform(0.3, 3, shape), np.nan)


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32)


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
