import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import distance_transform_cdt

from dmenet.synthesis.rendering.boxes import (
    CELL_PX,
    boxes_around,
    occupied_cells,
    occupied_part,
    packed_cells,
    unpacked,
)


def test_cells_hold_the_pixels_of_each_part() -> None:
    index = np.random.default_rng(0).integers(0, 50, (15, 21))
    cells = occupied_cells(index, 60)
    assert cells.shape == (60, 4, 6)
    for part in range(60):
        rows, columns = np.nonzero(index == part)
        expected = set(zip(rows // CELL_PX, columns // CELL_PX, strict=True))
        assert set(zip(*np.nonzero(cells[part]), strict=True)) == expected


@pytest.mark.parametrize("shape", [(15, 21), (300, 37)])
def test_packed_cells_are_the_same(shape: tuple[int, int]) -> None:
    index = np.random.default_rng(0).integers(0, 9, shape) ** 2
    cells, packed = occupied_cells(index, 70), packed_cells(index, 70)
    assert packed.nbytes < cells.nbytes / 4
    for part in range(70):
        np.testing.assert_array_equal(unpacked(packed[part], shape[1]), cells[part])


def test_no_cell_no_box() -> None:
    assert boxes_around(np.zeros((4, 5), np.bool_), 8, (16, 20)) == []


@pytest.mark.parametrize("density", [0.001, 0.01, 0.1, 1.0])
@pytest.mark.parametrize("radius_px", [0, 5, 14, 32])
def test_boxes_hold_all_that_pixels_reach_once(density: float, radius_px: int) -> None:
    rng = np.random.default_rng(1)
    cells = rng.random((40, 60)) < density
    cells[7, 11] = True
    shape = 40 * CELL_PX - 3, 60 * CELL_PX - 5
    times = np.zeros(shape, np.int64)
    for box in boxes_around(cells, radius_px, shape):
        times[box] += 1
    occupied = np.repeat(np.repeat(cells, CELL_PX, 0), CELL_PX, 1)[: shape[0], : shape[1]]
    assert times.max() == 1
    assert times[distance_transform_cdt(~occupied, "chessboard") <= radius_px].all()


@given(arrays(np.bool_, (5, 7)), st.tuples(*[st.tuples(st.integers(0, 19), st.integers(1, 9))] * 2))
def test_the_occupied_part_of_a_box_is_the_smallest(
    cells: np.ndarray, places: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    (top, height), (left, width) = places
    box = slice(top, min(top + height, 20)), slice(left, left + width)
    pixels = np.repeat(np.repeat(cells, CELL_PX, 0), CELL_PX, 1)
    part = occupied_part(cells, box)
    assert pixels[part].sum() == pixels[box].sum()
    if pixels[part].size:
        assert pixels[part].any(axis=1)[[0, -1]].all()
        assert pixels[part].any(axis=0)[[0, -1]].all()
    assert all(b.start <= p.start <= p.stop <= b.stop for p, b in zip(part, box, strict=True))
