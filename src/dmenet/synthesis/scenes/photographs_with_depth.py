"""Scenes that readers give: photographs with depth."""

from collections.abc import Sequence
from functools import cache, partial

from dmenet.synthesis.readers.motorcycle import WIDTH_PX, load_motorcycle
from dmenet.synthesis.readers.reader import RGBD
from dmenet.synthesis.rendering.camera import FULL_FRAME_WIDTH_MM
from dmenet.synthesis.rendering.image_with_depth import render_rgbd
from dmenet.synthesis.scenes.scene import Scene, Seed


def scene_of(rgbd: RGBD, columns: slice = slice(None)) -> Scene:
    """The scene that a photograph with depth shows.

    Args:
        rgbd: the photograph.
        columns: the part of it to use. It is cut out before it is rendered, so that no pixel
            outside it has a part in the picture.
    """
    image, depth_mm = rgbd.image[:, columns], rgbd.depth_mm[:, columns]
    width_px, focal_length_px = rgbd.image.shape[1], rgbd.focal_length_px
    return Scene(
        name=rgbd.name,
        depth_mm=depth_mm,
        image_width_px=width_px,
        focal_length_mm=focal_length_px and focal_length_px * FULL_FRAME_WIDTH_MM / width_px,
        photograph=partial(render_rgbd, image, depth_mm),
        pinhole=lambda: (image, depth_mm),
    )


def rgbd(seed: Seed, reader: Sequence[RGBD]) -> Scene:
    """A photograph of a data set: number n for item n, from the first again after the last.

    Args:
        seed: its last number is the item's.
        reader: of the data set, with at least one photograph.

    Raises:
        InputError: the photograph or its depth cannot be used.
    """
    return scene_of(reader[seed[-1] % len(reader)])


@cache
def _motorcycle() -> RGBD:
    return load_motorcycle()


def motorcycle(seed: Seed, first_column: int = 0, end_column: int = WIDTH_PX) -> Scene:
    """Some columns of the Motorcycle photograph, the same for every seed."""
    return scene_of(_motorcycle(), slice(first_column, end_column))
