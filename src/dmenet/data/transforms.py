"""Augmentation of training samples; the only module that uses albumentations."""

import os

# Its import asks the network for a newer version, which takes seconds where there is none.
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"

import albumentations as A
import cv2
import numpy as np

from dmenet.sample import Map, Sample

LARGEST_SHORT_SIDE = 800


class TrainingTransform:
    """A random crop, flipped or turned in one of the eight ways (paper Section 4.1).

    An image whose short side is under the crop is enlarged to it, one over 800 reduced; maps
    follow, their blur values unchanged, as in the released code. Crops are uniform over all
    positions.

    Args:
        crop: side of the square in px.
    """

    def __init__(self, crop: int) -> None:
        self.crop = crop
        targets = {"defocus": "mask", "sigma_px": "mask", "mask": "mask"}
        self.augment = A.Compose(
            [A.RandomCrop(crop, crop), A.D4(p=1.0)], additional_targets=targets
        )
        linear = {"interpolation": cv2.INTER_LINEAR, "mask_interpolation": cv2.INTER_LINEAR}
        self.enlarge = A.Compose([A.SmallestMaxSize(crop, **linear)], additional_targets=targets)
        self.reduce = A.Compose(
            [A.SmallestMaxSize(LARGEST_SHORT_SIDE, **linear)], additional_targets=targets
        )

    def __call__(self, sample: Sample, seed: int) -> Sample:
        """Augment one sample; the result is a function of ``sample`` and ``seed`` alone."""
        arrays = {key: value for key, value in sample.items() if key != "name"}
        short = min(sample["image"].shape[:2])
        if short < self.crop:
            arrays = self.enlarge(**arrays)
        elif short > LARGEST_SHORT_SIDE:
            arrays = self.reduce(**arrays)
        self.augment.set_random_seed(seed)
        arrays = self.augment(**arrays)
        if "mask" in arrays:
            arrays["mask"] = _binary(arrays["mask"])
        augmented: Sample = {"name": sample["name"], **arrays}  # type: ignore[typeddict-item]
        return augmented


def _binary(mask: Map) -> Map:
    """Resizing leaves fractions at the borders of a mask."""
    return (mask >= 0.5).astype(np.float32)
