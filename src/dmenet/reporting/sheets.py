"""Contact sheets: a block of pictures for each scene, with a scale or a caption beneath each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dmenet.errors import InputError
from dmenet.files import replacing

SUFFIXES = (".png", ".jpg", ".jpeg")
JPEG_QUALITY = 80
DPI = 110

MOST_SHOWN = 24
PANEL_INCHES = 3.0
GAP_INCHES = 0.1
LINE_INCHES = 0.2
"""A block takes four lines beside its pictures."""

FONT = 8
LETTERS_PER_INCH = 14


@dataclass(frozen=True)
class Panel:
    """A picture of a block.

    Attributes:
        picture: H x W x 3 in 8 bits, or H x W values, masked where unknown.
        caption: beneath it; of values, their unit.
        colours: of values.
        norm: of values, from them to colours.
        ticks: of the scale of the colours.
    """

    picture: NDArray[Any]
    caption: str
    colours: Colormap | None = None
    norm: Normalize | None = None
    ticks: Sequence[float] = ()


@dataclass(frozen=True)
class Block:
    """Pictures of one scene, all of one shape, under a line of text."""

    title: str
    panels: Sequence[Panel]

    @property
    def inches(self) -> float:
        """Height of its pictures."""
        height, width = self.panels[0].picture.shape[:2]
        return float(PANEL_INCHES * height / width)


def write_sheet(path: Path, blocks: Sequence[Block]) -> None:
    """Write blocks as one picture.

    Args:
        path: of the file, PNG or JPEG by its suffix.
        blocks: at least one, of equally many panels; two stand side by side where there are many.

    Raises:
        InputError: the suffix is another.
    """
    check_suffix(path)
    columns = 1 if len(blocks) <= 4 else 2
    rows = [blocks[start : start + columns] for start in range(0, len(blocks), columns)]
    heights = [max(block.inches for block in row) + 4 * LINE_INCHES for row in rows]
    block_inches = len(blocks[0].panels) * (PANEL_INCHES + GAP_INCHES) + GAP_INCHES
    figure = Figure(figsize=(len(rows[0]) * block_inches, sum(heights)), dpi=DPI)
    for number, row in enumerate(rows):
        for column, block in enumerate(row):
            _draw(figure, block, column * block_inches, sum(heights[number:]))
    with replacing(path) as temporary:
        is_png = path.suffix.lower() == ".png"
        figure.savefig(temporary, pil_kwargs={} if is_png else {"quality": JPEG_QUALITY})


def check_suffix(path: Path) -> None:
    """Raise ``InputError`` unless a sheet can be written under this name."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{path}: expected a name that ends in one of {', '.join(SUFFIXES)}")


def evenly_chosen(count: int, most: int = MOST_SHOWN) -> list[int]:
    """At most ``most`` of the numbers from 0 to ``count`` - 1, evenly spread."""
    return sorted({round(n) for n in np.linspace(0, count - 1, min(count, most))})


def _draw(figure: Figure, block: Block, left: float, top: float) -> None:
    """Draw a block with its top left corner at this place in inches, from the bottom left."""
    width, height = figure.get_size_inches()

    def box(x: float, y: float, across: float, down: float) -> tuple[float, float, float, float]:
        return x / width, y / height, across / width, down / height

    most = int(len(block.panels) * PANEL_INCHES * LETTERS_PER_INCH)
    title = block.title if len(block.title) <= most else f"…{block.title[1 - most :]}"
    place = box(left + GAP_INCHES, top - LINE_INCHES, 0, 0)
    figure.text(*place[:2], title, fontsize=FONT, va="bottom")
    bottom = top - 1.5 * LINE_INCHES - block.inches
    for number, panel in enumerate(block.panels):
        x = left + GAP_INCHES + number * (PANEL_INCHES + GAP_INCHES)
        axes = figure.add_axes(box(x, bottom, PANEL_INCHES, block.inches))
        axes.set_axis_off()
        image = axes.imshow(panel.picture, panel.colours, panel.norm, aspect="auto")
        if panel.norm is None:
            text = box(x, bottom - 0.25 * LINE_INCHES, 0, 0)
            figure.text(*text[:2], panel.caption, fontsize=FONT, va="top", color="dimgrey")
            continue
        margin = 2 * LINE_INCHES
        bar = figure.add_axes(
            box(x + margin, bottom - LINE_INCHES, PANEL_INCHES - 2 * margin, 0.7 * LINE_INCHES)
        )
        scale = figure.colorbar(image, cax=bar, orientation="horizontal")
        scale.set_ticks(list(panel.ticks), labels=[f"{tick:g}" for tick in panel.ticks])
        scale.ax.tick_params(labelsize=FONT, which="both", length=3)
        scale.ax.minorticks_off()
        unit = box(x + PANEL_INCHES, bottom - 0.3 * LINE_INCHES, 0, 0)
        figure.text(*unit[:2], panel.caption, fontsize=FONT, ha="right", va="top")
