"""What a photograph with depth looks like before it is rendered: a row of numbers, a contact sheet.

What goes wrong with depth maps is plain to see: shifted against the image, upside down, of a wrong
unit, full of holes or of steps.
"""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from dmenet.reporting.contact_sheet import Block, Scale, panel_size, resized
from dmenet.synthesis.readers.direction import UPSIDE_DOWN, evidence_of_disparity
from dmenet.synthesis.readers.reader import RGBD
from dmenet.synthesis.rendering.camera import FULL_FRAME_WIDTH_MM, ThinLensCamera

EXAMPLE_FOCAL_LENGTH_MM = 50.0
EXAMPLE_F_NUMBER = 2.0
EXAMPLE_CAMERA = (
    f"f/{EXAMPLE_F_NUMBER:g}, focused at the median depth, the scene's own focal length or "
    f"{EXAMPLE_FOCAL_LENGTH_MM:g} mm where unknown (*), sensor {FULL_FRAME_WIDTH_MM:g} mm wide"
)
"""Of the column "σ max (px)"."""

QUANTILES = {"min": 0.0, "5 %": 0.05, "50 %": 0.5, "95 %": 0.95, "max": 1.0}

COLORMAP = "viridis_r"
"""Perceptually uniform; nearer is brighter."""

SHOWN_QUANTILES = (0.01, 0.99)
"""Depths beyond have the colour of the end: a sky is at infinity."""

UNKNOWN_COLOUR = (150, 150, 150)
EDGE_COLOUR = (255, 0, 160)
EDGE_SHARE = 0.05
LEAST_EDGE, MOST_EDGE = 0.015, 0.08
"""A step in log(depth) is drawn from 5 % of the scene's range on, within these limits."""


def example_camera(rgbd: RGBD) -> ThinLensCamera:
    """The camera of ``EXAMPLE_CAMERA`` for a scene.

    Raises:
        InputError: the scene is nearer than its lens can focus.
    """
    width = rgbd.image.shape[1]
    focal_length_mm = EXAMPLE_FOCAL_LENGTH_MM
    if rgbd.focal_length_px is not None:
        focal_length_mm = rgbd.focal_length_px * FULL_FRAME_WIDTH_MM / width
    return ThinLensCamera(
        focal_length_mm=focal_length_mm,
        f_number=EXAMPLE_F_NUMBER,
        focus_distance_mm=float(np.median(rgbd.depth_mm)),
        image_width_px=width,
    )


def inspection_row(rgbd: RGBD) -> dict[str, str]:
    """One line of the table, by column.

    Raises:
        InputError: the scene is nearer than its lens can focus.
    """
    camera = example_camera(rgbd)
    depths_m = np.quantile(rgbd.depth_mm, list(QUANTILES.values())) / 1000
    sigma_px = camera.sigma_px([rgbd.depth_mm.min(), rgbd.depth_mm.max()]).max()
    assumed = "*" if rgbd.focal_length_px is None else ""
    return {
        "scene": rgbd.name,
        "size": f"{rgbd.image.shape[1]} x {rgbd.image.shape[0]}",
        **{f"{name} (m)": f"{depth:.3g}" for name, depth in zip(QUANTILES, depths_m, strict=True)},
        "unknown": f"{1 - rgbd.known.mean():.1%}",
        "levels": str(rgbd.levels()),
        "f (mm)": f"{camera.focal_length_mm:.3g}{assumed}",
        "direction": direction(rgbd),
        "σ max (px)": f"{sigma_px:.1f}",
    }


def direction(rgbd: RGBD) -> str:
    """Whether larger depths look farther: "right", "upside down?" or "unclear"."""
    evidence = evidence_of_disparity(rgbd.depth_mm)
    if abs(evidence) <= UPSIDE_DOWN:
        return "unclear"
    return "right" if evidence < 0 else "upside down?"


def failed_row(name: str, problem: int, columns: Sequence[str]) -> dict[str, str]:
    """The line of a scene that cannot be used.

    Args:
        name: of the scene.
        problem: the number of its message in the list beneath the table.
        columns: of the other lines.
    """
    return dict.fromkeys(columns, "-") | {"scene": name, "size": f"problem {problem}"}


def inspection_block(rgbd: RGBD) -> Block:
    """Image, depths in colours with their scale in m, and depth edges over the image."""
    size = panel_size(rgbd.depth_mm.shape)
    near_mm, far_mm = (float(q) for q in np.quantile(rgbd.depth_mm, SHOWN_QUANTILES))
    # A scene of one depth has the middle colour, and a scale of that depth.
    near_mm, far_mm = min(near_mm, 0.99 * far_mm), far_mm
    span = np.log(far_mm / near_mm)
    logs = np.log(rgbd.depth_mm / near_mm)
    colours = matplotlib.colormaps[COLORMAP](np.clip(logs / span, 0, 1), bytes=True)[..., :3]
    colours[~rgbd.known] = UNKNOWN_COLOUR
    image = resized(np.rint(rgbd.image * 255).astype(np.uint8), size)
    edges = _edges(logs, float(np.clip(EDGE_SHARE * span, LEAST_EDGE, MOST_EDGE)))
    # Pale and grey, so that the lines stand out.
    pale = 90 + image.mean(axis=2, keepdims=True) * (255 - 90) / 255
    strength = np.minimum(1, 2 * resized(edges, size))[..., np.newaxis]
    overlay = pale + strength * (np.array(EDGE_COLOUR) - pale)
    ramp = matplotlib.colormaps[COLORMAP](np.linspace(0, 1, 256), bytes=True)[:, :3]
    near_m, far_m = near_mm / 1000, far_mm / 1000
    ticks = {
        float(np.log(depth / near_m) / span): f"{depth:g}" for depth in depth_ticks(near_m, far_m)
    }
    return Block(
        title=_title(rgbd),
        pictures=(image, resized(colours, size), np.rint(overlay).astype(np.uint8)),
        captions=("image", Scale(ramp, ticks, "m"), "depth edges over the image"),
    )


def _title(rgbd: RGBD) -> str:
    height, width = rgbd.depth_mm.shape
    nearest_m, farthest_m = rgbd.depth_mm.min() / 1000, rgbd.depth_mm.max() / 1000
    holes = "" if rgbd.known.all() else f", {1 - rgbd.known.mean():.1%} unknown (grey)"
    return f"{rgbd.name}: {width} x {height} px, {nearest_m:.3g} to {farthest_m:.3g} m{holes}"


def _edges(logs: NDArray[np.float64], step: float) -> NDArray[np.float32]:
    """1 on both sides of steps of the logarithm of depth, else 0."""
    edges = np.zeros(logs.shape, np.float32)
    across = np.abs(np.diff(logs, axis=1)) > step
    down = np.abs(np.diff(logs, axis=0)) > step
    edges[:, 1:][across] = edges[:, :-1][across] = 1
    edges[1:][down] = edges[:-1][down] = 1
    return edges


def depth_ticks(near_m: float, far_m: float, most: int = 6) -> list[float]:
    """Round depths of a logarithmic scale.

    Args:
        near_m: its start, over 0.
        far_m: its end, over ``near_m``.
        most: how many.
    """
    if far_m < 8 * near_m:
        ticks = MaxNLocator(most - 1, steps=[1, 2, 2.5, 5, 10]).tick_values(near_m, far_m)
        return [float(tick) for tick in ticks if near_m <= tick <= far_m]
    decades = range(int(np.floor(np.log10(near_m))), int(np.ceil(np.log10(far_m))) + 1)
    for digits in ((1, 2, 5), (1, 3), (1,)):
        ticks = [d * 10.0**decade for decade in decades for d in digits]
        inside = [tick for tick in ticks if near_m <= tick <= far_m]
        if len(inside) <= most:
            return inside
    return inside[:: -(-len(inside) // most)]
