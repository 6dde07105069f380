"""Scenes whose photograph is known by brute force, for the tests of both renderers and figures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d, gaussian_filter, map_coordinates

from dmenet.synthesis.rendering.apertures import gaussian_kernel
from dmenet.synthesis.rendering.camera import ThinLensCamera

FOCUS_MM = 1000.0
LABELS_PX = (0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)
SPACING_PX = 80
"""Room for an impulse of sigma 7."""

SIZE_PX = 128

CAMERA = ThinLensCamera(
    focal_length_mm=50, f_number=1, focus_distance_mm=FOCUS_MM, image_width_px=600
)
"""Focused at 1 m; sigma rises to 11 px at infinity."""

BLURS_PX = (
    (-4.0, 0.0),
    (0.0, 4.0),
    (-4.0, -2.0),
    (2.0, 4.0),
    (-3.0, 3.0),
    (-2.0, 3.0),
    (-3.0, 1.0),
)
"""Signed sigmas of the nearer and of the farther plane."""

Image = NDArray[np.float32]
Map = NDArray[np.float32]


def depth_mm(signed_sigma_px: NDArray[np.floating]) -> Map:
    """The depth at which ``CAMERA`` blurs so much."""
    return _depth_of_coc(4 * np.asarray(signed_sigma_px, np.float64)).astype(np.float32)


def released_depth_mm(signed_sigma_px: NDArray[np.floating]) -> NDArray[np.float64]:
    """The depth to which the released generator, whose sigma is (CoC - 1) / 4, gives this label.

    The pixel in the corner is put into focus: the generator focuses at a depth of the scene, and
    takes one with none in focus for one that lies wholly behind the focal plane.
    """
    sigma_px = np.array(signed_sigma_px, np.float64)
    sigma_px[0, 0] = 0
    return _depth_of_coc(np.sign(sigma_px) * (4 * np.abs(sigma_px) + 1))


def _depth_of_coc(signed_coc_px: NDArray[np.float64]) -> NDArray[np.float64]:
    return FOCUS_MM / (1 - signed_coc_px / float(CAMERA.signed_coc_px(np.inf)))


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


def slanted_plane(width: int) -> SlantedPlane:
    """Over so many px, sigma goes from -8.5 to 8.5."""
    return impulses_on(np.linspace(-8.5, 8.5, width))


def impulses_on(across: NDArray[np.float64]) -> SlantedPlane:
    """Impulses where a surface has the labels; ``across`` are its signed sigmas, left to right."""
    width = across.size
    height = SPACING_PX * len(LABELS_PX)
    image = np.zeros((height, width, 3), np.float32)
    columns = np.empty((len(LABELS_PX), 2), np.intp)
    for index, label in enumerate(LABELS_PX):
        for side, sign in enumerate((-1, 1)):
            columns[index, side] = np.abs(across - sign * label).argmin()
            image[SPACING_PX * index + SPACING_PX // 2, columns[index, side], side] = 1
    signed = np.tile(across, (height, 1)).astype(np.float32)
    return SlantedPlane(image, signed, columns)


@dataclass(frozen=True)
class TwoPlanes:
    """A plane before another, and the photograph by brute force."""

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


@dataclass(frozen=True)
class SlantedPhotograph:
    """A textured plane through the focal plane, and its photograph by brute force."""

    sharp: Image
    signed_sigma_px: Map
    photograph: Image

    def rms(self, image: Image) -> float:
        """Root mean square difference to the truth, away from the borders, where that ends."""
        inner = (image - self.photograph)[24:-24, 32:-32]
        return float(np.sqrt(np.square(inner).mean()))


def slanted_photograph(size: int = SIZE_PX + 1) -> SlantedPhotograph:
    """The mean of pinhole views over the aperture of a plane whose sigma goes from -5 to 5 px.

    A view from u standard deviations off the lens's middle shows the point of column x at
    x + s(x) u, where s, the signed sigma, is affine in x: which point a column shows is exact. The
    views along the columns add up to the Gaussian of the point's own sigma.
    """
    sharp = _noise(np.random.default_rng(7), size, 0.5)
    across = np.linspace(-5, 5, size)
    slope = across[1] - across[0]
    blurred = np.empty((size, size, 3))
    for column, sigma_px in enumerate(np.abs(across)):
        taps = gaussian_kernel(float(sigma_px))
        blurred[:, column] = correlate1d(sharp[:, column].astype(np.float64), taps, axis=0)
    offsets = np.arange(-4.5, 4.51, 0.05)
    weights = np.exp(-(offsets**2) / 2)
    total = np.zeros_like(blurred)
    for offset, weight in zip(offsets, weights / weights.sum(), strict=True):
        # Solved x = x0 + (across[0] + slope x0) offset for x0.
        shown = (np.arange(size) - across[0] * offset) / (1 + slope * offset)
        place = np.meshgrid(np.arange(size), shown, indexing="ij")
        for channel in range(3):
            view = map_coordinates(blurred[..., channel], place, order=3, mode="nearest")
            total[..., channel] += weight * view
    signed = np.tile(across, (size, 1)).astype(np.float32)
    return SlantedPhotograph(sharp, signed, total.astype(np.float32))


def _noise(rng: np.random.Generator, size: int, mean: float) -> Image:
    detail = gaussian_filter(rng.standard_normal((size, size, 3)), (1.2, 1.2, 0))
    coarse = gaussian_filter(rng.standard_normal((size, size, 3)), (5, 5, 0))
    both = detail / detail.std() + coarse / coarse.std()
    return np.clip(mean + 0.12 * both, 0, 1).astype(np.float32)


def _photograph(front: Image, back: Image, alpha: Map, sigmas: tuple[float, float]) -> Image:
    """The mean of pinhole views over the aperture, whose weights are the lens's Gaussian.

    From one view to the next the front, whose edge is hard, moves by a whole pixel, so that it
    needs no interpolation. The back moves by any part of one; it is smooth, and goes through its
    Fourier series. Both go on where they leave the image at the other side.
    """
    step = abs(sigmas[0] or sigmas[1])
    front_px, back_px = (sigma / step for sigma in sigmas)
    taps = gaussian_kernel(step)
    offsets = np.arange(taps.size) - taps.size // 2
    planes = back.transpose(2, 0, 1)
    masked = np.stack([*(front * alpha[..., None]).transpose(2, 0, 1), alpha])
    moved = [_shift(alpha.shape[0], back_px * offset) for offset in offsets]
    total = np.zeros_like(planes)
    for dy, down, tap_y in zip(offsets, moved, taps, strict=True):
        near_rows = np.roll(masked, int(dy * front_px), axis=1)
        far_rows = down @ planes
        for dx, right, tap_x in zip(offsets, moved, taps, strict=True):
            near = np.roll(near_rows, int(dx * front_px), axis=2)
            view = near[:3] + (1 - near[3]) * (far_rows @ right.T)
            total += float(tap_y * tap_x) * view
    return np.ascontiguousarray(total.transpose(1, 2, 0))


def _shift(size: int, by_px: float) -> NDArray[np.float32]:
    """The matrix that moves a periodic row of pixels along its Fourier series."""
    turns = np.exp(-2j * np.pi * np.fft.fftfreq(size) * by_px)
    moved = np.fft.ifft(np.fft.fft(np.eye(size), axis=0) * turns[:, None], axis=0)
    return np.asarray(moved.real, np.float32)


def disc() -> Map:
    """Alpha of a disc."""
    rows, columns = np.mgrid[:SIZE_PX, :SIZE_PX] - (SIZE_PX - 1) / 2
    return (np.hypot(rows, columns) < 26).astype(np.float32)


def twigs() -> Map:
    """Alpha of three bars, 2 to 4 px wide."""
    rows, columns = np.mgrid[:SIZE_PX, :SIZE_PX] - (SIZE_PX - 1) / 2
    bars = ((0.5, 0.0, 1.2), (1.9, 12.0, 2.2), (1.2, -22.0, 0.8))
    across = [np.abs(rows * np.cos(a) + columns * np.sin(a) - at) < half for a, at, half in bars]
    return np.logical_or.reduce(across).astype(np.float32)


def textured(alpha: Map, sigmas_px: tuple[float, float]) -> TwoPlanes:
    """Both planes have a random texture, so that what is hidden cannot be known."""
    rng = np.random.default_rng(5)
    return two_planes(_noise(rng, SIZE_PX, 0.7), _noise(rng, SIZE_PX, 0.3), alpha, sigmas_px)


def before_a_soft_wall(alpha: Map, sigmas_px: tuple[float, float]) -> TwoPlanes:
    """A wall whose colours change over some 8 px, so that what is hidden can be guessed."""
    rng = np.random.default_rng(6)
    soft = gaussian_filter(rng.standard_normal((SIZE_PX, SIZE_PX, 3)), (8, 8, 0), mode="wrap")
    wall = np.clip(0.35 + 0.15 * soft / soft.std(), 0, 1).astype(np.float32)
    return two_planes(_noise(np.random.default_rng(5), SIZE_PX, 0.7), wall, alpha, sigmas_px)


def before_a_plain_wall(alpha: Map, sigmas_px: tuple[float, float]) -> TwoPlanes:
    """Texture before a wall of one colour, so that what is hidden needs no guess."""
    wall = np.full((SIZE_PX, SIZE_PX, 3), (0.2, 0.3, 0.8), np.float32)
    return two_planes(_noise(np.random.default_rng(5), SIZE_PX, 0.7), wall, alpha, sigmas_px)


def two_planes(front: Image, back: Image, alpha: Map, sigmas_px: tuple[float, float]) -> TwoPlanes:
    """Two planes of which the front covers alpha."""
    photograph = _photograph(front, back, alpha, sigmas_px)
    return TwoPlanes(sigmas_px, front, back, alpha, photograph)
