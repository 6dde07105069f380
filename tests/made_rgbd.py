"""Made scenes with depth, written as the data sets write theirs."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH = 90, 120


def room(height: int = HEIGHT, width: int = WIDTH) -> NDArray[np.float64]:
    """Depth in mm of a floor before a wall, with a box on the floor: 1.5 to 6 m."""
    rows, columns = np.mgrid[:height, :width]
    below_horizon = np.maximum(rows / height - 0.2, 1e-6)
    depth = np.minimum(1200 / below_horizon, 6000 + 1500 * columns / width)
    depth[height // 2 : height * 3 // 4, width // 3 : width // 2] = 2100
    return np.asarray(depth)


def write_image(path: Path, height: int = HEIGHT, width: int = WIDTH) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)
    return path


def write_pfm(
    path: Path, values: NDArray[np.float64], order: str = "<", scale: float = 1.0
) -> Path:
    header = f"Pf\n{values.shape[1]} {values.shape[0]}\n{-scale if order == '<' else scale}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header.encode() + values[::-1].astype(f"{order}f4").tobytes())
    return path


def write_dpt(path: Path, values: NDArray[np.float64]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = np.float32(202021.25).tobytes() + np.array(values.shape[::-1], "<i4").tobytes()
    path.write_bytes(header + values.astype("<f4").tobytes())
    return path


def write_png(path: Path, values: NDArray[np.float64], kind: type[np.integer]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.rint(values).astype(kind))
    return path
