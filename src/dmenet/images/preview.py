"""Pictures of sigma maps for people to look at."""

from pathlib import Path

import cv2
import matplotlib
import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from dmenet.files import replacing
from dmenet.sample import Map
from dmenet.units import MAX_SIGMA_PX

COLORMAP = "inferno"
"""Perceptually uniform: equal steps of sigma look equal; more blur is brighter."""

LONGEST_SIDE = 2048
"""In px; larger maps are reduced to it."""

LABEL = "blur σ (px)"

_SMALLEST_FONT = 13
_FONTS_PER_PICTURE = 40
_FONTS_PER_STRIP = 16

# Pillow's own font has no σ.
_FONT_FILE = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


def colourise(values: Map, maximum: float) -> NDArray[np.uint8]:
    """Colours of ``COLORMAP``, H x W x 3, for values clipped to [0, ``maximum``], H x W."""
    shares = np.clip(values / maximum, 0, 1)
    colours: NDArray[np.uint8] = matplotlib.colormaps[COLORMAP](shares, bytes=True)
    return colours[..., :3]


def write_preview(path: Path, sigma_px: Map, maximum_px: float = MAX_SIGMA_PX) -> None:
    """Write a coloured picture of a sigma map, with a scale bar beneath it.

    The map is reduced to ``LONGEST_SIDE``, never enlarged; a narrow one is centred on a canvas wide
    enough for the scale.

    Args:
        path: of the PNG file.
        sigma_px: H x W, any size.
        maximum_px: the sigma that the brightest colour stands for; larger ones look the same.
    """
    picture = PillowImage.fromarray(colourise(_reduced(sigma_px), maximum_px))
    font_px = max(
        _SMALLEST_FONT, round((picture.width * picture.height) ** 0.5 / _FONTS_PER_PICTURE)
    )
    width = max(picture.width, _FONTS_PER_STRIP * font_px)
    strip = _scale_bar(width, font_px, maximum_px)
    canvas = PillowImage.new("RGB", (width, picture.height + strip.height), "white")
    canvas.paste(picture, ((width - picture.width) // 2, 0))
    canvas.paste(strip, (0, picture.height))
    with replacing(path) as temporary:
        canvas.save(temporary, format="PNG")


def _reduced(sigma_px: Map) -> Map:
    """Averages over areas, so that no detail appears that the map does not have."""
    height, width = sigma_px.shape
    scale = LONGEST_SIDE / max(height, width)
    if scale >= 1:
        return sigma_px
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(sigma_px, size, interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)


def _scale_bar(width: int, font_px: int, maximum_px: float) -> PillowImage.Image:
    """A bar of all colours with ticks, numbers and label; its margins hold half a number."""
    margin, bar_height, tick = 2 * font_px, font_px, font_px // 3
    bar_width = width - 2 * margin
    bar_top = font_px // 2
    ramp = np.linspace(0, maximum_px, bar_width, dtype=np.float32)
    bar = colourise(np.tile(ramp, (bar_height, 1)), maximum_px)
    strip = PillowImage.new("RGB", (width, bar_top + bar_height + tick + 3 * font_px), "white")
    strip.paste(PillowImage.fromarray(bar), (margin, bar_top))

    draw = ImageDraw.Draw(strip)
    font = ImageFont.truetype(_FONT_FILE, font_px)
    line = max(1, font_px // 10)
    bar_bottom = bar_top + bar_height
    numbers_top = bar_bottom + tick
    most_steps = min(7, bar_width // (3 * font_px))
    ticks = MaxNLocator(most_steps, steps=[1, 2, 5, 10]).tick_values(0, maximum_px)
    for value in ticks:
        if value <= maximum_px:
            x = margin + round(float(value / maximum_px) * (bar_width - 1))
            draw.line((x, bar_bottom, x, numbers_top), fill="black", width=line)
            draw.text((x, numbers_top), f"{value:g}", fill="black", font=font, anchor="ma")
    draw.text((width // 2, strip.height - font_px // 2), LABEL, "black", font, anchor="md")
    return strip
