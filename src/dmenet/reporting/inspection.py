"""What a photograph with depth looks like before it is rendered: a row of numbers, a contact sheet.

What goes wrong with depth maps is plain to see: shifted against the image, upside down, of a wrong
unit, full of holes or of steps.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from matplotlib import colormaps
from matplotlib.colors import LogNorm
from matplotlib.ticker import LogLocator, MaxNLocator
from numpy.typing import NDArray

from dmenet.reporting.sheets import DPI, PANEL_INCHES, Block, Panel
from dmenet.synthesis.readers.checks import UPSIDE_DOWN, evidence_of_disparity
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

UNKNOWN_COLOUR = "0.6"
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
    near_m, far_m = (float(q) / 1000 for q in np.quantile(rgbd.depth_mm, SHOWN_QUANTILES))
    # A scene of one depth has the last colour, and a scale that ends at that depth.
    near_m = min(near_m, 0.99 * far_m)
    logs = np.log(rgbd.depth_mm)
    step = float(np.clip(EDGE_SHARE * np.log(far_m / near_m), LEAST_EDGE, MOST_EDGE))
    image = np.rint(rgbd.image * 255).astype(np.uint8)
    # Pale and grey, so that the lines stand out.
    overlay = np.rint(90 + image.mean(axis=2, keepdims=True) * (255 - 90) / 255).repeat(3, 2)
    overlay[depth_edges(logs, step)] = EDGE_COLOUR
    depths = Panel(
        np.ma.masked_array(rgbd.depth_mm / 1000, ~rgbd.known),
        "m",
        colormaps[COLORMAP].with_extremes(bad=UNKNOWN_COLOUR),
        LogNorm(near_m, far_m, clip=True),
        depth_ticks(near_m, far_m),
    )
    edges = Panel(overlay.astype(np.uint8), "depth edges over the image")
    return Block(_title(rgbd), (Panel(image, "image"), depths, edges))


def _title(rgbd: RGBD) -> str:
    height, width = rgbd.depth_mm.shape
    nearest_m, farthest_m = rgbd.depth_mm.min() / 1000, rgbd.depth_mm.max() / 1000
    holes = "" if rgbd.known.all() else f", {1 - rgbd.known.mean():.1%} unknown (grey)"
    return f"{rgbd.name}: {width} x {height} px, {nearest_m:.3g} to {farthest_m:.3g} m{holes}"


def depth_edges(logs: NDArray[np.float64], step: float) -> NDArray[np.bool_]:
    """Both sides of steps of the logarithm of depth, H x W; wider where the sheet is coarser."""
    edges = np.zeros(logs.shape, np.uint8)
    across = np.abs(np.diff(logs, axis=1)) > step
    down = np.abs(np.diff(logs, axis=0)) > step
    edges[:, 1:][across] = edges[:, :-1][across] = 1
    edges[1:][down] = edges[:-1][down] = 1
    width = max(1, round(logs.shape[1] / (PANEL_INCHES * DPI)))
    wide: NDArray[np.bool_] = cv2.dilate(edges, np.ones((width, width), np.uint8)) > 0
    return wide


def depth_ticks(near_m: float, far_m: float, most: int = 6) -> list[float]:
    """Round depths of a logarithmic scale.

    Args:
        near_m: its start, over 0.
        far_m: its end, over ``near_m``.
        most: how many.
    """
    if far_m < 8 * near_m:
        ticks = MaxNLocator(most - 1, steps=[1, 2, 2.5, 5, 10]).tick_values(near_m, far_m)
    else:
        ticks = LogLocator(subs=(1, 2, 5), numticks=100).tick_values(near_m, far_m)
    inside = [float(tick) for tick in ticks if near_m <= tick <= far_m]
    return inside[:: -(-len(inside) // most)]
