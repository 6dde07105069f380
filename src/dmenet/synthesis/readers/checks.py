"""Refusing depth maps that do not fit their image or whose unit or direction must be wrong."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dmenet.errors import InputError
from dmenet.synthesis.readers.direction import UPSIDE_DOWN, evidence_of_disparity

NEAREST_MM = 100.0
"""The longest lens that cameras are drawn with, of 85 mm, focuses no nearer."""

TOO_NEAR_MM = 50.0
"""A whole scene within this of the lens is no photograph."""

TOO_FAR_MM = 200e3
"""Nothing of a scene whose nearest point is so far gets blurred by any lens."""

USUAL_MM = 3000.0
UNIT_FACTORS = (1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3, 1e4)


def check_same_size(
    image: NDArray[np.float32], values: NDArray[np.float64], image_path: Path, path: Path
) -> None:
    """Refuse a map of another size than its image.

    Args:
        image: H x W x 3.
        values: H x W.
        image_path: of the image.
        path: of the map.

    Raises:
        InputError: naming both files and sizes.
    """
    if image.shape[:2] == values.shape:
        return
    (height, width), (map_height, map_width) = image.shape[:2], values.shape
    turned = (height, width) == (map_width, map_height)
    remedy = "turn one by 90 degrees" if turned else "resize one, or is it another's map?"
    raise InputError(
        f"{image_path} has {width} x {height} px but {path} has {map_width} x {map_height}: "
        f"expected two of one size; {remedy}"
    )


def check_unit(depth_mm: NDArray[np.float64], path: Path) -> None:
    """Refuse depths that no camera takes, which are signs of a wrong unit.

    Args:
        depth_mm: H x W, over 0.
        path: of the map.

    Raises:
        InputError: naming the file, the depths, and the factor that would make them usual.
    """
    nearest, median, farthest = (float(q) for q in np.quantile(depth_mm, (0, 0.5, 1)))
    if NEAREST_MM <= nearest <= TOO_FAR_MM:
        return
    depths = f"{path}: depths from {nearest:.4g} to {farthest:.4g} mm"
    factor = min(UNIT_FACTORS, key=lambda f: abs(np.log(f * median / USUAL_MM)))
    if farthest < TOO_NEAR_MM:
        look = "look like metres, or another unit, given as millimetres"
    elif nearest > TOO_FAR_MM:
        look = "look like millimetres, or another unit, given as metres"
    elif NEAREST_MM <= nearest * factor:
        look = f"come nearer than the {NEAREST_MM:g} mm at which a lens can focus"
    else:
        share = float((depth_mm < NEAREST_MM).mean())
        raise InputError(
            f"{depths} come nearer than the {NEAREST_MM:g} mm at which a lens can focus, at "
            f"{share:.2%} of the pixels. Mark them as unknown (0) if they are errors, or check the "
            "unit"
        )
    raise InputError(
        f"{depths} {look}. With {factor:g} times as many millimetres per unit they would be "
        f"{nearest * factor / 1000:.3g} to {farthest * factor / 1000:.3g} m; check the unit"
    )


def check_direction(depth_mm: NDArray[np.float64], path: Path, remedy: str) -> None:
    """Refuse a map that is most likely upside down: disparity taken for depth, or the reverse.

    Args:
        depth_mm: H x W, over 0.
        path: of the map.
        remedy: what to do if it is.

    Raises:
        InputError: naming the file. In doubt, nothing is said.
    """
    if evidence_of_disparity(depth_mm) > UPSIDE_DOWN:
        raise InputError(
            f"{path}: looks upside down: what should be far lies at the bottom of the picture, and "
            f"planes do not look flat. {remedy}. If it is right, set check_direction to false"
        )
