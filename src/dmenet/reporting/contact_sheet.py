"""Contact sheets: blocks of pictures, with a title above and a scale or caption beneath each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from dmenet.errors import InputError
from dmenet.files import replacing

SUFFIXES = (".png", ".jpg", ".jpeg")
JPEG_QUALITY = 80

MOST_SHOWN = 24
PANEL_PX = 330
GAP_PX = 10
FONT_PX = 14

# Pillow's own font has no σ.
_FONT_FILE = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
_FONT = ImageFont.truetype(_FONT_FILE, FONT_PX)

Colours = NDArray[np.uint8]
"""H x W x 3."""


@dataclass(frozen=True)
class Scale:
    """What the colours of a picture mean.

    Attributes:
        ramp: n x 3, the colours from the first to the last.
        ticks: text by its place on the scale, in [0, 1].
        unit: of the texts.
    """

    ramp: Colours
    ticks: Mapping[float, str]
    unit: str


@dataclass(frozen=True)
class Block:
    """Pictures of one scene, for the sheet.

    Attributes:
        title: a line of text.
        pictures: of one size, h x ``PANEL_PX`` x 3.
        captions: of each picture: a text, or the scale of its colours.
    """

    title: str
    pictures: Sequence[Colours]
    captions: Sequence[str | Scale]


def panel_size(shape: tuple[int, ...]) -> tuple[int, int]:
    """Width and height to which a picture of this height and width is brought for the sheet."""
    height, width = shape[:2]
    return PANEL_PX, max(1, round(height * PANEL_PX / width))


def resized(picture: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """Bring a picture to a width and height: by averages if smaller, by repeats if larger."""
    smaller = size[0] < picture.shape[1]
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_NEAREST)


def write_contact_sheet(path: Path, blocks: Sequence[Block]) -> None:
    """Write blocks as one picture.

    Args:
        path: of the file, PNG or JPEG by its suffix.
        blocks: at least one, of equally many pictures; two stand side by side where there are many.

    Raises:
        InputError: the suffix is another.
    """
    check_suffix(path)
    drawn = [_drawn(block) for block in blocks]
    columns = 1 if len(drawn) <= 4 else 2
    rows = [drawn[start : start + columns] for start in range(0, len(drawn), columns)]
    heights = [max(block.height for block in row) for row in rows]
    width = drawn[0].width
    sheet = PillowImage.new("RGB", (columns * width, sum(heights) + GAP_PX), "white")
    top = GAP_PX
    for row, height in zip(rows, heights, strict=True):
        for column, block in enumerate(row):
            sheet.paste(block, (column * width, top))
        top += height
    with replacing(path) as temporary:
        sheet.save(temporary, quality=JPEG_QUALITY)


def check_suffix(path: Path) -> None:
    """Raise ``InputError`` unless a sheet can be written under this name."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{path}: expected a name that ends in one of {', '.join(SUFFIXES)}")


def spread(count: int, most: int = MOST_SHOWN) -> list[int]:
    """At most ``most`` of the numbers from 0 to ``count`` - 1, evenly spread."""
    return sorted({round(n) for n in np.linspace(0, count - 1, min(count, most))})


def _drawn(block: Block) -> PillowImage.Image:
    pictures_top = 2 * FONT_PX
    captions_top = pictures_top + block.pictures[0].shape[0] + FONT_PX // 2
    count = len(block.pictures)
    size = count * PANEL_PX + (count + 1) * GAP_PX, captions_top + 3 * FONT_PX + 2 * GAP_PX
    canvas = PillowImage.new("RGB", size, "white")
    draw = ImageDraw.Draw(canvas)
    title = _shortened(block.title, count * PANEL_PX)
    draw.text((GAP_PX, FONT_PX // 3), title, "black", _FONT)
    for number, (picture, caption) in enumerate(zip(block.pictures, block.captions, strict=True)):
        left = GAP_PX + number * (PANEL_PX + GAP_PX)
        canvas.paste(PillowImage.fromarray(np.ascontiguousarray(picture)), (left, pictures_top))
        if isinstance(caption, str):
            draw.text((left, captions_top), caption, "dimgrey", _FONT)
        else:
            _draw_scale(canvas, left, captions_top, caption)
    return canvas


def _shortened(title: str, width_px: int) -> str:
    most = width_px // (FONT_PX * 2 // 3)
    return title if len(title) <= most else f"…{title[1 - most :]}"


def _draw_scale(canvas: PillowImage.Image, left: int, top: int, scale: Scale) -> None:
    """A bar of all colours with its ticks beneath it and the unit at its right."""
    margin = 2 * FONT_PX
    width = PANEL_PX - 2 * margin - FONT_PX
    nearest = np.rint(np.linspace(0, len(scale.ramp) - 1, width)).astype(np.intp)
    bar = np.ascontiguousarray(np.broadcast_to(scale.ramp[nearest], (FONT_PX, width, 3)))
    canvas.paste(PillowImage.fromarray(bar), (left + margin, top))
    draw = ImageDraw.Draw(canvas)
    for place, text in scale.ticks.items():
        x = left + margin + round(place * (width - 1))
        draw.line((x, top + FONT_PX, x, top + FONT_PX + 4), "black")
        draw.text((x, top + FONT_PX + 5), text, "black", _FONT, anchor="ma")
    draw.text((left + PANEL_PX, top), scale.unit, "black", _FONT, anchor="ra")
