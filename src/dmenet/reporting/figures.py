"""Figures of maps beside their images."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from dmenet.files import replacing
from dmenet.images.preview import COLORMAP, LABEL, upper_bound
from dmenet.metrics.detection import THRESHOLD
from dmenet.sample import Image, Map

CELL_INCHES = 2.6
SMALL_CELL_INCHES = 1.5
BAR_INCHES = 0.12
PAIRS = 2
ERROR_COLOURS, MASK_COLOURS = "RdBu_r", "gray"

PHOTOGRAPHS_UP_TO_PX = 5.0
"""Backgrounds of 20 px on the scale of a sharp photograph would leave that one black."""


@dataclass(frozen=True)
class Comparison:
    """One image with what is known about it and the maps that methods estimated.

    Attributes:
        name: a line of text.
        image: H x W x 3.
        truth: sigma in px, as large as it is known from the top left; None if unknown.
        estimates: sigma in px by method, H x W.
        mask: 1 where blurred; shown where no ``truth`` is known.
    """

    name: str
    image: Image
    truth: Map | None
    estimates: Mapping[str, Map]
    mask: Map | None = None

    def error(self, method: str) -> Map | None:
        """How far a map is off, h x w; None if nothing is known.

        In px of sigma. Against a mask: 1 where the map calls a sharp pixel blurred at the paper's
        threshold, -1 where it calls a blurred one sharp, else 0.
        """
        estimate = self.estimates[method]
        if self.truth is not None:
            rows, columns = self.truth.shape
            off: Map = estimate[:rows, :columns] - self.truth
            return off
        if self.mask is not None:
            low, high = estimate.min(), estimate.max()
            called = (estimate - low > THRESHOLD * (high - low)).astype(np.float32)
            wrong: Map = called - self.mask
            return wrong
        return None


def comparison_figure(
    path: Path,
    comparisons: Sequence[Comparison],
    largest_px: float | None = None,
    inches: float = CELL_INCHES,
    *,
    maps: Sequence[str] | None = None,
    errors: Sequence[str] | None = None,
) -> None:
    """Draw a row per image: input, truth, maps and errors.

    Args:
        path: a PNG file.
        comparisons: all with estimates of the same methods. Images of unknown truth leave the cells
            of truth and error empty.
        largest_px: the sigma of the brightest colour; None takes ``shown_up_to``.
        inches: width of a cell.
        maps: methods whose maps are drawn; None draws all.
        errors: methods whose errors are drawn; None draws the first's.
    """
    methods = list(comparisons[0].estimates)
    bound = largest_px or shown_up_to(comparisons)
    known = any(c.truth is not None for c in comparisons)
    error_label = "error (px)" if known else "wrongly called sharp (-1) or blurred (1)"
    # Title, label of the colour bar, and what is drawn of an image.
    columns: list[tuple[str, str, Callable[[Axes, Comparison], AxesImage | None]]] = [
        ("input", "", _draw_image),
        ("truth", LABEL, partial(_draw_truth, bound)),
    ]
    for method in methods if maps is None else maps:
        columns.append((f"{method}: σ", LABEL, partial(_draw_estimate, bound, method)))
    for method in methods[:1] if errors is None else errors:
        columns.append((f"{method}: error", error_label, partial(_draw_error, bound, method)))
    heights = [c.image.shape[0] / c.image.shape[1] for c in comparisons]
    figure = Figure(
        figsize=(inches * len(columns), inches * sum(heights) + 0.1 * len(heights) + 1.2),
        dpi=110,
        layout="constrained",
    )
    # The bars have a row of their own, so that all columns keep the same height.
    grid = figure.add_gridspec(
        len(comparisons) + 1, len(columns), height_ratios=[*heights, BAR_INCHES / inches]
    )
    drawn: dict[str, AxesImage] = {}
    for row, comparison in enumerate(comparisons):
        for place, (title, label, draw) in enumerate(columns):
            cell = figure.add_subplot(grid[row, place])
            cell.set_axis_off()
            if row == 0:
                cell.set_title(title, fontsize=min(10, 5 * inches))
            if (image := draw(cell, comparison)) is not None:
                drawn[label] = image
    for label, image in drawn.items():
        places = [place for place, column in enumerate(columns) if column[1] == label]
        bar = figure.add_subplot(grid[-1, places[0] : places[-1] + 1])
        figure.colorbar(image, cax=bar, orientation="horizontal", label=label)
    with replacing(path) as temporary:
        figure.savefig(temporary)


def photographs_figure(path: Path, comparisons: Sequence[Comparison]) -> None:
    """Draw each photograph beside its map, two such pairs in a row.

    Args:
        path: a PNG file.
        comparisons: with one estimate each.
    """
    rows = [comparisons[i : i + PAIRS] for i in range(0, len(comparisons), PAIRS)]
    heights = [max(c.image.shape[0] / c.image.shape[1] for c in row) for row in rows]
    size = 2 * PAIRS * CELL_INCHES, CELL_INCHES * sum(heights) + 0.7
    figure = Figure(figsize=size, dpi=110, layout="constrained")
    ratios = [*heights, BAR_INCHES / CELL_INCHES]
    grid = figure.add_gridspec(len(ratios), 2 * PAIRS, height_ratios=ratios)
    for number, row in enumerate(rows):
        for place, comparison in enumerate(row):
            (sigma_px,) = comparison.estimates.values()
            photograph, cell = (
                figure.add_subplot(grid[number, 2 * place + side]) for side in (0, 1)
            )
            photograph.imshow(comparison.image)
            drawn = _show_map(cell, sigma_px, PHOTOGRAPHS_UP_TO_PX)
            photograph.set_axis_off()
            cell.set_axis_off()
    bar = figure.add_subplot(grid[-1, :])
    figure.colorbar(drawn, cax=bar, orientation="horizontal", label=LABEL, extend="max")
    with replacing(path) as temporary:
        figure.savefig(temporary)


def shown_up_to(comparisons: Sequence[Comparison]) -> float:
    """A round sigma in px that holds 99 % of the truths or, where none is known, of the maps."""
    known = [c.truth for c in comparisons if c.truth is not None]
    shown = known or [sigma_px for c in comparisons for sigma_px in c.estimates.values()]
    return upper_bound(np.concatenate([sigma_px.ravel() for sigma_px in shown]))


def _draw_image(axes: Axes, comparison: Comparison) -> None:
    axes.imshow(comparison.image)
    text = axes.text(
        0.02, 0.02, comparison.name, transform=axes.transAxes,
        fontsize=7, color="white", clip_on=True,
        bbox={"facecolor": "black", "alpha": 0.6, "pad": 1.5, "linewidth": 0},
    )  # fmt: skip
    # A long name would make the images of its column smaller than the maps beside them.
    text.set_in_layout(False)


def _draw_truth(largest_px: float, axes: Axes, comparison: Comparison) -> AxesImage | None:
    if comparison.truth is not None:
        return _show_map(axes, comparison.truth, largest_px)
    if comparison.mask is not None:
        # White would be lost on the paper.
        axes.imshow(comparison.mask, cmap=MASK_COLOURS, vmin=0, vmax=1.15)
    return None


def _draw_estimate(largest_px: float, method: str, axes: Axes, comparison: Comparison) -> AxesImage:
    return _show_map(axes, comparison.estimates[method], largest_px)


def _draw_error(
    largest_px: float, method: str, axes: Axes, comparison: Comparison
) -> AxesImage | None:
    values = comparison.error(method)
    if values is None:
        return None
    limit = largest_px / 2 if comparison.truth is not None else 1
    return axes.imshow(values, cmap=ERROR_COLOURS, vmin=-limit, vmax=limit)


def _show_map(axes: Axes, sigma_px: Map, largest_px: float) -> AxesImage:
    return axes.imshow(sigma_px, cmap=COLORMAP, vmin=0, vmax=largest_px)
