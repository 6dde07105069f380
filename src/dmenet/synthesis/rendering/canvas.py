"""What renderers share: their result, and the canvas of premultiplied colour and coverage."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmenet.synthesis.rendering.apertures import Stack


@dataclass(frozen=True)
class Rendering:
    """A photograph and what is known about it.

    Attributes:
        image: H x W x 3 in [0, 1], as the lens takes it.
        sigma_px: H x W, Gaussian sigma of the blur of what a pinhole sees at each pixel.
        depth_mm: H x W, depth of the same.
        sharp: H x W x 3 in [0, 1], as a pinhole takes it.
    """

    image: NDArray[np.float32]
    sigma_px: NDArray[np.float32]
    depth_mm: NDArray[np.float32]
    sharp: NDArray[np.float32]

    def image_u8(self) -> NDArray[np.uint8]:
        """The image in 8 bits."""
        return np.rint(self.image * 255).astype(np.uint8)


def overlap(
    frame: tuple[int, ...], box: tuple[int, ...], top: int, left: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The part of a box that lies in a frame, in rows and columns of the frame and of the box.

    Args:
        frame: height and width in px.
        box: height and width in px.
        top: row of the frame where the box starts; it may leave the frame.
        left: column of the same.
    """
    inside, own = [], []
    for size, length, start in zip(frame, box, (top, left), strict=True):
        first = min(max(start, 0), size)
        last = max(first, min(start + length, size))
        inside.append(slice(first, last))
        own.append(slice(first - start, last - start))
    return (inside[0], inside[1]), (own[0], own[1])


def resolve(canvas: Stack) -> NDArray[np.float32]:
    """Colour over coverage.

    Args:
        canvas: 4 x H x W, premultiplied colour and coverage.

    Returns:
        H x W x 3 in [0, 1].
    """
    colour = canvas[:3] / np.maximum(canvas[3], 1e-6)
    return np.ascontiguousarray(np.clip(colour, 0, 1).transpose(1, 2, 0), dtype=np.float32)
