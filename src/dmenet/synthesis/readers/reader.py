"""What every reader is: a sequence of photographs with depth, each read when it is asked for."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class RGBD:
    """A sharp photograph with depth.

    Attributes:
        name: of the scene in its data set, fit for a file name.
        image: H x W x 3 in [0, 1].
        depth_mm: H x W, over 0 everywhere; where not ``known``, a guess.
        known: H x W, False where the depth was unknown and has been filled.
        focal_length_px: of the camera that took it, in px of this image; None where unknown.
        stored: H x W, the values in the file, where more was done to them than scaling.
    """

    name: str
    image: NDArray[np.float32]
    depth_mm: NDArray[np.floating]
    known: NDArray[np.bool_]
    focal_length_px: float | None = None
    stored: NDArray[np.floating] | None = None

    def levels(self) -> int:
        """How many different depths the file knows, before any steps are made slopes."""
        values = self.depth_mm if self.stored is None else self.stored
        return int(np.unique(values[self.known]).size)


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
