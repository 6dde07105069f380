"""A small stand-in for the RTF data set, in its real layout."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.io import savemat

HEIGHT, WIDTH, NARROWER = 36, 36, 34
RADII_PX = np.arange(2, 25) / 4


def truth(number: int) -> NDArray[np.float64]:
    """Disc radii, which leave out the right side of the image."""
    return np.random.default_rng(number).choice(RADII_PX, (HEIGHT, NARROWER))


def generate(
    folder: Path, numbers: Sequence[int], noises: Sequence[str] = ("0",), kind: str = "mat"
) -> Path:
    """Photographs of noise, each with a truth as .mat or .npy, in a folder for each noise."""
    for noise in noises:
        (folder / "image" / noise).mkdir(parents=True)
        (folder / "gt" / noise).mkdir(parents=True)
        for number in numbers:
            pixels = np.random.default_rng(number).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"image/{noise}/image_{number:02d}.png")
            path = folder / f"gt/{noise}/map_{number:02d}.{kind}"
            if kind == "mat":
                savemat(path, {"blurMap": truth(number)})
            else:
                np.save(path, truth(number))
    return folder
