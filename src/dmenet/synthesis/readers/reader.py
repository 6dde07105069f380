"""What readers share: a sequence of scenes, each read when it is asked for."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import overload

from dmenet.synthesis.readers.rgbd import RGBD


class SceneReader(Sequence[RGBD]):
    """Scenes of a folder or file by number, in the order of ``names``."""

    @property
    @abstractmethod
    def names(self) -> Sequence[str]:
        """What each scene is called; read without opening any image."""

    @abstractmethod
    def read(self, index: int) -> RGBD:
        """Read scene number ``index``, from 0.

        Raises:
            InputError: a file cannot be read, or its content makes no sense.
        """

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> RGBD: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[RGBD]: ...
    def __getitem__(self, index: int | slice) -> RGBD | Sequence[RGBD]:
        numbers = range(len(self))[index]
        if isinstance(numbers, range):
            return [self.read(number) for number in numbers]
        return self.read(numbers)
