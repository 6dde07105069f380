"""A small stand-in for the CUHK blur detection data set, in its real layout."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

HEIGHT, WIDTH = 36, 48
BLURRED_COLUMNS = 20
"""From the left."""


def generate(folder: Path, numbers: Sequence[int], *, inverted: bool = False) -> Path:
    """Photographs of noise whose left side is blurred, with masks; two blurred by motion beside.

    As in the original, some names end in .JPG and some masks have four channels.
    """
    for part in ("image", "gt"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for number in numbers:
        rng = np.random.default_rng(number)
        image = rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
        image[:, :BLURRED_COLUMNS] = cv2.GaussianBlur(image, (0, 0), 2)[:, :BLURRED_COLUMNS]
        suffix = "JPG" if number % 5 == 2 else "jpg"
        Image.fromarray(image).save(folder / f"image/out_of_focus{number:04d}.{suffix}", quality=95)
        mask = np.where(np.arange(WIDTH) < BLURRED_COLUMNS, 255, 0).astype(np.uint8)
        mask = np.tile(255 - mask if inverted else mask, (HEIGHT, 1))
        if number % 7 == 3:
            mask = np.dstack([mask, mask, mask, np.full_like(mask, 255)])
        Image.fromarray(mask).save(folder / f"gt/out_of_focus{number:04d}.png")
    for number in (1, 2):
        Image.fromarray(image).save(folder / f"image/motion{number:04d}.jpg")
        Image.fromarray(mask).save(folder / f"gt/motion{number:04d}.png")
    return folder
