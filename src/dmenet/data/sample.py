"""What every data set yields."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from dmenet.units import Unit

Image = NDArray[np.float32]
"""H x W x 3, RGB, in [0, 1]."""

Map = NDArray[np.float32]
"""H x W."""


class DefocusMap(NamedTuple):
    """Map values with what they mean."""

    values: Map
    """In [0, 1]."""
    unit: Unit


class Sample(TypedDict):
    """One image and what its data set knows about it."""

    name: str
    image: Image
    sigma_px: NotRequired[Map]
    """Gaussian sigma of the blur at each pixel, in px."""
    defocus: NotRequired[Map]
    """The same as a map value in [0, 1], in the data set's unit."""
    mask: NotRequired[Map]
    """1 where blurred, 0 where sharp."""


class SamplesInMemory(Sequence[Sample]):
    """Samples read from files, each once and then kept: for data sets that fit into memory.

    Args:
        paths: one file per sample.
        read: makes the sample of a file.
    """

    def __init__(self, paths: Sequence[Path], read: Callable[[Path], Sample]) -> None:
        self.paths = list(paths)
        self.read = read
        self._kept: dict[int, Sample] = {}

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Sample:  # type: ignore[override]
        if index not in self._kept:
            self._kept[index] = self.read(self.paths[index])
        return self._kept[index]
