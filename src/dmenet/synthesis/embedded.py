"""The data set that comes with the package: made on first use, nothing is downloaded."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from dmenet.synthesis.camera import FULL_FRAME_WIDTH_MM, ThinLensCamera
from dmenet.synthesis.dead_leaves import dead_leaves_scene
from dmenet.synthesis.rendering import Rendering
from dmenet.synthesis.rgbd import render_rgbd
from dmenet.synthesis.stereo_motorcycle import (
    FOCAL_LENGTH_PX,
    RGBD,
    WIDTH_PX,
    crop,
    load_motorcycle,
)
from dmenet.synthesis.surfaces import render_surfaces
from dmenet.synthesis.writing import is_written, write_rendering
from dmenet.units import MAX_SIGMA_PX, sigma_px_from_coc_px

COUNTS = {
    "synthetic": {"train": 80, "test": 12},
    "motorcycle": {"train": 16, "test": 6},
}

SCENE_PX = 192
SCENE_FOCAL_LENGTHS_MM = (50.0, 70.0, 85.0)
SCENE_LARGEST_SIGMA_PX = (1.5, MAX_SIGMA_PX)

MOTORCYCLE_COLUMNS = {"train": slice(0, 440), "test": slice(464, WIDTH_PX)}
"""Parts of one photograph that share no pixel: it is cut before it is rendered."""

MOTORCYCLE_LARGEST_SIGMA_PX = (2.0, MAX_SIGMA_PX)

GOLDEN_RATIO = 0.6180339887498949


class _Item(NamedTuple):
    """One rendering to make; ``seed`` is its own, shared with no other item."""

    kind: str
    split: str
    number: int
    seed: tuple[int, ...]

    @property
    def name(self) -> str:
        return f"{self.number:04d}"

    @property
    def origin(self) -> dict[str, object]:
        return {"scene": self.kind, "split": self.split, "seed": list(self.seed)}


def write_embedded_dataset(folder: Path, seed: int = 0) -> None:
    """Make the embedded data set, or what is missing of it.

    ``synthetic/{train,test}`` has 80 and 12 dead-leaves scenes of 192 x 192 px, each with its own
    camera; ``motorcycle/{train,test}`` has 16 and 6 photographs of the left and of the right part
    of the Middlebury motorcycle, focused at different depths. Every image draws its largest sigma,
    so that small blurs are not rare. What an interrupted run has finished is kept; the files are a
    function of the seed.

    Args:
        folder: made if missing.
        seed: of all random choices, at least 0; items of another seed are replaced.
    """
    items = [
        _Item(kind, split, number, (seed, which, part, number))
        for which, (kind, splits) in enumerate(COUNTS.items())
        for part, (split, count) in enumerate(splits.items())
        for number in range(count)
    ]
    missing = [
        item for item in items if not is_written(_place(folder, item), item.name, item.origin)
    ]
    if not missing:
        return
    for item in tqdm(missing, desc=f"Making the embedded data set in {folder}", unit="image"):
        rendering, camera = _RENDERERS[item.kind](item)
        write_rendering(_place(folder, item), item.name, rendering, camera, item.origin)


def _place(folder: Path, item: _Item) -> Path:
    return folder / item.kind / item.split


def _render_dead_leaves(item: _Item) -> tuple[Rendering, ThinLensCamera]:
    """A scene of its own, focused at a random quantile of what there is in it."""
    surfaces = dead_leaves_scene(item.seed, SCENE_PX, SCENE_PX)
    # Another stream than the scene's, lest the camera repeat its first draws.
    rng = np.random.default_rng([*item.seed, 1])
    depths_mm = np.concatenate([surface.depth_mm.ravel() for surface in surfaces])
    camera = ThinLensCamera.for_max_coc(
        max_coc_px=_coc_px(rng.uniform(*SCENE_LARGEST_SIGMA_PX)),
        nearest_mm=float(depths_mm.min()),
        farthest_mm=float(depths_mm.max()),
        focal_length_mm=float(rng.choice(SCENE_FOCAL_LENGTHS_MM)),
        focus_distance_mm=float(np.quantile(depths_mm, rng.random())),
        image_width_px=SCENE_PX,
    )
    return render_surfaces(surfaces, (SCENE_PX, SCENE_PX), camera), camera


def _render_motorcycle(item: _Item) -> tuple[Rendering, ThinLensCamera]:
    """One part of the photograph, each time focused farther away and blurred by another amount."""
    part = crop(_motorcycle(), slice(None), MOTORCYCLE_COLUMNS[item.split])
    rng = np.random.default_rng(item.seed)
    quantile = (item.number + rng.random()) / COUNTS[item.kind][item.split]
    # Steps of the golden ratio spread a few draws evenly, whatever the focus.
    share = (item.number * GOLDEN_RATIO + 0.1 * rng.random()) % 1
    least, greatest = MOTORCYCLE_LARGEST_SIGMA_PX
    largest_sigma_px = greatest - share * (greatest - least)
    camera = ThinLensCamera.for_max_coc(
        max_coc_px=_coc_px(largest_sigma_px),
        nearest_mm=float(part.depth_mm.min()),
        farthest_mm=float(part.depth_mm.max()),
        focal_length_mm=FOCAL_LENGTH_PX * FULL_FRAME_WIDTH_MM / WIDTH_PX,
        focus_distance_mm=float(np.quantile(part.depth_mm, quantile)),
        image_width_px=WIDTH_PX,
    )
    return render_rgbd(part.image, part.depth_mm, camera), camera


@cache
def _motorcycle() -> RGBD:
    return load_motorcycle()


def _coc_px(sigma_px: float) -> float:
    return sigma_px / sigma_px_from_coc_px(1.0)


_RENDERERS: dict[str, Callable[[_Item], tuple[Rendering, ThinLensCamera]]] = {
    "synthetic": _render_dead_leaves,
    "motorcycle": _render_motorcycle,
}
