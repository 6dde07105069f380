"""Sources of scenes: photographs with depth, and mixtures."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial

from dmenet.errors import InputError
from dmenet.ranges import Count, Whole
from dmenet.synthesis.readers.middlebury import MOTORCYCLE_WIDTH_PX, load_motorcycle
from dmenet.synthesis.readers.reader import RGBD, SceneReader
from dmenet.synthesis.rendering.camera import FULL_FRAME_WIDTH_MM
from dmenet.synthesis.rendering.image_with_depth import render_rgbd
from dmenet.synthesis.scenes.scene import Scene, Seed, Source


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


def rgbd(seed: Seed, reader: SceneReader) -> Scene:
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


def motorcycle(
    seed: Seed, first_column: Whole = 0, end_column: Whole = MOTORCYCLE_WIDTH_PX
) -> Scene:
    """Some columns of the Motorcycle photograph, the same for every seed."""
    return scene_of(_motorcycle(), slice(first_column, end_column))


class Mixture:
    """Scenes of several sources in turn, so that any part of the data set has the same mixture.

    Of as many consecutive numbers as all shares add up to, each source has its share; each counts
    its own scenes from 0, so that a data set of photographs is gone through in its order.

    Args:
        parts: the sources, or readers of photographs with depth, by name.
        shares: how often each comes, at least 1, by the same names.

    Raises:
        InputError: the names differ.
    """

    def __init__(
        self, parts: Mapping[str, Source | SceneReader], shares: Mapping[str, Count]
    ) -> None:
        if not parts or parts.keys() != shares.keys():
            raise InputError(
                f"shares={dict(shares)}: expected one for each of the parts {sorted(parts)}"
            )
        self._parts = [(name, _source(parts[name])) for name in shares]
        self._shares = list(shares.values())
        self._turns = turns(self._shares)

    def __call__(self, seed: Seed) -> Scene:
        """The scene of a seed, whose last number says whose turn it is."""
        round_, place = divmod(seed[-1], len(self._turns))
        part = self._turns[place]
        number = round_ * self._shares[part] + self._turns[:place].count(part)
        name, source = self._parts[part]
        # With the part in it, so that two procedural ones make different scenes.
        scene = source([*seed[:-1], part, number])
        return scene if scene.name == name else replace(scene, name=f"{name}_{scene.name}")


def _source(part: Source | SceneReader) -> Source:
    return partial(rgbd, reader=part) if isinstance(part, SceneReader) else part


def turns(shares: list[int]) -> list[int]:
    """The order in which sources take turns: always the one that is farthest behind its share."""
    taken = [0] * len(shares)
    order = []
    for turn in range(1, sum(shares) + 1):
        behind = [turn * share - taken[n] * sum(shares) for n, share in enumerate(shares)]
        source = behind.index(max(behind))
        taken[source] += 1
        order.append(source)
    return order
