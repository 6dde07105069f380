"""Synthetic data that take no time: a recipe of small noise, and the layouts to write it in."""

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmenet.errors import InputError
from dmenet.synthesis.generation import Recipe, generate, job_blocks
from dmenet.synthesis.layouts.image_files import ImageFiles
from dmenet.synthesis.layouts.layout import Layout, claim
from dmenet.synthesis.layouts.released_folders import ReleasedFolders
from dmenet.synthesis.layouts.tar_shards import TarShards
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.canvas import Rendering
from dmenet.synthesis.rendering.image_with_depth import render_rgbd
from dmenet.synthesis.scenes.scene import Scene

LAYOUTS = {
    "files": ImageFiles(),
    "released": ReleasedFolders(),
    "released_coc15": ReleasedFolders("coc15"),
    "shards": TarShards(images_per_block=4),
}


class Recipes:
    """A recipe whose scenes are noise; it counts what it makes, and fails where told to."""

    def __init__(
        self, *, broken: Sequence[int] = (), size: tuple[int, int] = (8, 12), largest: float = 7.0
    ) -> None:
        self.broken, self.size, self.largest = set(broken), size, largest
        self.made: list[int] = []

    def source(self, seed: Sequence[int]) -> Scene:
        if seed[-1] in self.broken:
            raise InputError(f"scene{seed[-1]}.png: cannot be read")
        rng = np.random.default_rng(seed)
        image = rng.random((*self.size, 3), dtype=np.float32)
        depth_mm = rng.uniform(1000, 4000, self.size)
        self.made.append(seed[-1])
        # Only `photograph` renders here.
        return Scene(
            "noise", depth_mm, self.size[1], None, self.photograph, lambda: (image, depth_mm)
        )

    def photograph(self, camera: ThinLensCamera) -> Rendering:
        raise AssertionError

    def camera(self, scene: Scene, rng: np.random.Generator) -> ThinLensCamera:
        return ThinLensCamera(
            focal_length_mm=50,
            f_number=float(rng.uniform(1, 3)),
            focus_distance_mm=2000,
            image_width_px=self.size[1],
        )

    def render(self, scene: Scene, camera: ThinLensCamera) -> Rendering:
        image, depth_mm = scene.pinhole()
        sigma_px = np.abs(depth_mm - 2000) / 2000 * self.largest
        return Rendering(image, sigma_px.astype(np.float32), depth_mm.astype(np.float32), image)

    def sensor(
        self, image: NDArray[np.float32], rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        gain = float(rng.uniform(0.9, 1))
        return image * np.float32(gain), {"gain": gain}

    def recipe(self, seed: int = 0) -> Recipe:
        return Recipe(self.source, self.camera, self.render, self.sensor, seed)


def make(
    folder: Path,
    layout: Layout,
    count: int,
    *,
    shards: int = 1,
    shard: int = 0,
    recipes: Recipes | None = None,
    skip_faulty: bool = False,
    seed: int = 0,
) -> Recipes:
    """What one job of the command does."""
    recipes = recipes or Recipes()
    claim(folder, layout.describe(), {"seed": seed})
    blocks = job_blocks(count, layout.images_per_block, shards, shard)
    generate(folder, layout, recipes.recipe(seed), blocks, skip_faulty=skip_faulty)
    return recipes


def contents(folder: Path) -> dict[str, bytes]:
    """All files, hidden ones too."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def scene(seed: Sequence[int], broken: Sequence[int] = (), seconds: float = 0.0) -> Scene:
    """A source for the command: two small flat surfaces, or an error."""
    if seed[-1] in broken:
        raise InputError(f"scene {seed[-1]} is broken")
    time.sleep(seconds)
    rng = np.random.default_rng(seed)
    image = rng.random((24, 32, 3), dtype=np.float32)
    depth_mm = np.where(np.arange(32) < 16, 1000.0, 3000.0) * np.ones((24, 1))
    return Scene(
        "flat", depth_mm, 32, None, partial(render_rgbd, image, depth_mm), lambda: (image, depth_mm)
    )
