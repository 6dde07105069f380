"""Boxes around the occupied parts of an image, so that blur costs no more than what it blurs."""

import numpy as np
from numpy.typing import NDArray

from dmenet.tiles import Box

CELL_PX = 4
LEAST_SAVED_CELLS = 160
"""A second box costs about as much as blurring so many cells."""

STRIP_CELLS = 32

Cells = NDArray[np.bool_]


def occupied_cells(index: NDArray[np.integer], count: int) -> Cells:
    """Where in an image each of its parts has pixels.

    Args:
        index: H x W, the part that a pixel belongs to, in [0, count).
        count: of parts.

    Returns:
        count x h x w, of cells of ``CELL_PX`` px.
    """
    rows, columns = (np.arange(size) // CELL_PX for size in index.shape)
    cells = np.zeros((count, rows[-1] + 1, columns[-1] + 1), np.bool_)
    cells[index, rows[:, np.newaxis], columns] = True
    return cells


def packed_cells(index: NDArray[np.integer], count: int) -> NDArray[np.uint8]:
    """``occupied_cells`` in bits, for parts so many that bytes would fill the memory.

    Args:
        index: as of ``occupied_cells``.
        count: of parts.

    Returns:
        count x h x ceil(w / 8); ``unpacked`` takes one part out.
    """
    strip = STRIP_CELLS * CELL_PX
    starts = range(0, index.shape[0], strip)
    strips = [
        np.packbits(occupied_cells(index[start : start + strip], count), axis=2) for start in starts
    ]
    return np.concatenate(strips, axis=1)


def unpacked(packed: NDArray[np.uint8], width_px: int) -> Cells:
    """The cells of one part, h x w.

    Args:
        packed: h x ceil(w / 8), of ``packed_cells``.
        width_px: of the image.
    """
    return np.unpackbits(packed, axis=1, count=-(-width_px // CELL_PX)).view(np.bool_)


def boxes_around(cells: Cells, radius_px: int, shape: tuple[int, ...]) -> list[Box]:
    """Disjoint boxes of pixels that hold all up to a distance of occupied cells.

    Args:
        cells: h x w cells of ``CELL_PX`` px.
        radius_px: the distance along rows and columns.
        shape: height and width of the image, where boxes end.
    """
    reach = -(-radius_px // CELL_PX)

    def pixels(first: int, last: int, size: int) -> slice:
        return slice(max(0, first * CELL_PX - radius_px), min(size, last * CELL_PX + radius_px))

    return [
        (pixels(top + first, top + last, shape[0]), pixels(left, right, shape[1]))
        for top, bottom in _runs(cells, 1, reach)
        for left, right in _runs(cells[top:bottom], 0, reach)
        # Only some of the rows may be occupied in these columns.
        for first, last in _runs(cells[top:bottom, left:right], 1, reach)
    ]


def occupied_part(cells: Cells, box: Box) -> Box:
    """The smallest part of a box of pixels that holds those of its occupied cells.

    Args:
        cells: h x w cells of ``CELL_PX`` px.
        box: rows and columns in px; the part is empty where no cell of it is occupied.
    """
    rows, columns = (slice(part.start // CELL_PX, -(-part.stop // CELL_PX)) for part in box)
    within = cells[rows, columns]

    def pixels(across: int, first: int, part: slice) -> slice:
        used = np.flatnonzero(within.any(axis=across)) + first
        if not used.size:
            return slice(part.start, part.start)
        start, stop = int(used[0]) * CELL_PX, (int(used[-1]) + 1) * CELL_PX
        return slice(max(start, part.start), min(stop, part.stop))

    return pixels(1, rows.start, box[0]), pixels(0, columns.start, box[1])


def _runs(cells: Cells, across: int, reach: int) -> list[tuple[int, int]]:
    """Runs of rows (across 1) or columns (0), cut where gaps are worth it."""
    used = np.flatnonzero(cells.any(axis=across))
    if not used.size:
        return []
    saved = (used[1:] - used[:-1] - 1 - 2 * reach) * (cells.shape[across] + 2 * reach)
    cut = saved >= LEAST_SAVED_CELLS
    starts, ends = used[np.append(True, cut)], used[np.append(cut, True)] + 1
    return list(zip(starts.tolist(), ends.tolist(), strict=True))
