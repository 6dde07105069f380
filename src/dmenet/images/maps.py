"""Writing and reading sigma maps, and writing masks."""

from io import BytesIO
from pathlib import Path

import numpy as np
import tifffile

from dmenet.errors import InputError
from dmenet.files import replacing
from dmenet.images.encoding import encode_png
from dmenet.images.reading import check_size, read_bytes
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
    """A map of sigma in px that ``write_map`` or ``dmenet synthesize`` wrote, H x W, float32.

    Raises:
        InputError: there is none, or the file is damaged or holds something else.
    """
    is_array = path.suffix.lower() == ".npy"
    kind = "an array of H x W floats" if is_array else "a TIFF with one page of one float32 channel"
    expected = f"{kind}: sigma in px"
    data = BytesIO(read_bytes(path, expected))
    pages = 1
    try:
        if is_array:
            sigma_px = np.asarray(np.load(data, allow_pickle=False))
        else:
            with tifffile.TiffFile(data) as file:
                page, pages = file.pages.first, len(file.pages)
                check_size(page.imagewidth, page.imagelength)
                sigma_px = page.asarray()
    except Exception as error:  # tifffile raises about every kind on damaged data
        raise InputError(f"{path}: cannot be read: {error}. Expected {expected}") from error
    fits = sigma_px.dtype.kind == "f" if is_array else sigma_px.dtype == np.float32
    if pages != 1 or sigma_px.ndim != 2 or not fits:
        raise InputError(
            f"{path}: {pages} page(s) of {sigma_px.dtype} with shape {sigma_px.shape}. "
            f"Expected {expected}; is it a map of another kind?"
        )
    if not (np.isfinite(sigma_px).all() and sigma_px.min() >= 0):
        raise InputError(
            f"{path}: holds negative or non-finite values. Expected {expected}, at least 0; "
            "make it again"
        )
    return sigma_px.astype(np.float32, copy=False)


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
