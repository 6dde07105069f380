"""Pictures of sigma maps for people to look at.

They are drawn by OpenCV and Pillow: importing Matplotlib takes as long as estimating a photograph.
"""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from dmenet.files import replacing
from dmenet.images.encoding import encode_png
from dmenet.sample import Image, Map

COLORMAP = "inferno"
"""Perceptually uniform: equal steps of sigma look equal; more blur is brighter."""

_COLOURS = cv2.applyColorMap(np.arange(256, dtype=np.uint8)[:, np.newaxis], cv2.COLORMAP_INFERNO)[
    :, 0, ::-1
]

LONGEST_SIDE = 1200
"""Of a panel, in px; larger photographs are reduced to it."""

LEAST_SIDE = 400
"""Smaller photographs are enlarged by a whole factor, so that their longest side reaches it."""

LABEL = "blur σ (px)"

SHOWN_QUANTILE = 0.99
LEAST_BOUND_PX = 0.1
_STEPS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0)
_TICK_STEPS = (1.0, 2.0, 5.0, 10.0)
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
    decade = 10.0 ** np.floor(np.log10(bound / most))
    steps = [s * decade for s in _TICK_STEPS if s * decade <= bound]
    step = next((s for s in steps if s * most >= bound * (1 - 1e-6)), steps[-1])
    inner = step * np.arange(most + 1)
    return [*(float(tick) for tick in inner if tick <= (1 - 0.6 / most) * bound), bound]


def colourise(values: Map, maximum: float) -> NDArray[np.uint8]:
    """Colours of ``COLORMAP``, H x W x 3, for values clipped to [0, ``maximum``], H x W."""
    places = (np.clip(values / maximum, 0, 1) * 256).astype(np.intp)
    return np.asarray(_COLOURS[np.minimum(places, 255)])


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
    return encode_png(canvas)


@lru_cache(maxsize=16)
def _scale(bound: float, goes_on: bool, width: int, font: int) -> NDArray[np.uint8]:
    """The colours from 0 to ``bound``, with their sigmas: 5 ``font`` x ``width`` x 3 px."""
    picture = PillowImage.new("RGB", (width, 5 * font), "white")
    draw = ImageDraw.Draw(picture)
    left, right, top, bottom = 2 * font, width - 2 * font, font // 2, font // 2 + font
    colours = colourise(np.linspace(0, bound, right - left, dtype=np.float32), bound)
    bar = np.broadcast_to(colours, (bottom - top, *colours.shape))
    picture.paste(PillowImage.fromarray(np.ascontiguousarray(bar)), (left, top))
    draw.rectangle((left, top, right - 1, bottom - 1), outline="black")
    if goes_on:
        tip = [(right, top), (right + font, (top + bottom - 1) / 2), (right, bottom - 1)]
        draw.polygon(tip, fill=tuple(colours[-1].tolist()), outline="black")
    face = ImageFont.truetype(_font_file(), font)
    most = max(2, min(7, width // (5 * font)))
    for tick in ticks(bound, most):
        place = left + tick / bound * (right - left - 1)
        draw.line((place, bottom, place, bottom + font / 4), fill="black")
        draw.text((place, bottom + 0.4 * font), f"{tick:g}", "black", face, anchor="ma")
    draw.text(((left + right) / 2, bottom + 1.8 * font), LABEL, "black", face, anchor="ma")
    return np.asarray(picture)


def _font_file() -> str:
    """Matplotlib's font, which has Greek letters; Matplotlib is not imported."""
    found = find_spec("matplotlib")
    assert found is not None
    assert found.origin is not None
    return str(Path(found.origin).parent / "mpl-data/fonts/ttf/DejaVuSans.ttf")


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
