"""PNG in memory, what the layouts of synthetic data are made of; and what JPEG does to an image."""

import struct
import zlib
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dmenet.errors import InputError
from dmenet.images.reading import check_size
from dmenet.sample import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_BYTES = len(_SIGNATURE) + 25
"""Up to the end of IHDR, which is the first chunk and has 13 bytes of content."""

_RUNS_ALONE = [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
"""As small as zlib's level 3 makes photographs and maps, in two thirds of the time."""


def encode_png(pixels: NDArray[Any], text: str | None = None) -> bytes:
    """A PNG file of 8 or 16 bits; the same bytes for the same pixels.

    Args:
        pixels: H x W or H x W x 3 (RGB), uint8 or uint16.
        text: Latin-1; stored as the file's description.
    """
    stored = pixels[..., ::-1] if pixels.ndim == 3 else pixels
    _, data = cv2.imencode(".png", stored, _RUNS_ALONE)
    encoded: bytes = data.tobytes()
    if text is None:
        return encoded
    return with_chunk(encoded, b"tEXt", b"Description\0" + text.encode("latin-1"))


def with_chunk(png: bytes, name: bytes, content: bytes) -> bytes:
    """A PNG file with another chunk, right behind its header."""
    checked = name + content
    chunk = struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))
    return png[:_HEADER_BYTES] + chunk + png[_HEADER_BYTES:]


def decode_png(data: bytes, origin: str) -> NDArray[Any]:
    """The pixels of a PNG file: H x W or H x W x 3 (RGB), uint8 or uint16.

    Args:
        data: the whole file.
        origin: what errors call it.

    Raises:
        InputError: it is no PNG, is cut short or damaged, has alpha, or is larger than
            ``MAX_PIXELS``.
    """
    expected = "Expected a whole PNG of one or three channels; make or copy it again"
    if not data.startswith(_SIGNATURE) or len(data) < _HEADER_BYTES:
        raise InputError(f"{origin}: is no PNG file. {expected}")
    try:
        check_size(*struct.unpack(">II", data[16:24]))
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except (ValueError, cv2.error) as error:
        raise InputError(f"{origin}: cannot be read: {error}. {expected}") from error
    # OpenCV gives grey for what a file that was cut short lacks.
    if pixels is None or not data.endswith(b"IEND\xaeB`\x82"):
        raise InputError(f"{origin}: is cut short or damaged. {expected}")
    if pixels.ndim == 3 and pixels.shape[2] != 3:
        raise InputError(f"{origin}: has {pixels.shape[2]} channels. {expected}")
    return pixels[..., ::-1] if pixels.ndim == 3 else pixels


def through_jpeg(image: Image, quality: int) -> Image:
    """What a JPEG file of a quality from 1 to 100 keeps of an image, H x W x 3 in [0, 1]."""
    pixels = np.rint(image[..., ::-1] * 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return np.ascontiguousarray(decoded[..., ::-1], np.float32) / np.float32(255)
