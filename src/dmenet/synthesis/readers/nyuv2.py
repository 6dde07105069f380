"""NYU Depth v2, the labelled set: indoor photographs with depth of a Kinect, holes filled."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from dmenet.errors import InputError
from dmenet.images.reading import read_image
from dmenet.ranges import Positive, Whole
from dmenet.synthesis.readers.checks import check_direction, check_same_size, check_unit
from dmenet.synthesis.readers.depth_files import read_values
from dmenet.synthesis.readers.mending import Holes, check_known, dequantised, fill_depth_from_behind
from dmenet.synthesis.readers.pairs import Meaning
from dmenet.synthesis.readers.reader import RGBD, SceneReader, matched

FOCAL_LENGTH_PX = 518.858
"""Of the colour camera, at 640 x 480, from the data set's toolbox."""

BORDER_PX = 16
"""Images have a white border of 6 to 8 px, and depths next to it are extrapolated."""


@dataclass
class NYUv2(SceneReader):
    """The labelled set as image files, with depths in 8-bit files.

    Args:
        folder: with ``image`` and ``depth``, files of the same names in both.
        mm_per_unit: what a value of 1 means; 1000 / 25.5 where 10 m are stored as 255.
        crop_px: cut off at each side.
        dequantise: whether the steps of 8 bits become slopes, each value within its rounding.
        holes: whether unknown depths are an error or filled from behind.
        check_direction: whether to refuse maps that look upside down, as copies of the data may be.

    Raises:
        InputError: a folder is missing, or an image has no depth.

    Source: Silberman et al. 2012.
    """

    folder: str | Path
    mm_per_unit: Positive = 1000 / 25.5
    crop_px: Whole = BORDER_PX
    dequantise: bool = True
    holes: Holes = "error"
    check_direction: bool = True

    def __post_init__(self) -> None:
        files = matched(Path(self.folder) / "image", Path(self.folder) / "depth", (".png",))
        self.names, self._files = list(files), list(files.values())

    def read(self, index: int) -> RGBD:
        """Read a scene; see ``SceneReader``."""
        image_path, path = self._files[index]
        image, values = read_image(image_path), read_values(path)
        check_same_size(image, values, image_path, path)
        image, values = cropped(image, self.crop_px, path), cropped(values, self.crop_px, path)
        known = values > 0
        check_known(known, self.holes, path)
        filled = fill_depth_from_behind(values, known)
        depth_mm = (dequantised(filled, 1.0) if self.dequantise else filled) * self.mm_per_unit
        check_unit(depth_mm, path)
        if self.check_direction:
            check_direction(depth_mm, path, "Expected depths, larger where farther; invert it")
        return RGBD(self.names[index], image, depth_mm, known, FOCAL_LENGTH_PX, values)


@dataclass
class NYUv2Mat(SceneReader):
    """The labelled set as published: ``nyu_depth_v2_labeled.mat``, an HDF5 file.

    Args:
        file: the file; scenes are read when they are accessed.
        crop_px: cut off at each side.
        holes: whether unknown depths are an error or filled from behind.

    Raises:
        InputError: there is no such file, or it lacks ``images`` or ``depths``.

    Source: Silberman et al. 2012. MATLAB's arrays come out of HDF5 with their axes in reverse.
    """

    file: str | Path
    crop_px: Whole = BORDER_PX
    holes: Holes = "error"

    def __post_init__(self) -> None:
        self._path = Path(self.file)
        expected = "nyu_depth_v2_labeled.mat with images (N x 3 x W x H) and depths (N x W x H)"
        if not self._path.is_file():
            raise InputError(f"{self._path}: no such file. Expected {expected}; check the path")
        try:
            with h5py.File(self._path) as data:
                images, depths = data["images"].shape, data["depths"].shape
                pixel = data["images"].dtype
        except (OSError, KeyError, AttributeError) as error:
            raise InputError(
                f"{self._path}: cannot be read: {error}. Expected {expected}; copy it again"
            ) from error
        if (
            len(images) != 4
            or images[1] != 3
            or depths != (images[0], *images[2:])
            or pixel != np.uint8
        ):
            raise InputError(
                f"{self._path}: images of {pixel} with shape {images}, depths with shape {depths}. "
                f"Expected {expected}, images of 8 bits"
            )
        self.names = [f"{number:04d}" for number in range(images[0])]

    def read(self, index: int) -> RGBD:
        """Read a scene; see ``SceneReader``."""
        # Opened each time: a file that is kept open cannot be shared with worker processes.
        try:
            with h5py.File(self._path) as data:
                pixels = np.asarray(data["images"][index]).transpose(2, 1, 0)
                metres = np.asarray(data["depths"][index], np.float64).T
        except OSError as error:
            raise InputError(
                f"{self._path}: image {index} is damaged ({error}); copy the file again"
            ) from error
        pixels = cropped(pixels, self.crop_px, self._path)
        image = pixels.astype(np.float32, order="C") / np.float32(255)
        metres = cropped(metres, self.crop_px, self._path)
        meaning = Meaning(mm_per_unit=1000.0, holes=self.holes, check_direction=False)
        depths = meaning.depth_mm(metres, self._path)
        return RGBD(self.names[index], image, *depths, FOCAL_LENGTH_PX)


def cropped(array: NDArray[Any], border_px: int, path: Path) -> NDArray[Any]:
    """Cut a border off.

    Args:
        array: H x W or H x W x C.
        border_px: width of the border, at least 0.
        path: of the file.

    Raises:
        InputError: nothing would be left.
    """
    height, width = array.shape[:2]
    if not 0 <= 2 * border_px < min(height, width):
        raise InputError(
            f"{path}: a border of {border_px} px leaves nothing of {width} x {height} px; give a "
            "smaller crop_px"
        )
    return array[border_px : height - border_px, border_px : width - border_px]
