"""B on images of any size: padded to what it takes, and in tiles where memory is short."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dmenet.networks.blur_estimation import BlurNetwork


def pad_to_multiple(image: Tensor, multiple: int) -> Tensor:
    """N x 3 x H x W, grown at the right and the bottom by repeating edge pixels."""
    height, width = image.shape[-2:]
    pad = (0, -width % multiple, 0, -height % multiple)
    return torch.nn.functional.pad(image, pad, mode="replicate") if any(pad) else image


def estimate_any_size(network: BlurNetwork, image: Tensor) -> Tensor:
    """The defocus map of images of any size.

    Args:
        network: B, in evaluation mode.
        image: N x 3 x H x W, RGB in [0, 1].

    Returns:
        N x 1 x H x W in [0, 1].
    """
    defocus: Tensor = network(pad_to_multiple(image, network.size_multiple)).defocus
    return defocus[..., : image.shape[-2], : image.shape[-1]]


def tiles(size: int, tile: int, overlap: int) -> Iterator[tuple[slice, slice]]:
    """Cut a length into tiles: for each the part that it answers for and the part that it sees.

    What it sees reaches ``overlap`` farther on both sides, as far as there is an image.
    """
    for start in range(0, size, tile):
        stop = min(start + tile, size)
        yield (
            slice(start, stop),
            slice(max(0, start - overlap), min(size, stop + overlap)),
        )


def estimate_tiled(
    network: BlurNetwork, image: Tensor, tile: int, report: Callable[[int], None] = lambda _: None
) -> Tensor:
    """The same map as ``estimate_any_size``, up to float rounding, in bounded memory.

    Args:
        network: B, in evaluation mode.
        image: 1 x 3 x H x W, RGB in [0, 1].
        tile: side of the square that one pass answers for; a multiple of
            ``network.size_multiple``.
        report: called with the number of pixels after each tile.

    Returns:
        1 x 1 x H x W in [0, 1].
    """
    multiple, overlap = network.size_multiple, network.receptive_radius
    if tile % multiple:
        raise ValueError(f"a tile's side must be a multiple of {multiple}, not {tile}")
    # Padded as a whole first, so that what a tile sees ends on the grid of the coarsest feature.
    padded = pad_to_multiple(image, multiple)
    height, width = padded.shape[-2:]
    defocus = image.new_empty((1, 1, height, width))
    for rows, seen_rows in tiles(height, tile, overlap):
        for columns, seen_columns in tiles(width, tile, overlap):
            seen = network(padded[..., seen_rows, seen_columns]).defocus
            top, left = rows.start - seen_rows.start, columns.start - seen_columns.start
            part = seen[
                ..., top : top + rows.stop - rows.start, left : left + columns.stop - columns.start
            ]
            defocus[..., rows, columns] = part
            report(part.numel())
    return defocus[..., : image.shape[-2], : image.shape[-1]]
