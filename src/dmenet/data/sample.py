"""What every data set yields."""

from typing import NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
"""H x W x 3, RGB, in [0, 1]."""

Map = NDArray[np.float32]
"""H x W."""


class Sample(TypedDict):
    """One image and what its data set knows about it."""

    name: str
    image: Image
    sigma_px: NotRequired[Map]
    """Gaussian sigma of the blur at each pixel, in px."""
    defocus: NotRequired[Map]
    """The same as a map value in [0, 1], in the data set's unit."""
    mask: NotRequired[Map]
    """1 where blurred, 0 where sharp."""
