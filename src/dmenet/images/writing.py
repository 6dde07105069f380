"""Writing a photograph that was made from another one, with what its file says of it."""

import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import ExifTags
from PIL import Image as PillowImage

from dmenet.errors import InputError
from dmenet.files import replacing
from dmenet.images.encoding import encode_png, with_chunk
from dmenet.images.reading import decoded, png_bit_depth, read_bytes
from dmenet.sample import Image

WRITTEN_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp")
DEEP_SUFFIXES = (".png", ".tif", ".tiff")
"""Formats that hold 16 bits."""

JPEG_QUALITY = 95

_FORMATS = ("BMP", "JPEG", "PNG", "TIFF", "WEBP")
_KEPT = (
    ExifTags.Base.ImageDescription, ExifTags.Base.Make, ExifTags.Base.Model, ExifTags.Base.Software,
    ExifTags.Base.DateTime, ExifTags.Base.Artist, ExifTags.Base.Copyright,
)  # fmt: skip
"""Beside the camera's notes and the place. In a TIFF the others say how its pixels are stored."""


@dataclass(frozen=True)
class FileFacts:
    """What the file of a photograph says beside its pixels.

    Attributes:
        bits: 8 or 16, of a colour.
        icc: the colour profile, None where there is none.
        exif: the camera's notes, upright and without thumbnail; None where there are none.
    """

    bits: int = 8
    icc: bytes | None = None
    exif: bytes | None = None


def read_with_facts(path: Path) -> tuple[Image, FileFacts]:
    """A photograph as ``read_image`` reads it, and what its file says beside its pixels.

    Of HEIC and camera raw nothing is known but that they are of more than 8 bits.
    """
    data = read_bytes(path, expected="a photograph")
    image = decoded(data, path)
    try:
        with PillowImage.open(BytesIO(data), formats=_FORMATS) as picture:
            bits = 16 if _is_deep(data, picture.format) else 8
            return image, FileFacts(bits, picture.info.get("icc_profile"), _exif_of(picture))
    except OSError:
        return image, FileFacts(16)


def _exif_of(picture: PillowImage.Image) -> bytes | None:
    kept = PillowImage.Exif()
    empty = kept.tobytes()
    try:
        exif = picture.getexif()
        kept.update({tag: exif[tag] for tag in _KEPT if tag in exif})
        for ifd in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
            kept.get_ifd(ifd).update(exif.get_ifd(ifd))
        written: bytes = kept.tobytes()
    except Exception:  # Pillow raises about every kind on damaged notes, and the picture is whole
        return None
    return written if written != empty else None


def write_photograph(path: Path, image: Image, facts: FileFacts) -> None:
    """Write a photograph as JPEG, PNG, TIFF or WebP, with colour profile and EXIF.

    Of a TIFF of 16 bits only the profile is kept.

    Args:
        path: whose suffix is the format.
        image: H x W x 3 in [0, 1].
        facts: of the photograph that it was made from; JPEG and WebP are of 8 bits all the same.

    Raises:
        InputError: the suffix is another.
        OutputError: the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in WRITTEN_SUFFIXES:
        raise InputError(
            f"{path}: expected a name that ends in one of {', '.join(WRITTEN_SUFFIXES)}"
        )
    deep = facts.bits == 16 and suffix in DEEP_SUFFIXES
    kind = np.uint16 if deep else np.uint8
    pixels = np.rint(image.clip(0, 1) * np.iinfo(kind).max).astype(kind)
    with replacing(path) as temporary:
        if deep and suffix == ".png":
            temporary.write_bytes(_with_facts(encode_png(pixels), facts))
        elif deep:
            tifffile.imwrite(temporary, pixels, photometric="rgb", iccprofile=facts.icc)
        else:
            options: dict[str, Any] = {"icc_profile": facts.icc}
            if facts.exif is not None:
                options["exif"] = facts.exif
            if suffix in (".jpg", ".jpeg"):
                options |= {"quality": JPEG_QUALITY, "subsampling": 0}
            elif suffix == ".webp":
                options |= {"quality": JPEG_QUALITY}
            PillowImage.fromarray(pixels).save(temporary, **options)


def _is_deep(data: bytes, kind: str | None) -> bool:
    if kind == "TIFF":
        with tifffile.TiffFile(BytesIO(data)) as file:
            return bool(file.pages.first.bitspersample > 8)
    return kind == "PNG" and png_bit_depth(data) == 16


def _with_facts(png: bytes, facts: FileFacts) -> bytes:
    """A PNG file with the chunks of profile and EXIF."""
    if facts.exif is not None:
        png = with_chunk(png, b"eXIf", facts.exif.removeprefix(b"Exif\0\0"))
    if facts.icc is not None:
        png = with_chunk(png, b"iCCP", b"ICC profile\0\0" + zlib.compress(facts.icc))
    return png
