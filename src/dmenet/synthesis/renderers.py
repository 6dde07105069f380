"""The two ways to photograph a scene, and crops of photographs with depth rendered on demand."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dmenet.sample import Image, Map
from dmenet.synthesis.readers.reader import SceneReader
from dmenet.synthesis.released.compositing import render_released
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.canvas import Rendering
from dmenet.synthesis.rendering.image_with_depth import render_rgbd
from dmenet.synthesis.scenes.scene import Scene
from dmenet.synthesis.scenes.sources import scene_of


def faithful(scene: Scene, camera: ThinLensCamera, linear_light: bool = False) -> Rendering:
    """The image has the blur that its map says, everywhere.

    Args:
        scene: what is photographed.
        camera: what takes it.
        linear_light: whether light is blurred, as by a lens, so that highlights bloom; else the
            values as stored, as the released generator does.
    """
    return scene.photograph(camera, linear_light=linear_light)


def released(scene: Scene, camera: ThinLensCamera) -> Rendering:
    """As the released SYNDOF generator does it; see ``render_released`` for what it gets wrong."""
    return render_released(*scene.pinhole(), camera)


class CropRenderer:
    """Photographs the scenes of a reader faithfully, whole or in part.

    Args:
        reader: makes the reader of photographs with depth.
        camera: draws the camera for a scene.
        sensor: adds to the image what a sensor adds.
    """

    def __init__(
        self,
        reader: Callable[[], SceneReader],
        camera: Callable[[Scene, np.random.Generator], ThinLensCamera],
        sensor: Callable[[Image, np.random.Generator], tuple[Image, dict[str, Any]]],
    ) -> None:
        self.reader = reader()
        self.camera = camera
        self.sensor = sensor

    def __len__(self) -> int:
        return len(self.reader)

    def name(self, index: int) -> str:
        """What the reader calls a scene."""
        return self.reader.names[index]

    def render(
        self, index: int, rng: np.random.Generator, crop: int | None = None
    ) -> tuple[Image, Map]:
        """Photograph a scene with a camera drawn for it.

        The camera is drawn for the whole scene, of which a crop then shows a part, with the blur
        that it has in the whole.

        Args:
            index: of the scene.
            rng: of the camera, the place of the crop and the sensor.
            crop: side in px of a square part, or as much of it as the scene has; None is all.

        Returns:
            Image, H x W x 3 in [0, 1], and its Gaussian sigmas in px, H x W.

        Raises:
            InputError: the scene cannot be read or photographed.
        """
        scene = scene_of(self.reader[index])
        camera = self.camera(scene, rng)
        image, depth_mm = scene.pinhole()
        rendering = render_rgbd(image, depth_mm, camera, _box(depth_mm.shape, crop, rng))
        return self.sensor(rendering.image, rng)[0], rendering.sigma_px


def _box(
    shape: Sequence[int], crop: int | None, rng: np.random.Generator
) -> tuple[slice, slice] | None:
    if crop is None:
        return None
    starts = [int(rng.integers(max(size - crop, 0), endpoint=True)) for size in shape]
    rows, columns = (
        slice(start, min(start + crop, size)) for start, size in zip(starts, shape, strict=True)
    )
    return rows, columns
