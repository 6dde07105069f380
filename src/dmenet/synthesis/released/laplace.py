"""Filling a region from its border with the Laplace equation."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Rows = NDArray[np.float32]
"""A row of values per pixel: n x C."""

OVERRELAXATION = 1.8
"""Bands some 14 px wide, as kernels of 29 px leave them, would have 2 / (1 + sin(pi / 14)) = 1.63;
where several meet, the region is wider. Too high costs a few sweeps, too low costs many."""

SWEEPS_PER_CHECK = 4
MOST_SWEEPS = 400

FILL_TOLERANCE = 1.5e-3
"""Largest change in a sweep at which a fill counts as done: images are then within half a grey
level of the exact fill. From 4e-3 some fills end before they feel their far border, and images
were up to five levels off."""

_OUTSIDE = -1
"""Marks a pixel of the image that does not belong to the region."""

_NO_PIXEL = -2
"""Marks the frame around the image."""


class WarmFill:
    """Fills bands of a canvas, one after the other, each from where an earlier one ended.

    Args:
        height: of the canvas in px.
        width: of the canvas in px.
    """

    def __init__(self, height: int, width: int) -> None:
        self._numbers = LaplaceRegion.scratch(height, width)
        self._filled = np.zeros((height * width, 4), np.float32)

    def fill(
        self, canvas: NDArray[np.float32], known: NDArray[np.float32], pixels: NDArray[np.intp]
    ) -> None:
        """Continue a canvas from where it is known; in place.

        Where it is neither known nor to be filled now, the last fill counts, at first 0.

        Args:
            canvas: 4 x H x W, contiguous.
            known: H x W, 0 where the canvas does not count.
            pixels: flat indices of what to fill, each once.
        """
        if not pixels.size:
            return
        region = LaplaceRegion(self._numbers, pixels)
        flat = canvas.reshape(4, -1)
        border = self._filled[region.border]
        there = np.flatnonzero(known.reshape(-1)[region.border])
        border[there] = flat[:, region.border[there]].T
        filled = region.solve(border, self._filled[region.pixels], FILL_TOLERANCE)
        self._filled[region.pixels] = filled
        flat[:, region.pixels] = filled.T


class LaplaceRegion:
    """The discrete Laplace equation on a set of pixels, each the mean of its four neighbours.

    At the edge of the image the mean is over the neighbours that exist.

    Args:
        numbers: from ``LaplaceRegion.scratch``, to be used again for other regions of images of the
            same size.
        pixels: flat indices of the region into the H x W image, each once.

    Attributes:
        pixels: flat indices as given, but sorted by colour of a checkerboard.
        border: flat indices of the neighbours outside the region; one that several pixels
            of the region touch is there several times.
    """

    def __init__(self, numbers: NDArray[np.int32], pixels: NDArray[np.intp]) -> None:
        padded_width = numbers.shape[1]
        width = padded_width - 2
        rows, columns = np.divmod(pixels, width)
        # Like the fields of a checkerboard: the neighbours of a red pixel are black.
        black = (rows + columns) % 2 == 1
        self.pixels = np.concatenate([pixels[~black], pixels[black]])

        # `numbers` has a frame of one pixel, so that every pixel has four neighbours there.
        padded = (rows + 1) * padded_width + columns + 1
        colours = padded[~black], padded[black]
        flat = numbers.reshape(-1)
        for colour in colours:
            flat[colour] = np.arange(colour.size, dtype=np.int32)
        (self._reds, red_border), (self._blacks, black_border) = (
            _means(flat, padded_width, own, other.size) for own, other in (colours, colours[::-1])
        )
        flat[padded] = _OUTSIDE

        self._of_reds = red_border.size
        border_rows, border_columns = np.divmod(
            np.concatenate([red_border, black_border]), padded_width
        )
        self.border = (border_rows - 1) * width + border_columns - 1

    @staticmethod
    def scratch(height: int, width: int) -> NDArray[np.int32]:
        """What ``LaplaceRegion`` needs once per size of image.

        Args:
            height: of the image in px.
            width: of the image in px.
        """
        return np.pad(np.full((height, width), _OUTSIDE, np.int32), 1, constant_values=_NO_PIXEL)

    def solve(self, border: Rows, start: Rows, tolerance: float) -> Rows:
        """Fill the region.

        Args:
            border: k x C, values of the pixels ``self.border``.
            start: n x C, a guess for ``self.pixels``; the better it is, the sooner this ends.
            tolerance: relaxation ends when no value changes by more in a sweep.

        Returns:
            n x C, values of ``self.pixels``.

        Source: red-black successive overrelaxation; Young, Iterative solution of large linear
        systems, 1971.
        """
        reds, blacks = self._reds.shape[0], self._blacks.shape[0]
        at_reds, at_blacks = np.split(border, [self._of_reds])
        # What the equations of one colour read: values of the other one, then of their border.
        of_reds = np.concatenate([start[reds:], at_reds])
        of_blacks = np.concatenate([start[:reds], at_blacks])
        red, black = of_blacks[:reds], of_reds[:blacks]
        for sweep in range(1, MOST_SWEEPS + 1):
            before = black.copy() if sweep % SWEEPS_PER_CHECK == 0 else None
            red *= 1 - OVERRELAXATION
            red += self._reds @ of_reds
            black *= 1 - OVERRELAXATION
            black += self._blacks @ of_blacks
            if before is not None and np.abs(black - before).max(initial=0) <= tolerance:
                break
        return np.concatenate([red, black])


def _means(
    numbers: NDArray[np.int32], stride: int, own: NDArray[np.intp], others: int
) -> tuple[csr_matrix, NDArray[np.intp]]:
    """The means of the neighbours of pixels of one colour, times ``OVERRELAXATION``.

    Args:
        numbers: flat padded image: the number of a region's pixel among those of its colour, or
            ``_OUTSIDE`` or ``_NO_PIXEL``.
        stride: width of the padded image.
        own: indices of this colour's pixels in it.
        others: number of pixels of the other colour.

    Returns:
        What takes the values of the other colour, followed by those of the border, to the means;
        and the border: indices, in the padded image, of neighbours that are not in the region.
    """
    around = own[:, np.newaxis] + np.array([-stride, -1, 1, stride])
    column = numbers[around]
    outside = column == _OUTSIDE
    border = around[outside]
    # Values on the border follow those of the other colour, each in a column of its own.
    column[outside] = np.arange(others, others + border.size, dtype=np.int32)
    weight = np.full(column.shape, OVERRELAXATION / 4, np.float32)
    missing = column == _NO_PIXEL
    if missing.any():
        neighbours = 4 - np.count_nonzero(missing, axis=1)
        weight[:] = (OVERRELAXATION / np.maximum(neighbours, 1))[:, np.newaxis]
        weight[missing] = 0
        column[missing] = 0
    ends = np.arange(0, column.size + 1, 4, dtype=np.int32)
    shape = own.size, max(1, others + border.size)
    return csr_matrix((weight.reshape(-1), column.reshape(-1), ends), shape=shape), border
