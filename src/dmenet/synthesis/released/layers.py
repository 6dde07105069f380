"""The released generator's circles of confusion, and the layers that it cuts depths into."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dmenet.synthesis.rendering.camera import ThinLensCamera

MAX_COC_PX = 29
"""The f-number is chosen for this CoC, and kernels are cut to so many px."""

NEAREST_FOCAL_LENGTHS = 5.0
EPSILON_MM = 1e-4


@dataclass(frozen=True)
class Layers:
    """A depth map cut into layers of one CoC, far to near.

    Attributes:
        depths_mm: L, the farthest depth of each layer, descending.
        cocs_px: L, multiples of 0.1 px.
        index: H x W, the layer of each pixel.
    """

    depths_mm: NDArray[np.float64]
    cocs_px: NDArray[np.float64]
    index: NDArray[np.int32]


def push_back(depth_mm: NDArray[np.floating], focal_length_mm: float) -> NDArray[np.float64]:
    """Move a scene that is nearer than 5 f away, so that its nearest point is at 5 f.

    Args:
        depth_mm: H x W, finite.
        focal_length_mm: f, over 0.
    """
    depth = np.asarray(depth_mm, np.float64)
    return depth + max(0.0, NEAREST_FOCAL_LENGTHS * focal_length_mm - float(depth.min()))


def released_coc_px(depth_mm: NDArray[np.float64], camera: ThinLensCamera) -> NDArray[np.float64]:
    """CoC as the released generator has it: with its guards against 0, rounded to 0.1 px.

    Args:
        depth_mm: any shape, over 0, finite.
        camera: the thin lens.

    Returns:
        Diameters in px, same shape, at least 0.
    """
    focal, focus = camera.focal_length_mm, camera.focus_distance_mm
    magnification = focal * focus / (focus - focal + EPSILON_MM) / focus
    aperture_mm = focal / camera.f_number
    coc_mm = aperture_mm * np.abs(depth_mm - focus) / (depth_mm + EPSILON_MM) * magnification
    coc_px = coc_mm * camera.image_width_px / camera.sensor_width_mm
    return np.asarray(np.round(coc_px * 10) / 10)


def cut_layers(depth_mm: NDArray[np.float64], camera: ThinLensCamera) -> Layers:
    """The distinct depths from far to near; neighbours of equal CoC are one layer.

    Args:
        depth_mm: H x W, over 0, finite.
        camera: the thin lens.
    """
    ascending, place = np.unique(depth_mm, return_inverse=True)
    depths = ascending[::-1]
    cocs = released_coc_px(depths, camera)
    starts = np.concatenate([[True], cocs[1:] != cocs[:-1]])
    layer_of_depth = (np.cumsum(starts) - 1).astype(np.int32)
    index = layer_of_depth[::-1][place].reshape(depth_mm.shape)
    return Layers(depths[starts], cocs[starts], index)
