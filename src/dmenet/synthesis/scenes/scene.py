"""Things to photograph, whatever they are made of, and the choice of a camera for them.

A source is a function of a seed that gives a ``Scene``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dmenet.synthesis.readers.motorcycle import FOCAL_LENGTH_PX, RGBD, WIDTH_PX, load_motorcycle
from dmenet.synthesis.readers.pairs import Meaning, read_pair
from dmenet.synthesis.readers.rgbd import RGBD as RGBDScene
from dmenet.synthesis.rendering.camera import FULL_FRAME_WIDTH_MM, ThinLensCamera
from dmenet.synthesis.rendering.canvas import Rendering
from dmenet.synthesis.rendering.rgbd import render_rgbd
from dmenet.synthesis.rendering.surfaces import pinhole_view, render_surfaces
from dmenet.synthesis.scenes.dead_leaves import dead_leaves_scene
from dmenet.units import sigma_px_from_coc_px

Seed = Sequence[int]

FOCAL_LENGTHS_MM = (50.0, 70.0, 85.0)
"""What a camera is drawn from where the scene does not know its own, as for SYNDOF."""


class Photograph(Protocol):
    """Takes a picture of one scene."""

    def __call__(self, camera: ThinLensCamera, *, linear_light: bool = False) -> Rendering:
        """The picture."""


@dataclass(frozen=True)
class Scene:
    """Something that can be photographed.

    Attributes:
        name: of what is seen, fit for a file name; scenes of one source may share it.
        depth_mm: what there is to focus on, of any shape.
        image_width_px: of the whole frame, of which the image may be a part.
        focal_length_mm: of the lens that saw it; None where any will do.
        photograph: takes the picture, faithfully; ``linear_light`` as of ``renderers.faithful``.
        pinhole: gives the picture without blur, H x W x 3 in [0, 1], and its depth in mm, H x W.
    """

    name: str
    depth_mm: NDArray[np.floating]
    image_width_px: int
    focal_length_mm: float | None
    photograph: Photograph
    pinhole: Callable[[], tuple[NDArray[np.float32], NDArray[np.floating]]]


def choose_camera(
    scene: Scene,
    rng: np.random.Generator,
    largest_sigma_px: tuple[float, float],
    focus_quantile: float | None = None,
) -> ThinLensCamera:
    """Draw a camera whose largest blur in the scene is as asked for.

    Args:
        scene: what it looks at.
        rng: of all draws.
        largest_sigma_px: range in px that the largest sigma of the image is drawn from, so that
            images with little blur are not rare.
        focus_quantile: of the scene's depths, in [0, 1], to focus at; None draws it.
    """
    focal_length_mm = scene.focal_length_mm or float(rng.choice(FOCAL_LENGTHS_MM))
    quantile = rng.random() if focus_quantile is None else focus_quantile
    return ThinLensCamera.for_max_coc(
        max_coc_px=rng.uniform(*largest_sigma_px) / sigma_px_from_coc_px(1.0),
        nearest_mm=float(scene.depth_mm.min()),
        farthest_mm=float(scene.depth_mm.max()),
        focal_length_mm=focal_length_mm,
        focus_distance_mm=float(np.quantile(scene.depth_mm, quantile)),
        image_width_px=scene.image_width_px,
    )


def dead_leaves(seed: Seed, height: int, width: int) -> Scene:
    """A procedural scene, another one for each seed."""
    surfaces = dead_leaves_scene(seed, height, width)
    depths_mm = np.concatenate([surface.depth_mm.ravel() for surface in surfaces])
    return Scene(
        name="dead_leaves",
        depth_mm=depths_mm,
        image_width_px=width,
        focal_length_mm=None,
        photograph=partial(render_surfaces, surfaces, (height, width)),
        pinhole=partial(pinhole_view, surfaces, (height, width)),
    )


@cache
def _motorcycle() -> RGBD:
    return load_motorcycle()


def motorcycle(seed: Seed, first_column: int = 0, end_column: int = WIDTH_PX) -> Scene:
    """Some columns of the Motorcycle photograph, the same for every seed.

    It is cut before it is photographed: no pixel outside the columns has a part in the picture.
    """
    whole, columns = _motorcycle(), slice(first_column, end_column)
    image, depth_mm = whole.image[:, columns], whole.depth_mm[:, columns]
    focal_length_mm = FOCAL_LENGTH_PX * FULL_FRAME_WIDTH_MM / WIDTH_PX
    return _of_pair("motorcycle", image, depth_mm, WIDTH_PX, focal_length_mm)


def rgbd_pair(
    seed: Seed,
    image: str | Path,
    depth: str | Path,
    mm_per_unit: float,
    check_direction: bool = True,
) -> Scene:
    """A photograph of the user's with its depth map, the same for every seed.

    Args:
        image: a sharp photograph.
        depth: its depth map, of the same size.
        mm_per_unit: what a value of 1 in the depth map means.
        check_direction: whether to refuse a map that looks like disparity.

    Raises:
        InputError: a file cannot be read, the sizes differ, depths are unknown, or unit or
            direction must be wrong.
    """
    meaning = Meaning(mm_per_unit=mm_per_unit, check_direction=check_direction)
    return _of_rgbd(read_pair(Path(image).stem, Path(image), Path(depth), meaning))


def rgbd_folder(seed: Seed, reader: Sequence[RGBDScene]) -> Scene:
    """A photograph of a data set: number n for item n, from the first again after the last.

    Args:
        seed: its last number is the item's.
        reader: of the data set, with at least one photograph.

    Raises:
        InputError: the photograph or its depth cannot be used.
    """
    return _of_rgbd(reader[seed[-1] % len(reader)])


def _of_rgbd(rgbd: RGBDScene) -> Scene:
    width = rgbd.image.shape[1]
    focal_length_mm = None
    if rgbd.focal_length_px is not None:
        focal_length_mm = rgbd.focal_length_px * FULL_FRAME_WIDTH_MM / width
    return _of_pair(rgbd.name, rgbd.image, rgbd.depth_mm, width, focal_length_mm)


def _of_pair(
    name: str,
    image: NDArray[np.float32],
    depth_mm: NDArray[np.floating],
    image_width_px: int,
    focal_length_mm: float | None,
) -> Scene:
    return Scene(
        name=name,
        depth_mm=depth_mm,
        image_width_px=image_width_px,
        focal_length_mm=focal_length_mm,
        photograph=partial(render_rgbd, image, depth_mm),
        pinhole=lambda: (image, depth_mm),
    )
