"""Photographs with masks of what is blurred, and which of the two values of a mask that is."""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from dmenet.errors import InputError
from dmenet.images.photographs import read_photograph
from dmenet.images.reading import read_image
from dmenet.sample import Image, Map, Sample


class ImageAndMask(NamedTuple):
    """Files of a photograph and of its mask."""

    image: Path
    mask: Path


def read_masked(pair: ImageAndMask, inverted: bool = False) -> Sample:
    """Read a photograph with its mask.

    Args:
        pair: the mask may have any number of channels, of which the first is taken.
        inverted: whether the mask is black where blurred, and not white.

    Raises:
        InputError: a file cannot be read, or the two differ in size.
    """
    sample = read_photograph(pair.image)
    grey = read_image(pair.mask)[..., 0]
    if grey.shape != sample["image"].shape[:2]:
        raise InputError(
            f"{pair.mask} has {grey.shape} rows and columns, its image "
            f"{sample['image'].shape[:2]}: expected a mask of the image's size"
        )
    sample["mask"] = ((grey < 0.5) if inverted else (grey >= 0.5)).astype(np.float32)
    return sample


class Agreement:
    """How many masks agree with the sharpness of their photographs.

    Attributes:
        compared: so many could be compared.
        contradicting: the names of those that contradict it.
    """

    def __init__(self) -> None:
        self.compared = 0
        self.contradicting: list[str] = []

    def add(self, sample: Sample) -> None:
        """Compare one."""
        answer = contradicts_sharpness(sample["image"], sample["mask"])
        self.compared += answer is not None
        if answer:
            self.contradicting.append(sample["name"])

    @property
    def agreeing(self) -> int:
        """The number of those that agree."""
        return self.compared - len(self.contradicting)

    def check(self, folder: Path, inverted: bool) -> None:
        """Raise ``InputError`` if most masks mean the opposite of what ``inverted`` says."""
        if len(self.contradicting) <= self.agreeing:
            return
        colour = "black" if inverted else "white"
        raise InputError(
            f"{folder}: {len(self.contradicting)} of {self.compared} photographs are sharper where "
            f"the mask is {colour}, which should mean blurred. Set "
            f"inverted={str(not inverted).lower()} for this copy (data.inverted, or "
            "data.real.inverted where data sets are joined)"
        )


def contradicts_sharpness(image: Image, mask: Map) -> bool | None:
    """Whether a photograph has more fine detail where its mask calls it blurred.

    Detail is the mean absolute Laplacian of the grey image.

    Args:
        image: H x W x 3.
        mask: H x W, 1 where blurred.

    Returns:
        None where the mask has only one value.
    """
    blurred = mask > 0
    if blurred.all() or not blurred.any():
        return None
    detail = np.abs(cv2.Laplacian(image.mean(axis=2), cv2.CV_32F))
    return bool(detail[blurred].mean() > detail[~blurred].mean())
