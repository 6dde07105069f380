"""Writing sigma maps."""

from pathlib import Path

import numpy as np
import tifffile

from dmenet.errors import InputError
from dmenet.files import replacing
from dmenet.sample import Map

MAP_SUFFIXES = (".npy", ".tif", ".tiff")


def write_map(path: Path, sigma_px: Map) -> None:
    """Write a float32 map of sigma in px as ``.npy`` or as a TIFF that says its unit.

    Raises:
        InputError: the suffix is another.
        OutputError: the file cannot be written.
    """
    if path.suffix.lower() not in MAP_SUFFIXES:
        raise InputError(f"{path}: expected a name that ends in one of {', '.join(MAP_SUFFIXES)}")
    with replacing(path) as temporary:
        if path.suffix.lower() == ".npy":
            with temporary.open("wb") as file:
                np.save(file, sigma_px)
        else:
            tifffile.imwrite(temporary, sigma_px, description="Gaussian sigma of the blur in px")
