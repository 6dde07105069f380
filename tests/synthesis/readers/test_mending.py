"""Unknown depths that are filled, and steps that become slopes."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from dmenet.errors import InputError
from dmenet.synthesis.readers.mending import (
    check_known,
    dequantised,
    fill_depth_from_behind,
    fill_from_behind,
)


def test_unknown_disparities_continue_what_is_behind() -> None:
    row = [np.nan, 5, 5, np.nan, np.nan, 20, 20, np.nan, 8, np.nan]
    disparity = np.tile(np.array(row, np.float32), (7, 1))
    filled = fill_from_behind(disparity, np.isfinite(disparity))
    np.testing.assert_array_equal(filled[3], [5, 5, 5, 5, 5, 20, 20, 8, 8, 8])


def test_rows_without_any_take_the_nearest_row() -> None:
    disparity = np.zeros((12, 8), np.float32)
    disparity[3:6] = 7
    filled = fill_from_behind(disparity, disparity > 0)
    np.testing.assert_array_equal(filled, np.full((12, 8), 7))


def test_unknown_depths_take_the_farther() -> None:
    row = np.array([0, 2000.123456789, 2000, 0, 0, 900, 900, 0, 1500, 0])
    depth = np.tile(row, (7, 1))
    filled = fill_depth_from_behind(depth, depth > 0)
    assert filled[3, 3] == filled[3, 4] == 2000
    assert filled[3, 7] == filled[3, 9] == 1500
    # What is known keeps all its digits.
    np.testing.assert_array_equal(filled[depth > 0], depth[depth > 0])


def test_holes_are_an_error_unless_filled() -> None:
    known = np.ones((4, 5), np.bool_)
    known[0, 0] = False
    check_known(known, "fill", Path("d.png"))
    with pytest.raises(InputError, match=r"d\.png: 5\.0% of the values are unknown.*holes=fill"):
        check_known(known, "error", Path("d.png"))
    with pytest.raises(InputError, match="no value is known"):
        check_known(np.zeros_like(known), "fill", Path("d.png"))


SIZE = 200
ROUNDING_RMS = 12**-0.5


@pytest.mark.parametrize(
    "slopes", [(0.02, 0.01), (0.05, 0), (0, 0.1), (0.3, -0.2), (0.9, 0.3), (1.4, 0), (0, 2.7)]
)
def test_a_rounded_plane_comes_back(slopes: tuple[float, float]) -> None:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    plane = 500 + slopes[0] * rows + slopes[1] * columns
    step = 4.0
    rounded = np.rint(plane) * step
    error = (dequantised(rounded, step) / step - plane)[20:-20, 20:-20]
    assert np.sqrt(np.square(error).mean()) < 0.1 < ROUNDING_RMS


@pytest.mark.parametrize("jump", [2, 3, 10])
def test_depth_edges_stay(jump: int) -> None:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    sides = 50.013 + 0.02 * rows + jump * (columns >= SIZE // 2)
    smooth = dequantised(np.rint(sides), 1.0)
    steps = np.diff(smooth, axis=1)[20:-20]
    np.testing.assert_allclose(steps[:, SIZE // 2 - 1], jump, atol=0.2)
    assert np.abs(np.delete(steps, SIZE // 2 - 1, axis=1)).max() < 0.1


@settings(max_examples=30)
@given(
    arrays(np.int64, array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.integers(0, 9)),
    st.floats(0.01, 100),
)
def test_no_value_moves_more_than_half_a_step(rounded: np.ndarray, step: float) -> None:
    moved = np.abs(dequantised(rounded * step, step) - rounded * step)
    assert moved.max() <= 0.5 * step * (1 + 1e-9)
