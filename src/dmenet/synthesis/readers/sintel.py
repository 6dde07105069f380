"""MPI Sintel: rendered frames with depth as ``.dpt``."""

from collections.abc import Sequence
from pathlib import Path

from dmenet.synthesis.readers.holes import Holes
from dmenet.synthesis.readers.matching import matched
from dmenet.synthesis.readers.pairs import Meaning, read_pair
from dmenet.synthesis.readers.reader import RGBD, SceneReader

MM_PER_UNIT = 1000.0


class Sintel(SceneReader):
    """Frames of MPI Sintel with their depths, which are taken for metres.

    Args:
        images: such as ``training/clean``, with a folder of frames for each scene.
        depths: ``training/depth``, of the same layout.
        holes: whether unknown depths are an error or filled from behind.

    Raises:
        InputError: a folder is missing, or a frame has no depth.

    Source: Butler et al. 2012; http://sintel.is.tue.mpg.de/depth.
    """

    def __init__(self, images: str | Path, depths: str | Path, holes: Holes = "error") -> None:
        files = matched(Path(images), Path(depths), (".dpt",))
        self._names, self._files = list(files), list(files.values())
        # The format fixes what the values are.
        self._meaning = Meaning(mm_per_unit=MM_PER_UNIT, holes=holes, check_direction=False)

    @property
    def names(self) -> Sequence[str]:
        """Scene and frame, such as ``market_2_frame_0001``."""
        return self._names

    def read(self, index: int) -> RGBD:
        """Read a frame; see ``SceneReader``."""
        return read_pair(self._names[index], *self._files[index], self._meaning)
