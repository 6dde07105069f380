"""The released SYNDOF generator's rendering, step by step but in a fraction of its time."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dmenet.errors import InputError
from dmenet.sample import Image
from dmenet.synthesis.released.laplace import WarmFill
from dmenet.synthesis.released.layers import MAX_COC_PX, Layers, cut_layers, push_back
from dmenet.synthesis.rendering.apertures import Stack
from dmenet.synthesis.rendering.boxes import boxes_around, packed_cells, unpacked
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.canvas import Rendering
from dmenet.tiles import Box, counted_from

LEAST_MASK = 1e-4
LEAST_BAND = 1e-3

NEGLIGIBLE_SIGMAS = 5.5
"""Beyond so many sigmas a Gaussian weighs less than float32 resolves."""

FILLED_AROUND_PX = 32
"""Twice the widest band. At 20 px, one pixel in 40,000 was off by a grey level."""

_NEIGHBOURHOOD = np.ones((2 * FILLED_AROUND_PX + 1,) * 2, np.uint8)

Kernel = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class ReleasedRendering(Rendering):
    """A photograph with the labels that the released data have.

    They are not the blur of the image: kernels are cut at ``MAX_COC_PX``, and in front of the focal
    plane slanted surfaces are blurred up to twice as much.

    Attributes:
        sigma_px: H x W, max(0, (CoC - 1) / 4).
        depth_mm: H x W, as rendered: after ``push_back``.
        cocs_px: L, diameter of the circle of confusion of each layer, multiples of 0.1 px.
        layer_depths_mm: L, descending.
        blur_map_u16x10: H x W, 10 sigma rounded: what the 16-bit PNG files hold.
        blur_map_binary: H x W, 1 where the CoC is over 1 px, else 0.
    """

    cocs_px: NDArray[np.float64]
    layer_depths_mm: NDArray[np.float64]
    blur_map_u16x10: NDArray[np.uint16]
    blur_map_binary: NDArray[np.uint8]


def render_released(
    image: Image, depth_mm: NDArray[np.floating], camera: ThinLensCamera
) -> ReleasedRendering:
    """Photograph an image with its depth as the released SYNDOF generator does.

    Labels and layers are the same. The image is the same up to half a grey level in 255, as the
    fill behind a layer is solved around the layer only, and by relaxation; and it is clipped, as in
    an 8-bit file, where the cut of small mask values lets it exceed 1.

    Args:
        image: H x W x 3 in [0, 1].
        depth_mm: H x W, over 0, finite; in double precision, as float32 merges depths. Goes
            through ``push_back``.
        camera: the thin lens. For the depths after ``push_back``, ``ThinLensCamera.for_max_coc``
            with ``MAX_COC_PX`` chooses the f-number as the released generator does.

    Raises:
        InputError: if the shapes differ, or a depth is not finite or not over 0.

    Source: the released generator of Lee et al. 2019.
    """
    if depth_mm.ndim != 2 or image.shape != (*depth_mm.shape, 3):
        shapes = f"image of shape {image.shape} with a depth map of shape {depth_mm.shape}"
        raise InputError(f"{shapes}: expected H x W x 3 and H x W")
    unknown = int(np.count_nonzero(~(np.isfinite(depth_mm) & (depth_mm > 0))))
    if unknown:
        raise InputError(f"depth map: {unknown} values are not finite or not over 0; fill them")
    depth = push_back(depth_mm, camera.focal_length_mm)
    layers = cut_layers(depth, camera)
    seen_mm = depth.astype(np.float32)
    del depth  # of large images, memory that the canvas needs
    sharp = np.asarray(image, np.float32)
    canvas = _Compositor(sharp, layers).composite()
    colour = np.clip(canvas[:3] / canvas[3], 0, 1)
    sigmas = np.maximum(0.0, (layers.cocs_px - 1) / 4)
    return ReleasedRendering(
        image=np.ascontiguousarray(colour.transpose(1, 2, 0)),
        sigma_px=sigmas.astype(np.float32)[layers.index],
        depth_mm=seen_mm,
        sharp=sharp,
        cocs_px=layers.cocs_px,
        layer_depths_mm=layers.depths_mm,
        blur_map_u16x10=np.floor(sigmas * 10 + 0.5).astype(np.uint16)[layers.index],
        blur_map_binary=(layers.cocs_px > 1).astype(np.uint8)[layers.index],
    )


def truncated_gaussian(coc_px: float) -> Kernel:
    """The kernel along one axis: of sigma (CoC - 1) / 4, cut to ``MAX_COC_PX`` taps, of sum 1.

    Args:
        coc_px: up to 1 nothing is blurred, and there is one tap.
    """
    if coc_px <= 1:
        return np.ones(1, np.float32)
    sigma_px = (coc_px - 1) / 4
    radius = min(MAX_COC_PX // 2, math.ceil(NEGLIGIBLE_SIGMAS * sigma_px))
    kernel = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2 * sigma_px**2))
    return np.asarray(kernel / kernel.sum(), np.float32)


class _Compositor:
    """Composites layers from far to near on one canvas.

    Each pixel belongs to one layer, so a layer is blurred only in boxes around its own pixels.

    In front of the focal plane, what lies behind a layer is first continued under it. Of these
    fills, only those under the layer's own pixels ever show, since a later layer fills all others
    again before it covers them. Hence only these are solved.
    """

    def __init__(self, sharp: Image, layers: Layers) -> None:
        height, width = layers.index.shape
        self._layers = layers
        self._sharp = sharp
        self._canvas = np.zeros((4, height, width), np.float32)
        self._done = np.zeros((height, width), np.float32)
        self._fill = WarmFill(height, width)

    def composite(self) -> Stack:
        """4 x H x W: colour times coverage, coverage."""
        cocs_px, shape = self._layers.cocs_px, self._done.shape
        first_sharp = int(np.append(cocs_px <= 1, True).argmax())
        packed = packed_cells(self._layers.index, cocs_px.size)
        for layer, coc_px in enumerate(cocs_px):
            kernel = truncated_gaussian(float(coc_px))
            cells = unpacked(packed[layer], shape[1])
            in_front = layer > first_sharp
            if layer == first_sharp + 1:
                # From here on the canvas is divided by its coverage after every layer.
                _normalise(self._canvas)
            if in_front and kernel.size > 1:
                self._continue_behind(layer, cells, kernel)
            for box in boxes_around(cells, kernel.size // 2, shape):
                self._lay_over(layer, box, kernel, normalise=in_front)
        return self._canvas

    def _continue_behind(self, layer: int, cells: Mask, kernel: Kernel) -> None:
        """Fill the canvas under a layer and around it from what is done."""
        shape = self._done.shape
        pixels = []
        for box in boxes_around(cells, FILLED_AROUND_PX, shape):
            band = self._band(box, kernel)
            under = band & (self._layers.index[box] == layer)
            near = cv2.dilate(under.view(np.uint8), _NEIGHBOURHOOD).view(np.bool_)
            rows, columns = np.nonzero(band & near)
            pixels.append((rows + box[0].start) * shape[1] + columns + box[1].start)
        self._fill.fill(self._canvas, self._done, np.concatenate(pixels))

    def _band(self, box: Box, kernel: Kernel) -> Mask:
        """The pixels of a box that are not done but that blur reaches from what is."""
        radius = kernel.size // 2
        rows, columns = (slice(max(0, part.start - radius), part.stop + radius) for part in box)
        reached = _blur(self._done[rows, columns], kernel)
        reached = reached[counted_from((rows, columns), box)]
        return np.asarray((self._done[box] == 0) & (reached >= LEAST_BAND))

    def _lay_over(self, layer: int, box: Box, kernel: Kernel, *, normalise: bool) -> None:
        """Blur the layer's pixels in a box and composite them over the canvas."""
        own = np.asarray(self._layers.index[box] == layer, np.float32)
        mask = _blur(own, kernel)
        cv2.threshold(mask, LEAST_MASK, 0, cv2.THRESH_TOZERO, dst=mask)
        keep = 1 - mask
        *colours, coverage = self._canvas[:, *box]
        for channel, colour in enumerate(colours):
            # Plane by plane: what is read and written stays in the processor's cache.
            colour *= keep
            colour += _blur(self._sharp[*box, channel] * own, kernel)
        coverage *= keep
        coverage += mask
        if normalise:
            _normalise(self._canvas[:, *box])
        self._done[box] += own


def _blur(plane: Image, kernel: Kernel) -> Image:
    if kernel.size == 1:
        return plane.copy()
    return np.asarray(cv2.sepFilter2D(plane, -1, kernel, kernel, borderType=cv2.BORDER_REFLECT))


def _normalise(canvas: Stack) -> None:
    """Divide colour and coverage by coverage where there is any, in place."""
    covered = canvas[3] != 0
    canvas[:3] *= 1 / np.where(covered, canvas[3], 1)
    canvas[3] = covered
