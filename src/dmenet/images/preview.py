"""Pictures of sigma maps for people to look at."""

from functools import lru_cache
from io import BytesIO
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from dmenet.files import replacing
from dmenet.images.encoding import encode_png
from dmenet.sample import Image, Map

COLORMAP = "inferno"
"""Perceptually uniform: equal steps of sigma look equal; more blur is brighter."""

LONGEST_SIDE = 1200
"""Of a panel, in px; larger photographs are reduced to it."""

LEAST_SIDE = 400
"""Smaller photographs are enlarged by a whole factor, so that their longest side reaches it."""

LABEL = "blur σ (px)"

SHOWN_QUANTILE = 0.99
LEAST_BOUND_PX = 0.1
_STEPS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)

_DPI = 100
_BARS_PER_SIDE = 40
_LEAST_FONT_PX = 13


def upper_bound(sigma_px: Map) -> float:
    """The sigma in px that the brightest colour stands for: round, and over 99 % of a map.

    Args:
        sigma_px: any shape.
    """
    largest = max(float(np.quantile(sigma_px, SHOWN_QUANTILE)), LEAST_BOUND_PX)
    decade = 10.0 ** np.floor(np.log10(largest))
    # The tolerance keeps a float32 of 0.3 from asking for 0.5.
    return float(min(s * decade for s in _STEPS if s * decade >= largest * (1 - 1e-6)))


def ticks(bound: float, most: int) -> list[float]:
    """Round numbers from 0 to ``bound``, about ``most``; ``bound`` itself is the last."""
    inner = MaxNLocator(most, steps=[1, 2, 5, 10]).tick_values(0, bound)
    return [*(float(tick) for tick in inner if tick <= (1 - 0.6 / most) * bound), bound]


def colourise(values: Map, maximum: float) -> NDArray[np.uint8]:
    """Colours of ``COLORMAP``, H x W x 3, for values clipped to [0, ``maximum``], H x W."""
    shares = np.clip(values / maximum, 0, 1)
    colours: NDArray[np.uint8] = matplotlib.colormaps[COLORMAP](shares, bytes=True)
    return colours[..., :3]


def write_preview(
    path: Path, image: Image, sigma_px: Map, shown_up_to_px: float | None = None
) -> None:
    """Write ``preview`` as a PNG file."""
    with replacing(path) as temporary:
        temporary.write_bytes(preview(image, sigma_px, shown_up_to_px))


def preview(image: Image, sigma_px: Map, shown_up_to_px: float | None = None) -> bytes:
    """A photograph beside its sigma map, with the scale of the colours beneath the map.

    Args:
        image: H x W x 3, in [0, 1].
        sigma_px: H x W.
        shown_up_to_px: the sigma that the brightest colour stands for; larger ones look the same.
            None takes a round number that fits the map, see ``upper_bound``.

    Returns:
        A PNG file.
    """
    bound = upper_bound(sigma_px) if shown_up_to_px is None else shown_up_to_px
    photograph = np.rint(resized(image) * 255).astype(np.uint8)
    blur = colourise(resized(sigma_px), bound)
    height, width = blur.shape[:2]
    # A narrow panel is centred in a column that is wide enough for the scale.
    column = max(width, LEAST_SIDE)
    font = max(_LEAST_FONT_PX, round((column * height) ** 0.5 / _BARS_PER_SIDE))
    gap = font
    canvas = np.full((height + 5 * font, 2 * column + gap, 3), 255, np.uint8)
    for left, picture in ((0, photograph), (column + gap, blur)):
        left += (column - width) // 2
        canvas[:height, left : left + width] = picture
    canvas[height:, column + gap :] = _scale(bound, bool(sigma_px.max() > bound), column, font)
    return encode_png(canvas, compression=1)


@lru_cache(maxsize=16)
def _scale(bound: float, goes_on: bool, width: int, font: int) -> NDArray[np.uint8]:
    """The colours from 0 to ``bound``, with their sigmas: 5 ``font`` x ``width`` x 3 px."""
    # Matplotlib cuts fractions of px off, of which rounding may make a whole one.
    figure = Figure(figsize=((width + 0.5) / _DPI, (5 * font + 0.5) / _DPI), dpi=_DPI)
    margin = 2 * font
    bar = figure.add_axes((margin / width, 0.7, 1 - 2 * margin / width, 0.2))
    scale = figure.colorbar(
        ScalarMappable(Normalize(0, bound), COLORMAP),
        cax=bar,
        orientation="horizontal",
        extend="max" if goes_on else "neither",
        extendfrac=font / width,
    )
    points = font * 72 / _DPI
    most = max(2, min(7, width // (5 * font)))
    scale.set_ticks(ticks(bound, most), labels=[f"{tick:g}" for tick in ticks(bound, most)])
    scale.ax.tick_params(labelsize=points)
    scale.set_label(LABEL, fontsize=points)
    file = BytesIO()
    figure.savefig(file, format="raw")
    return np.frombuffer(file.getvalue(), np.uint8).reshape(5 * font, width, 4)[..., :3]


def resized(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """H x W or H x W x 3, brought to the size of a panel.

    Smaller by averages over areas, larger by repeated pixels, so that no detail appears that the
    picture does not have.
    """
    height, width = picture.shape[:2]
    longest = max(height, width)
    if longest < LEAST_SIDE:
        factor = -(-LEAST_SIDE // longest)
        return picture.repeat(factor, axis=0).repeat(factor, axis=1)
    scale = LONGEST_SIDE / longest
    if scale >= 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    reduced = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return reduced.astype(np.float32, copy=False)
