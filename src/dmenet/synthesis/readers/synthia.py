"""SYNTHIA: rendered streets with depth in 16-bit PNG files of three equal channels."""

from collections.abc import Sequence
from pathlib import Path

from dmenet.synthesis.readers.files import matched
from dmenet.synthesis.readers.pairs import Meaning, read_pair
from dmenet.synthesis.readers.reader import SceneReader
from dmenet.synthesis.readers.rgbd import RGBD

CENTIMETRES = Meaning(mm_per_unit=10.0, check_direction=False)
"""The format fixes what the values are; the sky is at the largest, 655.35 m."""


class Synthia(SceneReader):
    """Frames of SYNTHIA with their depths.

    Args:
        images: such as ``RGB/Stereo_Left/Omni_F``, searched with all its subfolders.
        depths: ``Depth/Stereo_Left/Omni_F``, of the same layout.

    Raises:
        InputError: a folder is missing, or a frame has no depth.

    Source: Ros et al. 2016; http://synthia-dataset.net.
    """

    def __init__(self, images: str | Path, depths: str | Path) -> None:
        files = matched(Path(images), Path(depths), (".png",))
        self._names, self._files = list(files), list(files.values())

    @property
    def names(self) -> Sequence[str]:
        """Path of each frame in the folder, with "_" for "/"."""
        return self._names

    def read(self, index: int) -> RGBD:
        """Read a frame; see ``SceneReader``."""
        return read_pair(self._names[index], *self._files[index], CENTIMETRES)
