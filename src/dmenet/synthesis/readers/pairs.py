"""Any photographs with depth or disparity maps, of a declared unit."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dmenet.errors import InputError
from dmenet.images.reading import read_image
from dmenet.ranges import Positive
from dmenet.synthesis.readers.checks import check_direction, check_same_size, check_unit
from dmenet.synthesis.readers.depth_files import SUFFIXES, read_values
from dmenet.synthesis.readers.mending import Holes, check_known, fill_depth_from_behind
from dmenet.synthesis.readers.reader import RGBD, SceneReader, matched

Direction = Literal["depth", "disparity"]

_MEANS = {
    "mm_per_unit": "what a value of 1 in the depth maps means: 1 for millimetres, 1000 for metres",
    "mm_times_unit": "focal length in px times baseline in mm for disparities in px",
}


@dataclass(kw_only=True)
class Meaning:
    """What the values of a map mean, and which maps to refuse.

    Args:
        direction: ``depth`` (larger is farther) or ``disparity`` (larger is nearer).
        mm_per_unit: of depths: what a value of 1 means; 1 for millimetres, 1000 for metres.
        mm_times_unit: of disparities: depth is ``mm_times_unit / (value + offset_units)``. For
            values in px it is focal length in px times baseline in mm; for values that hold k times
            the disparity, k times that.
        offset_units: of disparities: what to add to a value so that 0 means infinitely far.
        holes: ``error`` refuses maps with unknown values (0, negative or not finite), ``fill``
            fills them from the farther surface beside them.
        check_direction: whether to refuse maps that look upside down.

    Raises:
        InputError: a value is missing, or given where there is none.
    """

    direction: Direction = "depth"
    mm_per_unit: Positive | None = None
    mm_times_unit: Positive | None = None
    offset_units: float = 0.0
    holes: Holes = "error"
    check_direction: bool = True

    def __post_init__(self) -> None:
        needed, unused = ("mm_per_unit", "mm_times_unit")
        if self.direction == "disparity":
            needed, unused = unused, needed
        if getattr(self, needed) is None:
            raise InputError(f"{needed} is not given: expected a number over 0, {_MEANS[needed]}")
        if getattr(self, unused) is not None:
            raise InputError(
                f"{unused}={getattr(self, unused)}: direction={self.direction} has none; give "
                f"{needed} only"
            )

    def depth_mm(
        self, values: NDArray[np.float64], path: Path
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Depths, filled where they are unknown, and where they are known; both H x W.

        Args:
            values: H x W, as in the file.
            path: of the map.

        Raises:
            InputError: the map is refused: with unknown values, of a wrong unit, or upside down.
        """
        known = np.isfinite(values) & (values > 0)
        if self.direction == "depth":
            assert self.mm_per_unit is not None
            depth_mm = np.where(known, values, 0) * self.mm_per_unit
        else:
            assert self.mm_times_unit is not None
            away = np.where(known, values, 0) + self.offset_units
            known &= away > 0
            depth_mm = np.where(known, self.mm_times_unit / np.where(known, away, 1), 0)
        check_known(known, self.holes, path)
        depth_mm = fill_depth_from_behind(depth_mm, known)
        check_unit(depth_mm, path)
        if self.check_direction:
            other = "disparity" if self.direction == "depth" else "depth"
            check_direction(depth_mm, path, f"Give direction={other} if it holds {other}")
        return depth_mm, known


@dataclass
class Pairs(Meaning, SceneReader):
    """Photographs with maps of their depth or disparity.

    Args:
        images: a photograph, or a folder, searched with all its subfolders.
        depths: its map, or a folder with maps of the same names as the photographs.
        others: as of ``Meaning``.

    Raises:
        InputError: a setting makes no sense, a folder is missing, or an image has no map.
    """

    images: str | Path
    depths: str | Path

    def __post_init__(self) -> None:
        super().__post_init__()
        image, depth = Path(self.images), Path(self.depths)
        files = {image.stem: (image, depth)} if image.is_file() else matched(image, depth, SUFFIXES)
        self.names, self._files = list(files), list(files.values())

    def read(self, index: int) -> RGBD:
        """Read a scene; see ``SceneReader``."""
        return read_pair(self.names[index], *self._files[index], self)


def read_pair(name: str, image_path: Path, path: Path, meaning: Meaning) -> RGBD:
    """Read a photograph with a map.

    Args:
        name: of the scene.
        image_path: of the photograph.
        path: of the map.
        meaning: of its values.

    Raises:
        InputError: a file cannot be read, or the map is refused, also for being of another size.
    """
    image, values = read_image(image_path), read_values(path)
    check_same_size(image, values, image_path, path)
    return RGBD(name, image, *meaning.depth_mm(values, path))
