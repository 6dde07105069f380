"""Reading photographs from files, which may come from anywhere.

Only the formats named here are tried: Pillow knows others that start external programs.
"""

import importlib
import warnings
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import ExifTags, UnidentifiedImageError
from PIL import Image as PillowImage

from dmenet.errors import InputError
from dmenet.sample import Image

IMAGE_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")

HEIC_SUFFIXES = (".heic", ".heif", ".hif")
RAW_SUFFIXES = (
    ".3fr", ".arw", ".cr2", ".cr3", ".dng", ".erf", ".iiq", ".kdc", ".mef", ".mos", ".mrw", ".nef",
    ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".srw", ".x3f",
)  # fmt: skip

MAX_PIXELS = 178_956_970
"""Larger pictures are taken for decompression bombs; the limit is Pillow's own."""

_FORMATS = ("BMP", "JPEG", "PNG", "TIFF", "WEBP")
_TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_DEEP_TIFF_LAYOUTS = (
    (tifffile.PHOTOMETRIC.MINISBLACK, 1),
    (tifffile.PHOTOMETRIC.RGB, 3),
    (tifffile.PHOTOMETRIC.RGB, 4),
)
"""Photometric interpretation and samples per pixel; OpenCV misreads others without an error."""

_Pixels = NDArray[Any]
"""H x W x 3, RGB: uint8, uint16, or floats."""


def list_images(path: Path) -> list[Path]:
    """The image files that a user's path stands for.

    A file is taken as it is; a folder gives the files directly in it that have one of
    ``IMAGE_SUFFIXES`` (in any case) and are not hidden, in the order of their names.

    Raises ``InputError`` if the path does not exist or the folder has no such file.
    """
    if path.is_file():
        return [path]
    expected = f"an image or a folder of images ({', '.join(IMAGE_SUFFIXES)})"
    if not path.is_dir():
        raise InputError(f"{path}: no such file or folder. Expected {expected}; check the path")
    images = sorted(
        entry
        for entry in path.iterdir()
        if entry.suffix.lower() in IMAGE_SUFFIXES
        and not entry.name.startswith(".")
        and entry.is_file()
    )
    if not images:
        raise InputError(
            f"{path}: no images directly in this folder. Expected {expected}; "
            "files of its subfolders are not looked for"
        )
    return images


def read_image(path: Path) -> Image:
    """Read any photograph, upright, as H x W x 3 RGB in [0, 1].

    The orientation that the camera noted is applied. Grey is repeated, palettes and CMYK are
    converted, alpha is dropped (a transparent pixel shows the colour stored for it), 16-bit PNG and
    TIFF keep their precision, floats of a TIFF are taken as they are. Colour profiles are ignored,
    and of several frames or pages the first is read. HEIC and camera raw need the extras ``heic``
    and ``raw``; raw is developed with the camera's white balance.

    Raises ``InputError`` if the file is missing, empty, cut short, damaged, larger than
    ``MAX_PIXELS``, of another format, holds floats outside [0, 1], or needs a package that is not
    installed.
    """
    return decoded(read_bytes(path, expected="a photograph"), path)


def decoded(data: bytes, path: Path) -> Image:
    """What ``read_image`` makes of the content of a file, whose path is for its messages."""
    try:
        if path.suffix.lower() in RAW_SUFFIXES:  # by content, most are TIFFs of a thumbnail
            return unit_range(_decode_raw(data))
        if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
            return unit_range(_decode_heic(data))
        return unit_range(
            _decode_tiff(data) if data.startswith(_TIFF_SIGNATURES) else _decode(data)
        )
    except _MissingPackageError as error:
        raise InputError(f"{path}: {error}") from error
    except UnidentifiedImageError as error:
        raise _unreadable(path, "its content is of no known image format") from error
    except Exception as error:  # decoders raise about every kind on damaged data
        raise _unreadable(path, _reason(error)) from error


def heic_needs() -> str:
    """What is to be done to read HEIC."""
    return "HEIC is read with the package pillow-heif: pip install 'dmenet[heic]'"


def raw_needs() -> str:
    """What is to be done to read camera raw."""
    return "camera raw is read with the package rawpy: pip install 'dmenet[raw]'"


def image_size(path: Path) -> tuple[int, int] | None:
    """Width and height as stored, of which only the header is read; None where it cannot be."""
    try:
        with PillowImage.open(path, formats=_FORMATS) as picture:
            return picture.size
    except (OSError, PillowImage.DecompressionBombError):
        return None


def read_bytes(path: Path, expected: str) -> bytes:
    """The content of a file; ``InputError`` where there is none, which says what was expected."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file. Expected {expected}; check the path") from error
    except IsADirectoryError as error:
        raise InputError(f"{path}: is a folder. Expected {expected}; name a file in it") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}. Expected {expected}") from error
    if not data:
        raise InputError(f"{path}: the file is empty. Expected {expected}; copy it again")
    return data


def _unreadable(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path}: cannot be read as a photograph: {reason}. Expected a complete file of "
        f"{', '.join(_FORMATS)}, HEIC or camera raw; copy or export it again, or leave it out"
    )


class _MissingPackageError(Exception):
    """The package that reads a format is not installed; the message says which."""


def _reason(error: Exception) -> str:
    """What an error says, where it says something: some decoders give a bare number."""
    said = error.args[0] if error.args else ""
    # LibRaw gives bytes.
    text = (said.decode(errors="replace") if isinstance(said, bytes) else str(error)).strip()
    if text.strip("-0123456789.'\" "):
        return text
    return f"its content is damaged ({type(error).__name__})"


def _package(name: str, needs: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise _MissingPackageError(needs) from error


def _decode_heic(data: bytes) -> _Pixels:
    """Decode by libheif, which turns pictures itself; 10 and 12 bits become 16."""
    pillow_heif = _package("pillow_heif", heic_needs())
    picture = pillow_heif.open_heif(BytesIO(data), convert_hdr_to_8bit=False)
    check_size(*picture.size)
    pixels = np.asarray(picture)
    return pixels[..., :3] if pixels.ndim == 3 else np.stack([pixels] * 3, axis=-1)


def _decode_raw(data: bytes) -> _Pixels:
    """Develop by LibRaw, which turns pictures itself: sRGB of 16 bits, white as the camera saw."""
    rawpy = _package("rawpy", raw_needs())
    with rawpy.imread(BytesIO(data)) as raw:
        check_size(raw.sizes.raw_width, raw.sizes.raw_height)
        developed: _Pixels = raw.postprocess(use_camera_wb=True, output_bps=16)
        return developed


def _decode(data: bytes) -> _Pixels:
    with warnings.catch_warnings():
        # Pillow warns at half the size that it refuses, which some cameras exceed.
        warnings.simplefilter("ignore", PillowImage.DecompressionBombWarning)
        picture = PillowImage.open(BytesIO(data), formats=_FORMATS)
    with picture:
        picture.load()  # raises on cut files, also where OpenCV then decodes and may not
        # Pillow turns TIFFs itself, and then no longer reports their orientation.
        orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
        if picture.format == "PNG" and png_bit_depth(data) == 16:
            return _upright(_decode_deep(data), orientation)
        opaque = picture.convert("RGBA") if picture.mode == "P" else picture
        return _upright(np.asarray(opaque.convert("RGB")), orientation)


def png_bit_depth(data: bytes) -> int:
    """Of a PNG file."""
    return data[24]  # signature 8, then the header chunk: length 4, name 4, width 4, height 4


def _decode_tiff(data: bytes) -> _Pixels:
    with tifffile.TiffFile(BytesIO(data)) as file:
        page = file.pages.first
        check_size(page.imagewidth, page.imagelength)
        layout = (page.photometric, page.samplesperpixel)
        interleaved = page.planarconfig == tifffile.PLANARCONFIG.CONTIG
        deep = page.bitspersample > 8
    if not deep:
        return _decode(data)
    if layout not in _DEEP_TIFF_LAYOUTS or not interleaved:
        raise ValueError(
            "a TIFF of more than 8 bits must be grey, RGB or RGBA, with interleaved channels"
        )
    return _decode_deep(data)  # OpenCV turns TIFFs itself, and PNGs not


def _decode_deep(data: bytes) -> _Pixels:
    """Decode by OpenCV, since Pillow cuts 16-bit colours down to 8 bits."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError("its pixels are cut short, damaged or of an unusual type")
    if pixels.ndim == 2:
        return np.stack([pixels] * 3, axis=-1)
    return pixels[..., 2::-1]


def check_size(width: int, height: int) -> None:
    """Raise ``ValueError`` where a picture is larger than ``MAX_PIXELS``."""
    if width * height > MAX_PIXELS:
        raise ValueError(f"{width} x {height} pixels are more than the limit of {MAX_PIXELS}")


def _upright(pixels: _Pixels, orientation: int) -> _Pixels:
    """Undo the camera's orientation, numbered as in EXIF; unknown numbers change nothing."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return pixels


def unit_range(pixels: NDArray[Any]) -> Image:
    """Pixels of 8 or 16 bits, or floats in [0, 1], as floats in [0, 1].

    Raises:
        ValueError: they are of another type, or floats out of the range.
    """
    # Turned pixels are a view with negative strides, which torch does not take: hence the order.
    image = pixels.astype(np.float32, order="C")
    if pixels.dtype in (np.uint8, np.uint16):
        image /= np.iinfo(pixels.dtype).max
    elif not np.issubdtype(pixels.dtype, np.floating):
        raise ValueError(f"its pixels are of type {pixels.dtype}, not 8 or 16 bits or floats")
    elif not (image.min() >= 0 and image.max() <= 1):
        raise ValueError(f"its floats are from {image.min()} to {image.max()}, not in [0, 1]")
    return image
