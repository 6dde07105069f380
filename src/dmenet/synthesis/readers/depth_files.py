"""Reading depth and disparity maps from files: the numbers, not what they mean."""

import logging
import re
import struct
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dmenet.errors import InputError

DPT_TAG = 202021.25
"""The first float of every ``.dpt`` file; anything else is another format or byte order."""

_GAP = rb"(?:[ \t\r\n]+|#[^\n]*\n)+"
_LINE_END = rb"[ \t]*(?:#[^\n]*\n|\r\n|[\r\n])(?:#[^\n]*\n)*[ \t]*"
_PFM_HEADER = re.compile(
    rb"Pf" + _GAP + rb"(?P<width>\d+)" + _GAP + rb"(?P<height>\d+)" + _LINE_END
    + rb"(?P<scale>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)[ \t]*(?:\r\n|[\r\n])"
)  # fmt: skip
"""One line end after the scale: the numbers that follow may begin with the bytes of another."""

log = logging.getLogger(__name__)

Values = NDArray[np.float64]


def read_values(path: Path, pfm_scale: bool = True) -> Values:
    """Read a map of numbers as they stand in the file.

    Args:
        path: a ``.npy`` array, a PNG or TIFF of one channel (or of equal channels) with 8 or 16
            bits or floats, a grey ``.pfm``, or a ``.dpt`` of MPI Sintel.
        pfm_scale: whether values of a ``.pfm`` are multiplied by the scale in its header, as the
            format has it. Middlebury's are not: they say 1/255 and hold px.

    Returns:
        H x W, of any value: what is unknown is as the file marks it.

    Raises:
        InputError: the file is missing, damaged, of another format, or has several channels.
    """
    expected = f"a map of numbers ({', '.join(SUFFIXES)})"
    decode = _DECODERS.get(path.suffix.lower())
    if decode is _read_pfm and not pfm_scale:
        decode = partial(_read_pfm, scaled=False)
    if decode is None:
        raise InputError(f"{path}: of no known format. Expected {expected}; convert it")
    if not path.is_file():
        raise InputError(f"{path}: no such file. Expected {expected}; check the path")
    try:
        values = decode(path)
    except (ValueError, OSError, struct.error, cv2.error) as error:
        reason = str(error) or type(error).__name__
        raise InputError(
            f"{path}: cannot be read: {reason}. Expected {expected}; copy it again"
        ) from error
    if values.ndim == 3 and values.shape[2] and (values[..., :1] == values).all():
        values = values[..., 0]
    if values.ndim != 2 or not values.size or values.dtype.kind not in "uif":
        raise InputError(
            f"{path}: an array of {values.dtype} with shape {values.shape}. Expected {expected} of "
            "one channel, or of equal ones; is it a coloured picture of the depths?"
        )
    return values.astype(np.float64)


def _read_npy(path: Path) -> NDArray[Any]:
    # Mapped, so that a false header is an error rather than an allocation.
    return np.array(np.lib.format.open_memmap(path, mode="r"))


def _read_picture(path: Path) -> NDArray[Any]:
    data = np.frombuffer(path.read_bytes(), np.uint8)
    values = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if values is None:
        raise ValueError("it is no picture, or cut short")
    return np.asarray(values)


def _read_pfm(path: Path, scaled: bool = True) -> NDArray[Any]:
    """Three lines (kind; width and height; scale, negative if little-endian), rows bottom-up.

    Lines may end as on any system, and comments may stand between them.
    """
    data = path.read_bytes()
    header = _PFM_HEADER.match(data)
    if header is None:
        first = data[:20].split(b"\n")[0]
        raise ValueError(f"it does not start with the lines of a grey PFM, but with {first!r}")
    shape = (int(header["height"]), int(header["width"]))
    body = data[header.end() :]
    _check_length(body, shape)
    scale = float(header["scale"])
    values = np.frombuffer(body, "<f4" if scale < 0 else ">f4").reshape(shape)[::-1]
    if not scaled or abs(scale) in (0, 1):
        return values
    _note_scale(abs(scale))
    return values.astype(np.float64) * abs(scale)


@cache
def _note_scale(scale: float) -> None:
    """Say once for each scale that it is applied: some files say one that is not meant."""
    log.warning("Values of .pfm files are multiplied by the scale in their header, %g", scale)


def _read_dpt(path: Path) -> NDArray[Any]:
    data = path.read_bytes()
    tag, width, height = struct.unpack("<fii", data[:12])
    if tag != DPT_TAG:
        raise ValueError(f"its first number is {tag:g}, not {DPT_TAG} as of Sintel's depths")
    _check_length(data[12:], (height, width))
    return np.frombuffer(data, "<f4", offset=12).reshape(height, width)


def _check_length(body: bytes, shape: tuple[int, int]) -> None:
    height, width = shape
    if min(shape) < 1 or len(body) != 4 * height * width:
        raise ValueError(
            f"{len(body)} bytes follow its header, which says {width} x {height} floats"
        )


_DECODERS: dict[str, Callable[[Path], NDArray[Any]]] = {
    ".npy": _read_npy,
    ".png": _read_picture,
    ".tif": _read_picture,
    ".tiff": _read_picture,
    ".pfm": _read_pfm,
    ".dpt": _read_dpt,
}
SUFFIXES = tuple(_DECODERS)
