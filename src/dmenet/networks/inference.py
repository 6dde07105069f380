"""B on images of any size: padded to what it takes, and in tiles where memory is short."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dmenet.networks.blur_estimation import BlurNetwork


def pad(image: Tensor, network: BlurNetwork) -> Tensor:
    """N x 3 x H x W, grown to the sizes that a network takes, with its margin at every border."""
    height, width = image.shape[-2:]
    margin, multiple = network.margin, network.size_multiple
    below, right = margin + -height % multiple, margin + -width % multiple
    if margin and below < height and right < width:
        return torch.nn.functional.pad(image, (margin, right, margin, below), mode="reflect")
    return torch.nn.functional.pad(image, (margin, right, margin, below), mode="replicate")


def crop(padded: Tensor, image: Tensor, network: BlurNetwork) -> Tensor:
    """Of a map of ``pad(image, network)``, what belongs to ``image``."""
    margin = network.margin
    return padded[..., margin : margin + image.shape[-2], margin : margin + image.shape[-1]]


def estimate_any_size(network: BlurNetwork, image: Tensor) -> Tensor:
    """The defocus map of images of any size.

    Args:
        network: B, in evaluation mode.
        image: N x 3 x H x W, RGB in [0, 1].

    Returns:
        N x 1 x H x W in [0, 1].
    """
    return crop(network(pad(image, network)).defocus, image, network)


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
    padded = pad(image, network)
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
    return crop(defocus, image, network)
