"""The data set that comes with the package: made on first use, nothing is downloaded."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from dmenet.synthesis.layouts.image_files import is_written, write_rendering
from dmenet.synthesis.readers.motorcycle import WIDTH_PX
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.scenes.dead_leaves import dead_leaves
from dmenet.synthesis.scenes.photographs_with_depth import motorcycle
from dmenet.synthesis.scenes.scene import Scene
from dmenet.units import sigma_px_from_coc_px

VERSION = 2
"""To be raised whenever the same seed makes other pictures: others are replaced."""

COUNTS = {
    "synthetic": {"train": 80, "test": 12},
    "motorcycle": {"train": 16, "test": 6},
}

SCENE_PX = 192
LARGEST_SIGMA_PX = {"synthetic": (1.5, 6.0), "motorcycle": (2.0, 6.0)}
"""Images of so few pixels would show nothing but colours at the 7 px that SYNDOF has."""

FOCAL_LENGTHS_MM = (50.0, 70.0, 85.0)
"""Of cameras for scenes that do not know their own, as for SYNDOF."""

MOTORCYCLE_COLUMNS = {"train": (0, 440), "test": (464, WIDTH_PX)}
"""Parts of one photograph that share no pixel."""


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
        return {
            "version": VERSION,
            "scene": self.kind,
            "split": self.split,
            "seed": list(self.seed),
        }


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
        scene = _scene(item)
        camera = _camera(item, scene)
        rendering = scene.photograph(camera)
        write_rendering(_place(folder, item), item.name, rendering, camera, item.origin)


def _place(folder: Path, item: _Item) -> Path:
    return folder / item.kind / item.split


def _scene(item: _Item) -> Scene:
    if item.kind == "synthetic":
        return dead_leaves(item.seed, SCENE_PX, SCENE_PX)
    return motorcycle(item.seed, *MOTORCYCLE_COLUMNS[item.split])


def _camera(item: _Item, scene: Scene) -> ThinLensCamera:
    """A camera whose focus is at random in a new scene, and spread where it is always the same."""
    # Another stream than the scene's, so that the camera does not repeat its first draws.
    rng = np.random.default_rng([*item.seed, 1])
    quantile = rng.random()
    if item.kind == "motorcycle":
        quantile = (item.number + quantile) / COUNTS[item.kind][item.split]
    focal_length_mm = scene.focal_length_mm or float(rng.choice(FOCAL_LENGTHS_MM))
    return ThinLensCamera.for_max_coc(
        max_coc_px=rng.uniform(*LARGEST_SIGMA_PX[item.kind]) / sigma_px_from_coc_px(1.0),
        nearest_mm=float(scene.depth_mm.min()),
        farthest_mm=float(scene.depth_mm.max()),
        focal_length_mm=focal_length_mm,
        focus_distance_mm=float(np.quantile(scene.depth_mm, quantile)),
        image_width_px=scene.image_width_px,
    )
