"""SYNTHIA: rendered streets with depth in 16-bit PNG files of three equal channels."""

from collections.abc import Sequence
from pathlib import Path

from dmenet.synthesis.readers.holes import Holes
from dmenet.synthesis.readers.matching import matched
from dmenet.synthesis.readers.pairs import Meaning, read_pair
from dmenet.synthesis.readers.reader import RGBD, SceneReader

MM_PER_UNIT = 10.0
"""Of a value of 1; the sky is at the largest, 655.35 m."""


class Synthia(SceneReader):
    """Frames of SYNTHIA with their depths.

    Args:
        images: such as ``RGB/Stereo_Left/Omni_F``, searched with all its subfolders.
        depths: ``Depth/Stereo_Left/Omni_F``, of the same layout.
        holes: whether unknown depths are an error or filled from behind.

    Raises:
        InputError: a folder is missing, or a frame has no depth.

    Source: Ros et al. 2016; http://synthia-dataset.net.
    """

    def __init__(self, images: str | Path, depths: str | Path, holes: Holes = "error") -> None:
        files = matched(Path(images), Path(depths), (".png",))
        self._names, self._files = list(files), list(files.values())
        # The format fixes what the values are.
        self._meaning = Meaning(mm_per_unit=MM_PER_UNIT, holes=holes, check_direction=False)

    @property
    def names(self) -> Sequence[str]:
        """Path of each frame in the folder, with "_" for "/"."""
        return self._names

    def read(self, index: int) -> RGBD:
        """Read a frame; see ``SceneReader``."""
        return read_pair(self._names[index], *self._files[index], self._meaning)
