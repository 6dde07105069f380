"""Figures of maps beside their images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from dmenet.data.files import replacing
from dmenet.data.sample import Image, Map
from dmenet.units import MAX_SIGMA_PX

MAP_STYLE = {"cmap": "inferno", "vmin": 0.0, "vmax": MAX_SIGMA_PX}
ERROR_STYLE = {"cmap": "RdBu_r", "vmin": -MAX_SIGMA_PX / 2, "vmax": MAX_SIGMA_PX / 2}


@dataclass(frozen=True)
class Comparison:
    """One image with its true and estimated sigma maps in px; ``truth`` is None if unknown."""

    name: str
    image: Image
    truth: Map | None
    estimates: Mapping[str, Map]


def comparison_figure(path: Path, comparisons: Sequence[Comparison]) -> None:
    """Draw a row per image: input, truth, each method's map, and the first method's error.

    Args:
        path: a PNG file.
        comparisons: all with estimates of the same methods. Images of unknown truth leave the cells
            of truth and error empty.
    """
    methods = list(comparisons[0].estimates)
    titles = ["input", "true σ", *(f"{m}: σ" for m in methods), f"{methods[0]}: error"]
    heights = [c.image.shape[0] / c.image.shape[1] for c in comparisons]
    figure = Figure(
        figsize=(2.6 * len(titles), 2.6 * sum(heights) + 0.1 * len(heights) + 1.2),
        dpi=110,
        layout="constrained",
    )
    axes = figure.subplots(
        len(comparisons), len(titles), squeeze=False, gridspec_kw={"height_ratios": heights}
    )
    map_image = error_image = None
    for row, (cells, comparison) in enumerate(zip(axes, comparisons, strict=True)):
        for cell, title in zip(cells, titles, strict=True):
            cell.set_axis_off()
            if row == 0:
                cell.set_title(title, fontsize=10)
        cells[0].imshow(comparison.image)
        cells[0].text(
            0.02, 0.02, comparison.name, transform=cells[0].transAxes, fontsize=7, color="white",
            bbox={"facecolor": "black", "alpha": 0.6, "pad": 1.5, "linewidth": 0},
        )  # fmt: skip
        for cell, method in zip(cells[2:-1], methods, strict=True):
            map_image = cell.imshow(comparison.estimates[method], **MAP_STYLE)
        if comparison.truth is not None:
            cells[1].imshow(comparison.truth, **MAP_STYLE)
            error = comparison.estimates[methods[0]] - comparison.truth
            error_image = cells[-1].imshow(error, **ERROR_STYLE)
    _colour_bar(figure, map_image, axes[:, 1:-1], "blur σ (px)")
    if error_image is not None:
        _colour_bar(figure, error_image, axes[:, -1:], "error (px)")
    with replacing(path) as temporary:
        figure.savefig(temporary)


def _colour_bar(figure: Figure, image: Any, axes: Any, label: str) -> None:
    figure.colorbar(
        image,
        ax=np.asarray(axes).ravel().tolist(),
        location="bottom",
        aspect=30,
        pad=0.02,
        label=label,
    )
