"""Parts of an image: boxes of pixels, and tiles, which see more than what they answer for."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

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


def whole(shape: Sequence[int]) -> Box:
    """All of an image, whose shape ends with its height and width."""
    return slice(0, shape[-2]), slice(0, shape[-1])


def tiles(box: Box, shape: Sequence[int], side: int, overlap: int = 0) -> Iterator[Tile]:
    """Cut a box into tiles.

    Args:
        box: of the image.
        shape: ends with height and width of the image, beyond which nothing can be seen.
        side: of a tile in px; the last of a row or column may be smaller.
        overlap: how far a tile sees, in px.
    """
    for part in product(_cut(box[0], side), _cut(box[1], side)):
        rows, columns = (
            slice(max(0, length.start - overlap), min(size, length.stop + overlap))
            for length, size in zip(part, shape[-2:], strict=True)
        )
        yield Tile(part, (rows, columns), counted_from((rows, columns), part))


def batches(parts: Iterable[Tile], most: int) -> Iterator[list[Tile]]:
    """Put tiles that see as many rows and columns together, up to ``most`` of them."""
    waiting: dict[tuple[int, int], list[Tile]] = defaultdict(list)
    for tile in parts:
        size = size_of(tile.seen)
        waiting[size].append(tile)
        if len(waiting[size]) == most:
            yield waiting.pop(size)
    yield from waiting.values()


def _cut(length: slice, side: int) -> Iterator[slice]:
    for start in range(length.start, length.stop, side):
        yield slice(start, min(start + side, length.stop))


def counted_from(origin: Box, box: Box) -> Box:
    """A box of an image, counted from the beginning of ``origin``."""
    return _moved(box, -origin[0].start, -origin[1].start)


def placed(box: Box, origin: Box) -> Box:
    """A box that was counted from the beginning of ``origin``, in the image."""
    return _moved(box, origin[0].start, origin[1].start)


def _moved(box: Box, down: int, right: int) -> Box:
    rows, columns = box
    return (
        slice(rows.start + down, rows.stop + down),
        slice(columns.start + right, columns.stop + right),
    )


def divided(box: Box, factor: int) -> Box:
    """The same box of an image that is smaller by a factor."""
    rows, columns = (slice(length.start // factor, length.stop // factor) for length in box)
    return rows, columns


def size_of(box: Box) -> tuple[int, int]:
    """Height and width in px."""
    return box[0].stop - box[0].start, box[1].stop - box[1].start


def area(box: Box) -> int:
    """In px."""
    height, width = size_of(box)
    return height * width
