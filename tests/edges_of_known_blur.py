"""Images of straight edges whose blur is known."""

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.special import erf

from dmenet.sample import Image


def step_edge(
    sigma_px: float, angle: float = 0.0, size: tuple[int, int] = (64, 72), contrast: float = 0.6
) -> Image:
    """A grey step edge through the middle pixel, blurred; the angle is that of its normal."""
    rows, columns = np.indices(size)
    distance = (columns - size[1] // 2) * np.cos(angle) + (rows - size[0] // 2) * np.sin(angle)
    step = 0.5 + contrast / 2 * erf(distance / (np.sqrt(2) * sigma_px))
    return np.repeat(step[..., None], 3, axis=2).astype(np.float32)


def textured(size: tuple[int, int], seed: int = 0) -> Image:
    """Coloured blobs with many edges, sharp on the left and blurred to the right."""
    rng = np.random.default_rng(seed)
    image = np.full((*size, 3), 0.5)
    rows, columns = np.indices(size)
    for _ in range(40):
        centre = rng.uniform(0, size, 2)
        radius = rng.uniform(0.04, 0.2) * max(size)
        inside = (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < radius**2
        image[inside] = rng.uniform(0, 1, 3)
    weight = (columns / max(1, size[1] - 1))[..., None]
    blurred = gaussian_filter(image, (2, 2, 0))
    sharp = gaussian_filter(image, (0.6, 0.6, 0))
    return (sharp + weight * (blurred - sharp)).astype(np.float32)
