"""The data set that comes with the package: made on first use, nothing is downloaded."""

import shutil
from pathlib import Path

import numpy as np
from tqdm import tqdm

from dmenet.data.layouts import read_description
from dmenet.synthesis.generation import CAMERA_STREAM
from dmenet.synthesis.layouts.image_files import ImageFiles
from dmenet.synthesis.layouts.layout import LabelledImage, claim
from dmenet.synthesis.readers.middlebury import MOTORCYCLE_WIDTH_PX
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.scenes.dead_leaves import dead_leaves
from dmenet.synthesis.scenes.scene import Scene, Seed
from dmenet.synthesis.scenes.sources import motorcycle
from dmenet.units import sigma_px_from_coc_px

VERSION = 2
"""To be raised whenever other pictures are made: those of another version are replaced."""

SEED = 0

COUNTS = {
    "synthetic": {"train": 80, "test": 12},
    "motorcycle": {"train": 16, "test": 6},
}

SCENE_PX = 192
LARGEST_SIGMA_PX = {"synthetic": (1.5, 6.0), "motorcycle": (2.0, 6.0)}
"""Images of so few pixels would show nothing but colours at the 7 px that SYNDOF has."""

FOCAL_LENGTHS_MM = (50.0, 70.0, 85.0)
"""Of cameras for scenes that do not know their own, as for SYNDOF."""

MOTORCYCLE_COLUMNS = {"train": (0, 440), "test": (464, MOTORCYCLE_WIDTH_PX)}
"""Parts of one photograph that share no pixel."""


def write_embedded_dataset(folder: Path) -> None:
    """Make the embedded data set, or what is missing of it.

    ``synthetic/{train,test}`` has 80 and 12 dead-leaves scenes of 192 x 192 px, each with its own
    camera; ``motorcycle/{train,test}`` has 16 and 6 photographs of the left and of the right part
    of the Middlebury motorcycle, focused at different depths. Every image draws its largest sigma,
    so that small blurs are not rare. What an interrupted run has finished is kept; what another
    version has made is replaced.

    Args:
        folder: made if missing.
    """
    layout = ImageFiles(previews=False)
    missing = []
    for which, (kind, splits) in enumerate(COUNTS.items()):
        for part, (split, count) in enumerate(splits.items()):
            written = _written(folder / kind / split, layout, count)
            numbers = (number for number in range(count) if number not in written)
            missing += [(kind, split, [SEED, which, part, number]) for number in numbers]
    label = f"Making the embedded data set in {folder}"
    for kind, split, seed in tqdm(missing, label, unit="image") if missing else ():
        scene = _scene(kind, split, seed)
        camera = _camera(kind, COUNTS[kind][split], seed, scene)
        photograph = LabelledImage(scene.name, scene.photograph(camera), camera, {"seed": seed})
        layout.write(folder / kind / split, seed[-1], photograph)


def _written(place: Path, layout: ImageFiles, count: int) -> set[int]:
    """The numbers that a folder of this version holds already; it becomes one of this version."""
    settings = {"embedded_version": VERSION}
    before = (read_description(place) or {}).get("settings", {})
    if before.keys() == settings.keys() and before != settings:
        shutil.rmtree(place)
    claim(place, layout.describe(), settings)
    return layout.written(place, range(count))


def _scene(kind: str, split: str, seed: Seed) -> Scene:
    if kind == "synthetic":
        return dead_leaves(seed, SCENE_PX, SCENE_PX)
    return motorcycle(seed, *MOTORCYCLE_COLUMNS[split])


def _camera(kind: str, count: int, seed: Seed, scene: Scene) -> ThinLensCamera:
    """A camera whose focus is at random in a new scene, and spread where it is always the same."""
    # Another stream than the scene's, so that the camera does not repeat its first draws.
    rng = np.random.default_rng([*seed, CAMERA_STREAM])
    quantile = rng.random()
    if kind == "motorcycle":
        quantile = (seed[-1] + quantile) / count
    focal_length_mm = scene.focal_length_mm or float(rng.choice(FOCAL_LENGTHS_MM))
    return ThinLensCamera.for_max_coc(
        max_coc_px=rng.uniform(*LARGEST_SIGMA_PX[kind]) / sigma_px_from_coc_px(1.0),
        nearest_mm=float(scene.depth_mm.min()),
        farthest_mm=float(scene.depth_mm.max()),
        focal_length_mm=focal_length_mm,
        focus_distance_mm=float(np.quantile(scene.depth_mm, quantile)),
        image_width_px=scene.image_width_px,
    )
