"""Textures, procedural and photographed, rich in detail so that their blur shows."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import scipy.fft
from annotated_types import MinLen
from numpy.typing import NDArray

from dmenet.errors import InputError
from dmenet.images import photographs
from dmenet.images.finding import find_photographs
from dmenet.images.reading import read_image
from dmenet.ranges import NotNegative

log = logging.getLogger(__name__)

Field = NDArray[np.float32]
"""H x W."""

EXPONENTS = (0.2, 0.8, 1.0, 1.25, 1.5, 2.0)
KINDS = {"photograph": 0.5, "noise": 0.25, "stripes": 0.1, "checks": 0.1, "smooth": 0.05}
LEAST_CONTRAST = 0.25
GAINS = (0.45, 1.3)
"""Faint textures teach that little contrast does not mean much blur."""

REDUCTIONS = (1.5, 2.0, 3.0)
"""Photographs are reduced, which leaves them sharp to the pixel."""

LONGEST_PX = 1536
"""Larger photographs are first reduced to this, at which most are sharp."""

KEPT_PHOTOGRAPHS = 32


@dataclass(frozen=True, kw_only=True)
class Textures:
    """Which textures there are.

    Args:
        kinds: relative frequency of each of ``photograph``, ``noise``, ``stripes``, ``checks`` and
            ``smooth``; one that is missing is not drawn.
        exponents: of the noise: amplitudes fall as 1 / frequency^exponent.
        photographs: a folder of sharp ones, with its subfolders; None for those that the
            installed packages carry.

    Raises:
        InputError: a kind is unknown, or nothing is left to draw.
    """

    kinds: Mapping[str, NotNegative]
    exponents: Annotated[Sequence[float], MinLen(1)]
    photographs: str | Path | None = None

    def __post_init__(self) -> None:
        if unknown := sorted(self.kinds.keys() - KINDS.keys()):
            raise InputError(f"textures: kinds has {unknown}, expected some of {list(KINDS)}")
        if not any(self.kinds.values()):
            raise InputError(
                f"textures: kinds is {dict(self.kinds)}, expected at least one that is over 0"
            )

    def paths(self) -> tuple[Path, ...]:
        """Files of the photographs."""
        if self.photographs is None:
            return tuple(photographs.paths(photographs.UNLABELLED))
        return _listed(Path(self.photographs).expanduser())


DEFAULT_TEXTURES = Textures(kinds=KINDS, exponents=EXPONENTS)


class Texturer:
    """Draws coloured textures of random kinds.

    Args:
        rng: all choices come from it.
        largest_px: size of the largest texture that is to be drawn.
        textures: what there is to draw.
    """

    def __init__(
        self, rng: np.random.Generator, largest_px: int, textures: Textures = DEFAULT_TEXTURES
    ) -> None:
        self._rng = rng
        self._kinds = list(textures.kinds)
        frequencies = np.array(list(textures.kinds.values()), np.float64)
        self._shares = frequencies / frequencies.sum()
        self._photographs = textures.paths()
        # A few large fields of which each texture takes a part: much faster than one for each.
        self._noises = [power_law_noise(rng, largest_px, power) for power in textures.exponents]

    def draw(self, rows: Field, columns: Field) -> NDArray[np.float32]:
        """A texture, shaded a little from one side to the other.

        Args:
            rows: of each pixel in px, H x W.
            columns: of each pixel in px, H x W.

        Returns:
            H x W x 3 in [0, 1].
        """
        rng = self._rng
        kind = rng.choice(self._kinds, p=self._shares)
        if kind == "photograph":
            colour = photograph(rng, rows.shape, self._photographs)
        else:
            colour = self._two_colours(kind, rows, columns)
        angle = rng.uniform(0, 2 * np.pi)
        along = _along(rows, columns, angle)
        shade = 1 - rng.uniform(0, 0.5) * (along - along.min()) / max(float(np.ptp(along)), 1.0)
        return np.asarray(colour * shade[..., np.newaxis], dtype=np.float32)

    def _two_colours(self, kind: str, rows: Field, columns: Field) -> NDArray[np.float64]:
        rng = self._rng
        mix = self._noise(rows.shape)
        if kind in ("stripes", "checks"):
            pattern = stripes if kind == "stripes" else checks
            mix = 0.75 * pattern(rng, rows, columns) + 0.25 * mix
        elif kind == "smooth":
            mix = 0.04 * mix
        first, second = _contrasting_colours(rng)
        return first + (second - first) * mix[..., np.newaxis]

    def _noise(self, shape: tuple[int, ...]) -> Field:
        noise = self._noises[self._rng.integers(len(self._noises))]
        if self._rng.random() < 0.5:
            noise = noise.T
        top = self._rng.integers(noise.shape[0] - shape[0] + 1)
        left = self._rng.integers(noise.shape[1] - shape[1] + 1)
        return noise[top : top + shape[0], left : left + shape[1]]


@lru_cache(maxsize=1)
def _listed(folder: Path) -> tuple[Path, ...]:
    """The photographs in a folder and its subfolders; what else is in it is told once."""
    found = find_photographs([folder], recursive=True)
    for line in found.skipped_in_words():
        log.info("%s: %s", folder, line)
    return tuple(each.path for each in found.photographs)


@lru_cache(maxsize=KEPT_PHOTOGRAPHS)
def _sharp(path: Path, by: float) -> NDArray[np.float32]:
    image = read_image(path)
    by *= max(1.0, max(image.shape) / LONGEST_PX)
    size = max(1, round(image.shape[1] / by)), max(1, round(image.shape[0] / by))
    reduced = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(reduced, np.float32)


def photograph(
    rng: np.random.Generator, shape: tuple[int, ...], paths: Sequence[Path]
) -> NDArray[np.float64]:
    """A part of a photograph, mirrored where it ends, in other colours and with other contrast.

    Args:
        rng: decides on the photograph, the part and its looks.
        shape: height and width in px.
        paths: of photographs.

    Returns:
        H x W x 3 in [0, 1].
    """
    which, by = divmod(int(rng.integers(len(paths) * len(REDUCTIONS))), len(REDUCTIONS))
    whole = _sharp(paths[which], REDUCTIONS[by])[..., rng.permutation(3)]
    places = []
    for length, size in zip(shape, whole.shape, strict=False):
        place = (rng.integers(2 * size) + np.arange(length)) % (2 * size)
        places.append(np.minimum(place, 2 * size - 1 - place))
    part = whole[np.ix_(*places)]
    if rng.random() < 0.5:
        part = 1 - part
    gain = np.exp(rng.uniform(*np.log(GAINS))) * rng.uniform(0.8, 1.25, 3)
    middle = part.mean(axis=(0, 1))
    colour: NDArray[np.float64] = np.clip(middle + gain * (part - middle), 0, 1)
    return colour


def power_law_noise(rng: np.random.Generator, size_px: int, exponent: float) -> Field:
    """Noise whose amplitude falls with frequency as 1 / f^exponent; photographs have about 1.

    Args:
        rng: where the noise comes from.
        size_px: height and width; the field is periodic.
        exponent: 0 is white, 2 is clouds.

    Returns:
        ``size_px`` x ``size_px`` in [0, 1].

    Source: Field, Relations between the statistics of natural images and the response properties
    of cortical cells, JOSA A 1987.
    """
    # SciPy's transform is the faster one, and its values are NumPy's; not so with the inverse.
    white = scipy.fft.rfft2(rng.standard_normal((size_px, size_px)))
    noise = np.fft.irfft2(white / _falling(size_px, exponent), s=(size_px, size_px))
    # Two standard deviations either way fill the range; one value in twenty is clipped.
    field: Field = np.clip(0.5 + 0.25 * noise / noise.std(), 0, 1).astype(np.float32)
    return field


@lru_cache(maxsize=len(EXPONENTS))
def _falling(size_px: int, exponent: float) -> NDArray[np.float64]:
    """What the spectrum of white noise is divided by: frequency^exponent, and no mean is left."""
    frequency = np.hypot(np.fft.fftfreq(size_px)[:, None], np.fft.rfftfreq(size_px)[None, :])
    frequency[0, 0] = np.inf
    return np.asarray(frequency**exponent)


def stripes(rng: np.random.Generator, rows: Field, columns: Field) -> Field:
    """Parallel stripes, antialiased, of random direction, period (4 to 24 px) and duty.

    Args:
        rng: decides on the stripes.
        rows: of each pixel in px, H x W.
        columns: of each pixel in px, H x W.

    Returns:
        H x W in [0, 1].
    """
    along = _along(rows, columns, rng.uniform(0, np.pi))
    period_px = np.exp(rng.uniform(np.log(4), np.log(24)))
    middle_px = _middle_px(along, period_px, rng.random())
    half_width_px = rng.uniform(0.3, 0.7) * period_px / 2
    field: Field = np.clip(half_width_px - middle_px + 0.5, 0, 1).astype(np.float32)
    return field


def checks(rng: np.random.Generator, rows: Field, columns: Field) -> Field:
    """A checkerboard, antialiased, of random direction and size (3 to 16 px); as ``stripes``."""
    angle = rng.uniform(0, np.pi / 2)
    size_px = np.exp(rng.uniform(np.log(3), np.log(16)))
    product = np.ones(rows.shape)
    for turned in (angle, angle + np.pi / 2):
        # Signed distance in px to the nearest border between two checks.
        border_px = size_px / 2 - _middle_px(_along(rows, columns, turned), 2 * size_px, 0)
        product *= np.clip(2 * border_px, -1, 1)
    return (0.5 + 0.5 * product).astype(np.float32)


def _along(rows: Field, columns: Field, angle: float) -> Field:
    """Distance in px along a direction, from the columns towards the rows."""
    return np.asarray(rows * np.sin(angle) + columns * np.cos(angle))


def _middle_px(along: Field, period_px: float, phase: float) -> Field:
    """Distance in px to the nearest middle of a period."""
    return np.asarray(np.abs((along / period_px + phase) % 1 - 0.5) * period_px)


def _contrasting_colours(
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two colours, from grey to saturated, whose brightness differs visibly."""
    contrast = rng.uniform(LEAST_CONTRAST, 0.9)
    darker = rng.uniform(0, 1 - contrast)
    greys = np.array([[darker], [darker + contrast]])
    tints = rng.uniform(-0.5, 0.5, (2, 3)) * rng.random((2, 1))
    colours = np.clip(greys + tints, 0, 1)
    first = int(rng.integers(2))
    return colours[first], colours[1 - first]
