"""The layout that the released SYNDOF generator reads: ``image/<set>`` and ``depth/<set>``."""

from dataclasses import dataclass
from pathlib import Path

from dmenet.synthesis.readers.mending import Holes
from dmenet.synthesis.readers.pairs import Meaning, read_pair
from dmenet.synthesis.readers.reader import RGBD, SceneReader, matched

MM_PER_UNIT = {".dpt": 1000.0, ".png": 10.0}
"""Sintel's metres; of all others the generator takes a value for 10 mm."""

DEPTH_OF = {"im0": "disp0"}
"""Depth and image of Middlebury differ in name; despite its name, the map holds depth."""


@dataclass
class SyndofInput(SceneReader):
    """Images with depths in the layout of the released generator's input.

    Args:
        folder: with ``image`` and ``depth``, of the same layout within.
        check_direction: whether to refuse maps that look upside down, such as a ``disp0.png`` that
            holds disparity indeed.
        holes: whether unknown depths are an error or filled from behind.

    Raises:
        InputError: a folder is missing, or an image has no depth.

    Source: the released generator of Lee et al. 2019.
    """

    folder: str | Path
    check_direction: bool = True
    holes: Holes = "error"

    def __post_init__(self) -> None:
        images, depths = Path(self.folder) / "image", Path(self.folder) / "depth"
        files = matched(images, depths, tuple(MM_PER_UNIT), DEPTH_OF)
        self.names, self._files = list(files), list(files.values())
        self._meanings = {
            suffix: Meaning(mm_per_unit=mm, holes=self.holes, check_direction=self.check_direction)
            for suffix, mm in MM_PER_UNIT.items()
        }

    def read(self, index: int) -> RGBD:
        """Read a scene; see ``SceneReader``."""
        image, depth = self._files[index]
        return read_pair(self.names[index], image, depth, self._meanings[depth.suffix.lower()])
