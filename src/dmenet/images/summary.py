"""What a sigma map says of a photograph in a row of a table, to sort photographs by."""

import csv
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from dmenet.errors import InputError
from dmenet.files import replacing
from dmenet.sample import Map

SHARP_UP_TO_PX = 1.0
REGION_SHARE = 0.2
"""Side of the sharpest region, a square, of the photograph's shorter side. A smaller one would find
any single edge."""

COLUMNS = (
    "photograph", "width", "height", "median_px", "quantile_90_px", "sharp_share",
    "sharpest_x", "sharpest_y", "sharpest_px",
)  # fmt: skip
"""Sigma in px: the median, what 90 % are below, the share of at most ``SHARP_UP_TO_PX``; the centre
of the sharpest region, from the left and the top, and its mean sigma."""


def summary_row(photograph: str, sigma_px: Map) -> dict[str, str]:
    """The row of a photograph.

    Args:
        photograph: its name.
        sigma_px: H x W.
    """
    height, width = sigma_px.shape
    median, high = np.quantile(sigma_px, [0.5, 0.9])
    top, left, side, least = sharpest_region(sigma_px)
    x, y = left + side // 2, top + side // 2
    sharp = float((sigma_px <= SHARP_UP_TO_PX).mean())
    values = (
        photograph, str(width), str(height), f"{median:.3f}", f"{high:.3f}", f"{sharp:.4f}",
        str(x), str(y), f"{least:.3f}",
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def sharpest_region(sigma_px: Map) -> tuple[int, int, int, float]:
    """The square inside a map whose mean sigma is least: top, left, side, and that mean in px."""
    side = max(1, round(REGION_SHARE * min(sigma_px.shape)))
    means = cv2.boxFilter(sigma_px, -1, (side, side), anchor=(0, 0))
    inside = means[: sigma_px.shape[0] - side + 1, : sigma_px.shape[1] - side + 1]
    top, left = (int(place) for place in np.unravel_index(int(inside.argmin()), inside.shape))
    return top, left, side, float(inside[top, left])


def write_summary(path: Path, rows: Mapping[str, Mapping[str, str]]) -> None:
    """Write rows by photograph as CSV, sorted by name."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows[name] for name in sorted(rows))


def read_summary(path: Path) -> dict[str, dict[str, str]]:
    """The rows of a file of ``write_summary`` by photograph; none where there is no file.

    Raises:
        InputError: it is no such file.
    """
    if not path.exists():
        return {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows = {row["photograph"]: dict(row) for row in reader}
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError("its columns are others")
    except (OSError, ValueError, KeyError, csv.Error) as error:
        raise InputError(
            f"{path}: is no summary that dmenet wrote ({error}). Remove it, or choose another "
            "output"
        ) from error
    return rows
