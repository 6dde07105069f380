"""Rendering a scene of complete surfaces, each known also where another hides it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmenet.errors import InputError
from dmenet.images.light import linear_from_srgb, srgb_from_linear
from dmenet.synthesis.rendering.apertures import Aperture, Stack, radius_px, spread_grown
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.canvas import Rendering, overlap, resolve
from dmenet.synthesis.rendering.slices import cut, levels_px


@dataclass(frozen=True)
class Surface:
    """One thing of a scene as a pinhole would see it with nothing in front.

    Attributes:
        top: row of the image where the box of arrays starts; the box may leave the image, and what
            lies outside still blurs into it.
        left: column of the same.
        colour: h x w x 3 in [0, 1], defined also where alpha is 0.
        alpha: h x w in [0, 1], the share of the pixel that the surface covers.
        depth_mm: h x w, over 0, defined also where alpha is 0.
    """

    top: int
    left: int
    colour: NDArray[np.float32]
    alpha: NDArray[np.float32]
    depth_mm: NDArray[np.float32]


def render_surfaces(
    surfaces: Sequence[Surface],
    shape: tuple[int, int],
    camera: ThinLensCamera,
    linear_light: bool = False,
    seen: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None,
) -> Rendering:
    """Photograph surfaces, each blurred whole and laid over those behind it.

    Exact where at most one of the surfaces that meet at an edge is out of focus; where both are,
    the blurs of the two edges are taken as independent. Around a slanted surface each point
    spreads with its own sigma.

    Args:
        surfaces: far to near; together they cover the image and, for it to be right at its borders,
            as much around it as blurs into it.
        shape: height and width of the image in px.
        camera: its ``image_width_px`` need not be the width: the image may be a part of the frame.
        linear_light: whether colours are sRGB and light is blurred, else the values as they are.
        seen: ``pinhole_view`` of the surfaces, where it is known already.

    Raises:
        InputError: if there is no surface, the surfaces leave a hole, or a depth is not over 0.
    """
    if not surfaces:
        raise InputError("scene: no surface to render, expected at least one")
    sharp, depth_mm = seen or pinhole_view(surfaces, shape)
    lens = np.zeros((4, *shape), np.float32)
    for surface in surfaces:
        colour = linear_from_srgb(surface.colour) if linear_light else surface.colour
        premultiplied = _premultiplied(colour, surface.alpha)
        sigma_px = camera.sigma_px(surface.depth_mm)
        blurred = _blur_surface(premultiplied, sigma_px, camera.aperture)
        margin = (blurred.shape[1] - sigma_px.shape[0]) // 2
        _lay_over(lens, blurred, surface.top - margin, surface.left - margin)
    image = resolve(lens)
    return Rendering(
        image=srgb_from_linear(image) if linear_light else image,
        sigma_px=camera.sigma_px(depth_mm),
        depth_mm=depth_mm,
        sharp=sharp,
    )


def pinhole_view(
    surfaces: Sequence[Surface], shape: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """See surfaces without blur.

    Args:
        surfaces: far to near; together they cover the image.
        shape: height and width of the image in px.

    Returns:
        The image, H x W x 3 in [0, 1], and the depth of what covers most of each pixel in mm.

    Raises:
        InputError: if the surfaces leave a hole.
    """
    pinhole = np.zeros((4, *shape), np.float32)
    depth_mm = np.zeros(shape, np.float32)
    for surface in surfaces:
        _lay_over(pinhole, _premultiplied(surface.colour, surface.alpha), surface.top, surface.left)
        inside, own = overlap(shape, surface.alpha.shape, surface.top, surface.left)
        np.copyto(depth_mm[inside], surface.depth_mm[own], where=surface.alpha[own] > 0.5)
    holes = int(np.count_nonzero(depth_mm == 0))
    if holes:
        raise InputError(
            f"scene: {holes} pixels show no surface; add a background that covers the image"
        )
    return resolve(pinhole), depth_mm


def _premultiplied(colour: NDArray[np.float32], alpha: NDArray[np.float32]) -> Stack:
    premultiplied = np.empty((4, *alpha.shape), np.float32)
    premultiplied[:3] = colour.transpose(2, 0, 1) * alpha
    premultiplied[3] = alpha
    return premultiplied


def _blur_surface(premultiplied: Stack, sigma_px: NDArray[np.float32], aperture: Aperture) -> Stack:
    """Spread each point with its own sigma; grown on all sides by the largest kernel's radius.

    Points spread over more than they leave behind where sigma changes, so that a slanted surface
    would come out brighter by the square of its slope. Colour and alpha are therefore divided by
    what the surface would gather if it had no edge. Clipping alpha at 1 instead would leave the
    soft edges too wide.
    """
    levels = levels_px(sigma_px)
    if levels.size == 1:
        return spread_grown(premultiplied, float(levels[0]), aperture)
    margin = radius_px(aperture, float(levels[-1]))
    height, width = sigma_px.shape
    around = ((margin, margin), (margin, margin))
    # The fifth plane is the coverage of a surface without edges, which extends beyond the box.
    stack = np.zeros((5, height + 2 * margin, width + 2 * margin), np.float32)
    stack[:4, margin : margin + height, margin : margin + width] = premultiplied
    stack[4] = 1
    total = np.zeros_like(stack)
    for part_px, box, weight in cut(np.pad(sigma_px, around, mode="edge"), levels):
        blurred = spread_grown(stack[:, *box] * weight, part_px, aperture)
        radius = radius_px(aperture, part_px)
        top, left = box[0].start - radius, box[1].start - radius
        inside, own = overlap(total.shape[1:], blurred.shape[1:], top, left)
        total[:, *inside] += blurred[:, *own]
    gathered: Stack = total[:4] / np.maximum(total[4], 0.5)
    return gathered


def _lay_over(canvas: Stack, stack: Stack, top: int, left: int) -> None:
    """Composite premultiplied colour and alpha over a canvas, in place."""
    inside, own = overlap(canvas.shape[1:], stack.shape[1:], top, left)
    front = stack[:, *own]
    behind = canvas[:, *inside]
    behind *= 1 - front[3]
    behind += front
