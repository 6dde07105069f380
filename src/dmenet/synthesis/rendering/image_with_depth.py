"""Rendering one photograph with its depth map."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dmenet.errors import InputError
from dmenet.images.light import linear_from_srgb, srgb_from_linear
from dmenet.sample import Image
from dmenet.synthesis.rendering.apertures import Aperture, Stack, radius_px, spread_planes
from dmenet.synthesis.rendering.boxes import boxes_around, occupied_cells, occupied_part
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.canvas import Rendering, overlap, resolve
from dmenet.synthesis.rendering.hidden import complete_behind, edge_step_px, farthest_source_px
from dmenet.synthesis.rendering.slices import MOST_EXACT_LEVELS, levels_px
from dmenet.tiles import Box, counted_from, size_of, tiles, whole
from dmenet.units import sigma_px_from_coc_px

Depth = NDArray[np.floating]

TILE_PX = 1280
"""Larger images are rendered in tiles, whose margins cost as much again as a third of this one."""

EVERY_SOME_PX = 8
"""Every eighth row and column are enough to see that a map has many depths."""


def render_rgbd(
    image: Image,
    depth_mm: Depth,
    camera: ThinLensCamera,
    crop: Box | None = None,
    linear_light: bool = False,
) -> Rendering:
    """Photograph a scene known by one sharp image and its depth.

    The pixels, and a guess of what they hide behind depth edges, are cut into slices of equal blur.
    Each slice is spread and takes what those in front of it have left of a pixel's coverage.
    Coverage adds up, so that the slices of one slanted surface fill a pixel without a seam, and
    blurred occluders let through what is behind them. The image is mirrored at its borders.

    Args:
        image: H x W x 3 in [0, 1].
        depth_mm: H x W, over 0.
        camera: its ``image_width_px`` need not be the width: the image may be a part of the frame.
        crop: rows and columns (with start and stop) to render alone, at the cost of little more
            than the crop; they come out as in the whole.
        linear_light: whether the image is sRGB and light is blurred, else its values as they are.

    Raises:
        InputError: if the shapes differ, a depth is NaN or not over 0, or the crop leaves the
            image.
    """
    _check_shapes(image, depth_mm, "depth map")
    height, width = depth_mm.shape
    rows, columns = crop = crop or whole(depth_mm.shape)
    if not (0 <= rows.start < rows.stop <= height and 0 <= columns.start < columns.stop <= width):
        raise InputError(f"crop {rows}, {columns}: expected a part of {height} x {width} pixels")
    signed, levels = _signed_sigma_px(depth_mm, camera), _levels_px(depth_mm, camera)
    seen_mm = np.asarray(depth_mm[crop], np.float32)
    return Rendering(
        image=_in_tiles(image, signed, camera.aperture, crop, levels, linear_light),
        sigma_px=camera.sigma_px(seen_mm),
        depth_mm=seen_mm,
        sharp=np.asarray(image[crop], np.float32),
    )


def blur_by_map(image: Image, signed_sigma_px: NDArray[np.float32], aperture: Aperture) -> Image:
    """Blur each pixel of a photograph by its own sigma, in linear light, as ``render_rgbd`` does.

    Args:
        image: H x W x 3 in [0, 1], sRGB.
        signed_sigma_px: H x W, over 0 behind the plane of focus and under 0 in front of it.
        aperture: of the lens.

    Returns:
        H x W x 3 in [0, 1], sRGB.

    Raises:
        InputError: the sizes differ.
    """
    _check_shapes(image, signed_sigma_px, "map")
    signed, crop = np.asarray(signed_sigma_px, np.float32), whole(signed_sigma_px.shape)
    return _in_tiles(image, signed, aperture, crop, levels_px(signed), True)


def _check_shapes(image: Image, values: NDArray[np.floating], what: str) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.shape[:2] != values.shape:
        raise InputError(
            f"image of shape {image.shape} with a {what} of shape {values.shape}: expected "
            "H x W x 3 and H x W"
        )


def _in_tiles(
    image: Image,
    signed_sigma_px: NDArray[np.float32],
    aperture: Aperture,
    crop: Box,
    levels: NDArray[np.float64],
    linear_light: bool,
) -> Image:
    photograph = np.empty((*size_of(crop), 3), np.float32)
    for tile, *_ in tiles(crop, signed_sigma_px.shape, TILE_PX):
        rendered = _render_tile(image, signed_sigma_px, aperture, tile, levels, linear_light)
        photograph[counted_from(crop, tile)] = rendered
    return photograph


def _render_tile(
    image: Image,
    signed_sigma_px: NDArray[np.float32],
    aperture: Aperture,
    tile: Box,
    levels: NDArray[np.float64],
    linear_light: bool,
) -> Image:
    """The pixels of a tile, which are the same however the image is divided into tiles."""
    greatest_sigma_px = float(np.abs(levels).max())
    spread = radius_px(aperture, greatest_sigma_px)
    around = farthest_source_px(greatest_sigma_px)
    rows, columns = _mirrored(tile, spread + around, signed_sigma_px.shape)
    signed = signed_sigma_px[rows].take(columns, axis=1)
    seen = image[rows].transpose(2, 0, 1).take(columns, axis=2)
    colour = linear_from_srgb(seen) if linear_light else seen
    hidden, behind = complete_behind(colour, signed)
    weight = 1 / _density(signed)
    visible = np.concatenate([colour, np.ones_like(weight)[np.newaxis]])
    visible *= weight
    inner = (slice(around, -around),) * 2
    sources = [
        _Source(planes[:, *inner], _positions(sigma_px[inner], levels), levels.size)
        for planes, sigma_px in ((visible, signed), (hidden, behind))
    ]
    taken = resolve(_composite(sources, levels, aperture, spread))
    return srgb_from_linear(taken) if linear_light else taken


@dataclass(frozen=True)
class _Source:
    """Premultiplied pixels that are to be spread, each between two of the levels.

    Attributes:
        planes: 4 x H x W.
        position: H x W among the levels; its fraction is the share of the upper one.
        levels: how many there are.
    """

    planes: Stack
    position: NDArray[np.float32]
    levels: int

    @cached_property
    def cells(self) -> NDArray[np.bool_]:
        """Cells with pixels of each level, of those that have any coverage."""
        lower = np.where(self.planes[3] > 0, self.position.astype(np.intp), self.levels)
        cells = occupied_cells(lower, self.levels + 1)
        cells[1 : self.levels] |= cells[: self.levels - 1]
        return cells[: self.levels]

    def add_level(self, level: int, box: Box, pixels: Stack) -> None:
        """Add the pixels of a box, each by its share of a level, to ``pixels``."""
        inside = occupied_part(self.cells[level], box)
        share = self.position[inside] - np.float32(level)
        np.abs(share, out=share)
        np.subtract(1, share, out=share)
        np.maximum(share, 0, out=share)
        pixels[:, *counted_from(box, inside)] += self.planes[:, *inside] * share


def _signed_sigma_px(depth_mm: Depth, camera: ThinLensCamera) -> NDArray[np.float32]:
    return sigma_px_from_coc_px(camera.signed_coc_px(depth_mm)).astype(np.float32)


def _levels_px(depth_mm: Depth, camera: ThinLensCamera) -> NDArray[np.float64]:
    """The levels of the whole map, also where only a crop of it is rendered."""
    looked_at = np.unique(depth_mm[::EVERY_SOME_PX, ::EVERY_SOME_PX])
    if looked_at.size <= MOST_EXACT_LEVELS:
        looked_at = np.unique(depth_mm)
    extremes = np.array([depth_mm.min(), depth_mm.max()])
    return levels_px(_signed_sigma_px(np.concatenate([looked_at, extremes]), camera))


def _mirrored(
    crop: Box, margin: int, shape: tuple[int, int]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of a crop with a margin, mirrored where that leaves the image."""
    rows, columns = (
        np.abs(
            (np.arange(part.start - margin, part.stop + margin) + size) % (2 * size) - size + 0.5
        )
        for part, size in zip(crop, shape, strict=True)
    )
    return rows.astype(np.intp), columns.astype(np.intp)


def _density(signed_sigma_px: NDArray[np.float32]) -> NDArray[np.float32]:
    """The weight that reaches each pixel of a slanted surface when all of its points are spread.

    On a plane of one sigma it is 1. Where sigma changes by g per px, it is the mean over the kernel
    of 1 / (1 + g u), to fourth order 1 + g^2 + 3 g^4. Points are divided by it before they are
    spread: pixels take no more than a weight of 1, so that what exceeds it would be lost for the
    farther points, and their blur would be too small.

    Args:
        signed_sigma_px: H x W. Neighbours that differ by an edge's step are on two surfaces, and
            have no slope.
    """
    square = np.zeros_like(signed_sigma_px)
    edge = edge_step_px(signed_sigma_px)
    for axis in (0, 1):
        step = np.moveaxis(np.diff(signed_sigma_px, axis=axis), axis, 0)
        before, after = (
            np.moveaxis(np.pad(step, (pad, (0, 0))), 0, axis) for pad in ((1, 0), (0, 1))
        )
        smooth = (before * after > 0) & (np.abs(before) <= edge) & (np.abs(after) <= edge)
        slope = np.where(smooth, (before + after) / 2, 0)
        square += slope * slope
    return 1 + square + 3 * square * square


def _positions(
    signed_sigma_px: NDArray[np.float32], levels: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Place of each pixel among the levels, whose fraction is the share of the upper one.

    The shares give exactly the pixel's variance.
    """
    if levels.size == 1:
        return np.zeros(signed_sigma_px.shape, np.float32)
    # Variance with the sign of its sigma: monotone in the level, linear in the shares.
    variance = signed_sigma_px * np.abs(signed_sigma_px)
    ends = (levels * np.abs(levels)).astype(np.float32)
    return np.interp(variance, ends, np.arange(ends.size)).astype(np.float32)


def _composite(
    sources: list[_Source], levels: NDArray[np.float64], aperture: Aperture, margin: int
) -> Stack:
    """Spread the slices from near to far; each takes what is left of a pixel.

    What sources have in the margin on all sides spreads into the result but has no part of it.
    """
    shape = sources[0].position.shape
    taken = np.zeros((4, *(size - 2 * margin for size in shape)), np.float32)
    for number, level in enumerate(levels):
        sigma_px = abs(float(level))
        occupied = np.logical_or.reduce([source.cells[number] for source in sources])
        here = [source for source in sources if source.cells[number].any()]
        for box in boxes_around(occupied, radius_px(aperture, sigma_px), shape):
            pixels = np.zeros((4, *size_of(box)), np.float32)
            for source in here:
                source.add_level(number, box, pixels)
            behind = spread_planes(pixels, sigma_px, aperture)
            _lay_under(taken, behind, box[0].start - margin, box[1].start - margin)
    return taken


def _lay_under(taken: Stack, behind: Stack, top: int, left: int) -> None:
    """Add what lies behind, up to a coverage of 1; overwrites both."""
    inside, own = overlap(taken.shape[1:], behind.shape[1:], top, left)
    target, behind = taken[:, *inside], behind[:, *own]
    share = 1 - target[3]
    np.minimum(share, behind[3], out=share)
    share /= np.maximum(behind[3], 1e-6)
    behind *= share
    target += behind
