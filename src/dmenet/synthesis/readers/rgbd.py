"""What every reader gives: a sharp photograph with the depth of each pixel."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class RGBD:
    """A sharp photograph with depth.

    Attributes:
        name: of the scene in its data set, fit for a file name.
        image: H x W x 3 in [0, 1].
        depth_mm: H x W, over 0 everywhere; where not ``known``, a guess.
        known: H x W, False where the depth was unknown and has been filled.
        focal_length_px: of the camera that took it, in px of this image; None where unknown.
    """

    name: str
    image: NDArray[np.float32]
    depth_mm: NDArray[np.float64]
    known: NDArray[np.bool_]
    focal_length_px: float | None = None
