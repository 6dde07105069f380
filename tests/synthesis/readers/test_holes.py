from pathlib import Path

import numpy as np
import pytest

from dmenet.errors import InputError
from dmenet.synthesis.readers.holes import check_known, fill_depth_from_behind, fill_from_behind


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
