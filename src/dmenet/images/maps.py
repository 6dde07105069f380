"""Writing sigma maps and masks."""

from pathlib import Path

import numpy as np
import tifffile

from dmenet.errors import InputError
from dmenet.files import replacing
from dmenet.images.encoding import encode_png
from dmenet.images.reading import read_sigma_tiff
from dmenet.sample import Map

MAP_SUFFIXES = (".npy", ".tif", ".tiff")

PNG_STEPS_PER_PX = 256
"""A 16-bit PNG holds sigma in px times this, up to 255.99 px."""


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


def read_map(path: Path) -> Map:
    """A map of sigma in px that ``write_map`` wrote, H x W.

    Raises:
        InputError: there is none, or the file holds something else.
    """
    if path.suffix.lower() != ".npy":
        return read_sigma_tiff(path)
    expected = "Expected a map of sigma in px as dmenet predict writes it, .npy or .tiff"
    try:
        sigma_px = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path}: cannot be read as a map: {error}. {expected}") from error
    if not isinstance(sigma_px, np.ndarray) or sigma_px.ndim != 2 or sigma_px.dtype.kind != "f":
        raise InputError(f"{path}: holds no H x W floats. {expected}")
    if not (np.isfinite(sigma_px).all() and sigma_px.min() >= 0):
        raise InputError(f"{path}: holds negative or non-finite values. {expected}")
    return sigma_px.astype(np.float32)


def write_map_png(path: Path, sigma_px: Map) -> None:
    """Write a map as a PNG of 16 bits that says its scale, ``PNG_STEPS_PER_PX``."""
    steps = np.rint(np.clip(sigma_px * PNG_STEPS_PER_PX, 0, 2**16 - 1)).astype(np.uint16)
    text = f"Gaussian sigma of the blur: value / {PNG_STEPS_PER_PX} px"
    with replacing(path) as temporary:
        temporary.write_bytes(encode_png(steps, text))


def write_mask(path: Path, sigma_px: Map, threshold_px: float) -> None:
    """Write a PNG that is white where sigma is over a threshold, in px, and black elsewhere."""
    with replacing(path) as temporary:
        blurred = np.where(sigma_px > threshold_px, 255, 0).astype(np.uint8)
        temporary.write_bytes(encode_png(blurred, f"white: sigma over {threshold_px:g} px"))
