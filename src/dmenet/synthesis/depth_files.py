"""Reading depth maps."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dmenet.errors import InputError

SUFFIXES = (".npy", ".png", ".tif", ".tiff")


def read_depth_mm(path: Path, mm_per_unit: float) -> NDArray[np.float32]:
    """Read a depth map: larger is farther.

    Args:
        path: a ``.npy`` array, or a PNG or TIFF of one channel (or of equal channels), 8 or 16 bits
            or float32.
        mm_per_unit: what a value of 1 means: 1 for millimetres, 1000 for metres.

    Returns:
        H x W, over 0.

    Raises:
        InputError: the file is missing, is no depth map, or holds values that are not over 0.
    """
    if not mm_per_unit > 0:
        raise InputError(f"mm_per_unit is {mm_per_unit}: expected a number over 0")
    expected = f"a depth map ({', '.join(SUFFIXES)})"
    if not path.is_file():
        raise InputError(f"{path}: no such file. Expected {expected}")
    values = _read_array(path) if path.suffix.lower() == ".npy" else _read_picture(path)
    if values is None:
        raise InputError(f"{path}: cannot be read. Expected {expected}")
    if values.ndim == 3 and (values[..., :1] == values).all():
        values = values[..., 0]
    if values.ndim != 2 or values.dtype.kind not in "uif":
        raise InputError(
            f"{path}: an array of {values.dtype} with shape {values.shape}. Expected {expected} of "
            "one channel"
        )
    known = np.isfinite(values) & (values > 0)
    if not known.all():
        raise InputError(
            f"{path}: {(~known).mean():.1%} of the depths are unknown (0, negative or not finite); "
            "fill them first"
        )
    depth_mm: NDArray[np.float32] = (values * np.float64(mm_per_unit)).astype(np.float32)
    return depth_mm


def _read_array(path: Path) -> NDArray[Any] | None:
    try:
        values: NDArray[Any] = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError):
        return None
    return values


def _read_picture(path: Path) -> NDArray[Any] | None:
    data = np.frombuffer(path.read_bytes(), np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
