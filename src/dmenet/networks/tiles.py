"""Parts of an image, and what has to be seen to compute them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import product
from typing import NamedTuple

from torch import Tensor

Box = tuple[slice, slice]
"""Rows and columns."""


class Tile(NamedTuple):
    """A part of an image.

    Attributes:
        part: what it answers for.
        seen: the same with an overlap on every side where there is more of the image.
        inside: ``part``, counted from the beginning of ``seen``.
    """

    part: Box
    seen: Box
    inside: Box


def whole(image: Tensor) -> Box:
    """All of an image, ... x H x W."""
    return slice(0, image.shape[-2]), slice(0, image.shape[-1])


def tiles(box: Box, image: Tensor, side: int, overlap: int) -> Iterator[Tile]:
    """Cut a box into tiles.

    Args:
        box: of the image.
        image: ... x H x W, beyond which nothing can be seen.
        side: of a tile; the last of a row or column may be smaller.
        overlap: how far a tile sees.
    """
    for part in product(_cut(box[0], side), _cut(box[1], side)):
        rows, columns = (
            slice(max(0, length.start - overlap), min(size, length.stop + overlap))
            for length, size in zip(part, image.shape[-2:], strict=True)
        )
        yield Tile(part, (rows, columns), _counted_from((rows, columns), part))


def batches(parts: Iterable[Tile], most: int) -> Iterator[list[Tile]]:
    """Put tiles that see as many rows and columns together, up to ``most`` of them."""
    waiting: dict[tuple[int, int], list[Tile]] = defaultdict(list)
    for tile in parts:
        rows, columns = tile.seen
        size = rows.stop - rows.start, columns.stop - columns.start
        waiting[size].append(tile)
        if len(waiting[size]) == most:
            yield waiting.pop(size)
    yield from waiting.values()


def _cut(length: slice, side: int) -> Iterator[slice]:
    for start in range(length.start, length.stop, side):
        yield slice(start, min(start + side, length.stop))


def _counted_from(origin: Box, box: Box) -> Box:
    rows, columns = (
        slice(length.start - begin.start, length.stop - begin.start)
        for length, begin in zip(box, origin, strict=True)
    )
    return rows, columns


def placed(box: Box, origin: Box) -> Box:
    """A box that was counted from the beginning of ``origin``, in the image."""
    rows, columns = (
        slice(length.start + begin.start, length.stop + begin.start)
        for length, begin in zip(box, origin, strict=True)
    )
    return rows, columns


def divided(box: Box, factor: int) -> Box:
    """The same box of an image that is smaller by a factor."""
    rows, columns = (slice(length.start // factor, length.stop // factor) for length in box)
    return rows, columns


def area(box: Box) -> int:
    """In px."""
    rows, columns = box
    size: int = (rows.stop - rows.start) * (columns.stop - columns.start)
    return size
