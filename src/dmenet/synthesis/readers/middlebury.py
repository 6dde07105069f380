"""Middlebury stereo of 2003, 2005, 2006 (8-bit disparities) and 2014, 2021 (PFM, calibrated).

The motorcycle of 2014 comes with scikit-image.
"""

import logging
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, minimum_filter
from skimage.data import stereo_motorcycle

from dmenet.errors import InputError
from dmenet.files import folders_below
from dmenet.images.reading import read_image
from dmenet.synthesis.readers.checks import check_same_size, check_unit
from dmenet.synthesis.readers.depth_files import read_values
from dmenet.synthesis.readers.mending import Holes, check_known, dequantised, fill_from_behind
from dmenet.synthesis.readers.reader import RGBD, SceneReader, check_folder

log = logging.getLogger(__name__)

LAYOUTS = {
    ("im0.png", "disp0.pfm"): None,
    ("im0.png", "disp0GT.pfm"): None,
    ("view1.png", "disp1.png"): 1110,
    ("im2.png", "disp2.png"): 1500,
}
"""Image and map of each year, and the height of the full size where the map is of 8 bits."""

FOCAL_LENGTH_PX = 3740.0
BASELINE_MM = 160.0
"""Of 2005 and 2006 at full size."""

_DISPARITY_STEP_PX = 1.0


@dataclass(frozen=True)
class _Stereo:
    """Depth is ``focal_length_px * baseline_mm / (value + offset_px)``.

    ``focal_length_px`` and ``offset_px`` are in px of the map's values.
    """

    focal_length_px: float
    baseline_mm: float
    offset_px: float


@dataclass
class Middlebury(SceneReader):
    """Scenes of the Middlebury stereo data, of any year and size, each in a folder of its own.

    The 8-bit maps of 2003, 2005 and 2006 hold disparities in px of the full size, whatever the size
    of the image. Two values that are not published are assumed: the offset of disparities where
    there is no ``dmin.txt`` (2003, 2006, some copies), and for 2003 the camera of 2005.

    Args:
        folder: searched with all its subfolders.
        offset_px: assumed where ``dmin.txt`` is missing; in the files there are, 200 to 230.
        holes: whether unknown disparities are filled from the farther surface beside them.
        dequantise: whether the steps of 8-bit maps become slopes, each value within its rounding.

    Raises:
        InputError: there is no such folder, or no scene in it.

    Source: Scharstein and Szeliski 2003; Scharstein and Pal 2007; Hirschmüller and Scharstein 2007;
    Scharstein et al. 2014; https://vision.middlebury.edu/stereo/data.
    """

    folder: str | Path
    offset_px: float = 200.0
    holes: Holes = "fill"
    dequantise: bool = True

    def __post_init__(self) -> None:
        root = Path(self.folder)
        check_folder(root, "Middlebury scenes")
        folders = folders_below(root)
        found = {path: layout for path in folders if (layout := _layout(path)) is not None}
        if not found:
            pairs = ", ".join(f"{image} with {map_}" for image, map_ in LAYOUTS)
            raise InputError(f"{root}: no Middlebury scene in it. Expected folders with {pairs}")
        self._scenes = list(found.items())
        self.names = [
            "_".join(path.relative_to(root).parts) or path.resolve().name for path in found
        ]
        assumed = [
            path.name
            for path, layout in self._scenes
            if LAYOUTS[layout] and not (path / "dmin.txt").is_file()
        ]
        if assumed:
            log.info(
                "%d of %d Middlebury scenes have no dmin.txt: a disparity offset of %g px is "
                "assumed, up to which their depths are right",
                len(assumed), len(self._scenes), self.offset_px,
            )  # fmt: skip

    def read(self, index: int) -> RGBD:
        """Read a scene; see ``SceneReader``."""
        folder, layout = self._scenes[index]
        image_path, path = (folder / name for name in layout)
        image, values = read_image(image_path), read_values(path, pfm_scale=False)
        check_same_size(image, values, image_path, path)
        full_height = LAYOUTS[layout]
        known = np.isfinite(values) if full_height is None else values > 0
        check_known(known, self.holes, path)
        disparity = fill_from_behind(values.astype(np.float32), known).astype(np.float64)
        if full_height is None:
            stereo = read_calibration(folder / "calib.txt")
            focal_length_px = stereo.focal_length_px
        else:
            if self.dequantise:
                disparity = dequantised(disparity, _DISPARITY_STEP_PX)
            stereo = _Stereo(FOCAL_LENGTH_PX, BASELINE_MM, self._offset(folder))
            focal_length_px = FOCAL_LENGTH_PX / round(full_height / values.shape[0])
        depth_mm = _depth_mm(disparity, stereo, path)
        check_unit(depth_mm, path)
        return RGBD(self.names[index], image, depth_mm, known, focal_length_px, values)

    def _offset(self, folder: Path) -> float:
        path = folder / "dmin.txt"
        if not path.is_file():
            return self.offset_px
        try:
            return _finite(path.read_text("utf-8"))
        except ValueError as error:
            raise InputError(
                f"{path}: expected one number, the disparity offset in px of the full size; copy "
                "it again"
            ) from error


def read_calibration(path: Path) -> _Stereo:
    """Read focal length, baseline and offset of the principal points from a ``calib.txt``.

    Args:
        path: lines ``cam0=[f 0 cx; 0 f cy; 0 0 1]``, ``baseline=`` in mm, ``doffs=`` in px.

    Raises:
        InputError: the file is missing, or lacks one of them.
    """
    expected = "lines cam0=[f 0 cx; ...], baseline=... and doffs=..."
    if not path.is_file():
        raise InputError(f"{path}: no such file. Expected {expected}; it belongs to disp0.pfm")
    values = {}
    for line in path.read_text("utf-8", errors="replace").splitlines():
        key, _, value = line.partition("=")
        values[key.strip()] = value.strip()
    try:
        focal = _finite(values["cam0"].strip("[ ").split()[0])
        stereo = _Stereo(focal, _finite(values["baseline"]), _finite(values["doffs"]))
    except (IndexError, KeyError, ValueError) as error:
        raise InputError(f"{path}: expected {expected}; copy it again") from error
    if min(stereo.focal_length_px, stereo.baseline_mm) <= 0:
        raise InputError(f"{path}: expected {expected}, focal length and baseline over 0")
    return stereo


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{number} is not finite")
    return number


def _layout(folder: Path) -> tuple[str, str] | None:
    return next(
        (layout for layout in LAYOUTS if all((folder / name).is_file() for name in layout)), None
    )


def _depth_mm(disparity: NDArray[np.float64], stereo: _Stereo, path: Path) -> NDArray[np.float64]:
    away = disparity + stereo.offset_px
    if not (away > 0).all():
        raise InputError(
            f"{path}: a disparity of {disparity.min():g} px with an offset of "
            f"{stereo.offset_px:g} px lies behind infinity; expected sums over 0, check the offset"
        )
    return stereo.focal_length_px * stereo.baseline_mm / away


MOTORCYCLE = _Stereo(focal_length_px=994.978, baseline_mm=193.001, offset_px=31.086)
MOTORCYCLE_WIDTH_PX = 741

MIXED_STEP_PX = 1.5
"""A disparity this far from both the least and the greatest around it is on neither surface."""


def load_motorcycle() -> RGBD:
    """The left photograph, 500 x 741, with depths of 2.1 to 5.1 m.

    Where the disparity is unknown, mostly where the right camera's view is blocked, the farther of
    the nearest known neighbours in the row is taken. The 0.6 % of the pixels whose disparity is a
    mix of two surfaces count as unknown.

    Source: Scharstein et al., High-resolution stereo datasets with subpixel-accurate ground truth,
    GCPR 2014; calibration from the docstring of ``skimage.data.stereo_motorcycle``; a point at
    infinity has the disparity of minus the offset of the principal points.
    """
    left, _, disparity = stereo_motorcycle()  # type: ignore[no-untyped-call]
    known = np.isfinite(disparity)
    known &= ~between_surfaces(disparity, known)
    filled = fill_from_behind(disparity, known)
    depth_mm = MOTORCYCLE.baseline_mm * MOTORCYCLE.focal_length_px / (filled + MOTORCYCLE.offset_px)
    image = left.astype(np.float32) / 255
    return RGBD("motorcycle", image, depth_mm.astype(np.float32), known, MOTORCYCLE.focal_length_px)


def between_surfaces(disparity: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find pixels at edges whose disparity was averaged over two surfaces by downscaling.

    There is nothing at that depth; left in, they are sharp specks where it is in focus.

    Args:
        disparity: H x W in px.
        known: H x W.
    """
    least = minimum_filter(np.where(known, disparity, np.inf), size=3)
    greatest = maximum_filter(np.where(known, disparity, -np.inf), size=3)
    within = np.where(known, disparity, 0)
    nearest_end = np.minimum(greatest - within, within - least)
    mixed: NDArray[np.bool_] = known & (nearest_end > MIXED_STEP_PX)
    return mixed
