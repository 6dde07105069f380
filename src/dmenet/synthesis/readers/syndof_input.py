"""The layout that the released SYNDOF generator reads: ``image/<set>`` and ``depth/<set>``."""

from pathlib import Path

from dmenet.errors import InputError
from dmenet.images.reading import IMAGE_SUFFIXES
from dmenet.synthesis.readers.holes import Holes
from dmenet.synthesis.readers.pairs import Meaning, read_pair
from dmenet.synthesis.readers.reader import RGBD, SceneReader, files_by_name

MM_PER_UNIT = {".dpt": 1000.0, ".png": 10.0}
"""Sintel's metres; of all others the generator takes a value for 10 mm."""

DEPTH_OF = {"im0": "disp0"}
"""Depth and image of Middlebury differ in name; despite its name, the map holds depth."""


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

    def __init__(
        self, folder: str | Path, check_direction: bool = True, holes: Holes = "error"
    ) -> None:
        images, depths = Path(folder) / "image", Path(folder) / "depth"
        maps = files_by_name(depths, tuple(MM_PER_UNIT))
        self.names: list[str] = []
        self._files: list[tuple[Path, Path]] = []
        for key, path in files_by_name(images, IMAGE_SUFFIXES).items():
            parent, _, stem = key.rpartition("/")
            wanted = f"{parent}/{DEPTH_OF.get(stem, stem)}".lstrip("/")
            if wanted not in maps:
                raise InputError(
                    f"{path}: no depth of it. Expected {depths / wanted} with one of "
                    f"{', '.join(MM_PER_UNIT)}; add it or remove the image"
                )
            self.names.append(key.replace("/", "_"))
            self._files.append((path, maps[wanted]))
        if not self.names:
            raise InputError(f"{images}: no images in this folder ({', '.join(IMAGE_SUFFIXES)})")
        self._meanings = {
            suffix: Meaning(mm_per_unit=mm, holes=holes, check_direction=check_direction)
            for suffix, mm in MM_PER_UNIT.items()
        }

    def read(self, index: int) -> RGBD:
        """Read a scene; see ``SceneReader``."""
        image, depth = self._files[index]
        return read_pair(self.names[index], image, depth, self._meanings[depth.suffix.lower()])
