"""Scenes with known answers, shared by the tests of both renderers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from dmenet.synthesis.blur import gaussian_kernel
from dmenet.synthesis.camera import ThinLensCamera

FOCUS_MM = 1000.0
LABELS_PX = (0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)
SPACING_PX = 80
"""Room for an impulse of sigma 7."""

Image = NDArray[np.float32]
Map = NDArray[np.float32]


@pytest.fixture(scope="session")
def camera() -> ThinLensCamera:
    """Focused at 1 m; sigma rises to 11 px at infinity."""
    return ThinLensCamera(
        focal_length_mm=50, f_number=1, focus_distance_mm=FOCUS_MM, image_width_px=600
    )


@pytest.fixture(scope="session")
def depth_of(camera: ThinLensCamera) -> Callable[[NDArray[np.floating]], Map]:
    """From signed sigma in px to the depth in mm that has it."""
    at_infinity = float(camera.signed_coc_px(np.inf)) / 4

    def depth_mm(signed_sigma_px: NDArray[np.floating]) -> Map:
        return (FOCUS_MM / (1 - np.asarray(signed_sigma_px) / at_infinity)).astype(np.float32)

    return depth_mm


@dataclass(frozen=True)
class SlantedPlane:
    """Impulses on a plane that passes through the focal plane.

    Those before the focal plane are red, those behind it green.
    """

    image: Image
    signed_sigma_px: Map
    columns: NDArray[np.intp]

    def std_over_label(self, rendered: Image) -> NDArray[np.float64]:
        """Per label, side (before, behind) and axis (along the slope, across it)."""
        ratios = np.empty((len(LABELS_PX), 2, 2))
        for index in range(len(LABELS_PX)):
            band = rendered[SPACING_PX * index : SPACING_PX * (index + 1)].astype(np.float64)
            for side in range(2):
                label = abs(float(self.signed_sigma_px[0, self.columns[index, side]]))
                for axis in range(2):
                    profile = band[..., side].sum(axis=axis)
                    place = np.arange(profile.size)
                    mean = (profile * place).sum() / profile.sum()
                    variance = (profile * (place - mean) ** 2).sum() / profile.sum()
                    ratios[index, side, axis] = np.sqrt(variance) / label
        return ratios


def _slanted_plane(width: int) -> SlantedPlane:
    across = np.linspace(-8.5, 8.5, width)
    height = SPACING_PX * len(LABELS_PX)
    image = np.zeros((height, width, 3), np.float32)
    columns = np.empty((len(LABELS_PX), 2), np.intp)
    for index, label in enumerate(LABELS_PX):
        for side, sign in enumerate((-1, 1)):
            columns[index, side] = np.abs(across - sign * label).argmin()
            image[SPACING_PX * index + SPACING_PX // 2, columns[index, side], side] = 1
    signed = np.tile(across, (height, 1)).astype(np.float32)
    return SlantedPlane(image, signed, columns)


@pytest.fixture(params=[600, 300], ids=["gentle", "steep"], scope="session")
def slanted_plane(request: pytest.FixtureRequest) -> SlantedPlane:
    """Sigma changes by 0.03 or 0.06 px per pixel."""
    return _slanted_plane(request.param)


@dataclass(frozen=True)
class TwoPlanes:
    """A textured disc before a textured wall, and the photograph by brute force."""

    sigmas_px: tuple[float, float]
    front: Image
    back: Image
    alpha: Map
    photograph: Image

    @property
    def sharp(self) -> Image:
        return np.where(self.alpha[..., None] > 0, self.front, self.back)

    @property
    def signed_sigma_px(self) -> Map:
        return np.where(self.alpha > 0, *self.sigmas_px).astype(np.float32)

    def rms(self, image: Image) -> float:
        """Root mean square difference to the truth, away from the borders, where that wraps."""
        inner = (image - self.photograph)[24:-24, 24:-24]
        return float(np.sqrt(np.square(inner).mean()))

    def gather(self) -> Image:
        """What one gets without layers: each pixel is the blur by its own sigma."""
        blurred = [
            np.stack([gaussian_filter(self.sharp[..., c], abs(s)) for c in range(3)], axis=-1)
            for s in self.sigmas_px
        ]
        return np.where(self.alpha[..., None] > 0, *blurred)


def _noise(rng: np.random.Generator, size: int, mean: float) -> Image:
    detail = gaussian_filter(rng.standard_normal((size, size, 3)), (1.2, 1.2, 0))
    coarse = gaussian_filter(rng.standard_normal((size, size, 3)), (5, 5, 0))
    both = detail / detail.std() + coarse / coarse.std()
    return np.clip(mean + 0.12 * both, 0, 1).astype(np.float32)


def _photograph(front: Image, back: Image, alpha: Map, sigmas: tuple[float, float]) -> Image:
    """The mean of pinhole views over the aperture.

    The aperture is a grid whose step shifts either plane by whole pixels, so that no view needs
    interpolation. Weights are the lens's Gaussian.
    """
    unit = min(abs(sigma) for sigma in sigmas if sigma)
    steps = [round(sigma / unit) for sigma in sigmas]
    kernel = gaussian_kernel(unit)
    radius = kernel.size // 2
    total = np.zeros_like(back)
    masked = np.dstack([front * alpha[..., None], alpha])
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            near = np.roll(masked, (dy * steps[0], dx * steps[0]), axis=(0, 1))
            far = np.roll(back, (dy * steps[1], dx * steps[1]), axis=(0, 1))
            view = near[..., :3] + (1 - near[..., 3:]) * far
            total += np.float32(kernel[dy + radius] * kernel[dx + radius]) * view
    return total


@pytest.fixture(
    params=[(-4.0, 0.0), (0.0, 4.0), (-4.0, -2.0), (2.0, 4.0)],
    ids=["blurred before sharp", "sharp before blurred", "both before focus", "both behind focus"],
    scope="session",
)
def two_planes(request: pytest.FixtureRequest) -> TwoPlanes:
    """Signed sigmas of the front and of the back differ from case to case."""
    rng = np.random.default_rng(5)
    return _two_planes(_noise(rng, 128, 0.7), _noise(rng, 128, 0.3), request.param)


@pytest.fixture(params=[(-4.0, 0.0), (0.0, 4.0)], ids=["front blurred", "back blurred"])
def two_flat_planes(request: pytest.FixtureRequest) -> TwoPlanes:
    """Of one colour each, so that what is hidden needs no guess."""
    red, blue = np.zeros((2, 128, 128, 3), np.float32)
    red[..., 0] = blue[..., 2] = 1
    return _two_planes(red, blue, request.param)


def _two_planes(front: Image, back: Image, sigmas_px: tuple[float, float]) -> TwoPlanes:
    size = front.shape[0]
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    alpha = (np.hypot(rows, columns) < 26).astype(np.float32)
    photograph = _photograph(front, back, alpha, sigmas_px)
    return TwoPlanes(sigmas_px, front, back, alpha, photograph)
