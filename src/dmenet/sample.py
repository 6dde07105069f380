"""What every data set yields."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, NamedTuple, NotRequired, TypedDict, TypeVar

import numpy as np
from numpy.typing import NDArray

from dmenet.units import BLURRED_ABOVE_SIGMA_PX, Unit, map_from_sigma_px

Item = TypeVar("Item")

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
    """Gaussian sigma of the blur at each pixel, in px.

    As large as it is known, from the top left: that of RTF is narrower than its images.
    """
    defocus: NotRequired[Map]
    """The same as a map value in [0, 1], in the data set's unit."""
    mask: NotRequired[Map]
    """1 where blurred, 0 where sharp."""
    unblurred: NotRequired[Image]
    """The image before it was blurred further."""
    added_sigma_px: NotRequired[float]
    """By a Gaussian of this sigma, in px."""
    unblurred_sigma_px: NotRequired[Map]
    """What the method that is scored answers to ``unblurred``; added while scoring."""


def with_truth(name: str, image: Image, sigma_px: Map, unit: Unit) -> Sample:
    """An image of known sigma in px, also as map values of a unit and as a mask."""
    return {
        "name": name,
        "image": image,
        "sigma_px": sigma_px,
        "defocus": map_from_sigma_px(sigma_px, unit),
        "mask": (sigma_px > BLURRED_ABOVE_SIGMA_PX).astype(np.float32),
    }


class DrawnSamples(Sequence[Sample]):
    """Samples that can be had in endless variety, such as crops rendered on the fly.

    As a sequence they are fixed ones, for validation and test.
    """

    @abstractmethod
    def draw(self, index: int, seed: int) -> Sample:
        """Another sample of what is at ``index``: a function of the arguments alone."""


class SamplesOnDisk(Sequence[Sample], Generic[Item]):
    """Samples that are read at each access, for data sets of any size.

    Args:
        items: one per sample, such as its file.
        read: makes the sample of an item; workers receive a copy of it.
    """

    def __init__(self, items: Iterable[Item], read: Callable[[Item], Sample]) -> None:
        self.items = list(items)
        self.read = read

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Sample:  # type: ignore[override]
        return self.read(self.items[index])


class SamplesInMemory(SamplesOnDisk[Item]):
    """Samples that are each read once and then kept: for data sets that fit into memory."""

    def __init__(self, items: Iterable[Item], read: Callable[[Item], Sample]) -> None:
        super().__init__(items, read)
        self._kept: dict[int, Sample] = {}

    def __getitem__(self, index: int) -> Sample:  # type: ignore[override]
        if index not in self._kept:
            self._kept[index] = super().__getitem__(index)
        return self._kept[index]
