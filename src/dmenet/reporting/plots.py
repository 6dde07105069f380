"""Plots of scores: bars, curves, histograms, and one method against another image by image."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import fill

import numpy as np
import torch
from matplotlib.figure import Figure

from dmenet.files import replacing
from dmenet.metrics.pooled import average_precision_of, of_sharp_pixels, precision_recall
from dmenet.metrics.protocols import Counts
from dmenet.reporting.text_tables import TableRow, mean_of

PANEL_INCHES = 3.6
EXTREME = 0.05
"""A map value counts as extreme within this of 0 or 1."""

MOST_POINTS = 2000
"""Of a curve: more are not seen."""


def precision_recall_plot(path: Path, counts: Mapping[str, Counts]) -> None:
    """Draw precision over recall of all pixels together, of blurred and of sharp ones.

    Args:
        path: a PNG file.
        counts: of ``dmenet.metrics.pooled.score_counts``, by method.
    """
    figure = _figure(2)
    for axes, kind in zip(figure.subplots(1, 2, sharey=True), ("blurred", "sharp"), strict=True):
        for method, of_method in counts.items():
            tensor = torch.from_numpy(of_method)
            tensor = tensor if kind == "blurred" else of_sharp_pixels(tensor)
            precision, recall, _ = precision_recall(tensor)
            step = max(1, len(recall) // MOST_POINTS)
            average = average_precision_of(tensor).item()
            axes.plot(recall[::step], precision[::step], label=f"{method} ({average:.3f})", lw=1.2)
        share = tensor[1].sum().item() / max(1, tensor.sum().item())
        axes.axhline(share, color="grey", lw=0.8, ls=":", label=f"chance ({share:.3f})")
        axes.set(xlabel=f"recall of {kind} pixels", xlim=(0, 1), ylim=(0, 1.02))
        axes.legend(fontsize=7, title="average precision", title_fontsize=7)
    figure.axes[0].set_ylabel("precision")
    _save(figure, path)


def per_image_plot(path: Path, metric: str, values: Mapping[str, Mapping[str, float]]) -> None:
    """Draw each other method against the first: a dot per image, equal values on the diagonal.

    Args:
        path: a PNG file.
        metric: what is drawn, in words.
        values: by method, then by image; at least two methods.
    """
    first, *others = values
    figure = _figure(len(others))
    largest = max((v for of_method in values.values() for v in of_method.values()), default=1.0)
    panels = figure.subplots(1, len(others), squeeze=False, sharey=True)[0]
    for axes, other in zip(panels, others, strict=True):
        images = [image for image in values[first] if image in values[other]]
        axes.axline((0, 0), slope=1, color="grey", lw=0.8, ls=":")
        axes.scatter(
            [values[other][image] for image in images],
            [values[first][image] for image in images],
            s=10, alpha=0.7, linewidths=0,
        )  # fmt: skip
        axes.set(xlabel=other, xlim=(0, 1.05 * largest), ylim=(0, 1.05 * largest), aspect="equal")
    panels[0].set_ylabel(first)
    figure.suptitle(f"{metric}, a dot per image", fontsize=9)
    _save(figure, path)


def bars(path: Path, rows: Mapping[str, TableRow], words: Mapping[str, str]) -> None:
    """Draw a panel for each column of numbers, with a bar and its deviation for each row.

    Args:
        path: a PNG file.
        rows: by name.
        words: of each column to draw: what it is, in which unit.
    """
    figure = Figure(figsize=(2.4 * len(words), 3.2), dpi=110, layout="constrained")
    places = np.arange(len(rows))
    for axes, (key, text) in zip(
        np.ravel(figure.subplots(1, len(words))), words.items(), strict=True
    ):
        cells = [cell for row in rows.values() if not isinstance(cell := row[key], str)]
        deviations = [getattr(cell, "deviation", np.nan) for cell in cells]
        means = [mean_of(cell) for cell in cells]
        axes.bar(places, means, yerr=np.nan_to_num(deviations), capsize=3, color="#7a9cc6")
        axes.set_xticks(places, list(rows), rotation=60, ha="right", fontsize=7)
        axes.set_title(key, fontsize=9)
        axes.set_ylabel(fill(text, 34), fontsize=7)
        axes.tick_params(axis="y", labelsize=7)
    _save(figure, path)


def histogram(path: Path, counts: Mapping[str, Counts], truth: Counts) -> None:
    """Draw how often which map value occurs, true and of every method; its ends are shaded.

    Args:
        path: a PNG file.
        counts: of pixels in equal parts of [0, 1], by method.
        truth: the same counts of the true map.
    """
    figure = Figure(figsize=(2.8 * len(counts), 2.8), dpi=110, layout="constrained")
    panels = np.ravel(figure.subplots(1, len(counts), sharey=True))
    edges = np.linspace(0, 1, len(truth) + 1)
    true, *found = (n * (len(n) / n.sum()) for n in (truth, *counts.values()))
    for axes, name, density in zip(panels, counts, found, strict=True):
        axes.stairs(true, edges, color="grey", label="truth", fill=True, alpha=0.4)
        axes.stairs(density, edges, color="#b5452c", label="estimate", lw=1.2)
        for low in (0, 1 - EXTREME):
            axes.axvspan(low, low + EXTREME, color="#d8c96b", alpha=0.25, lw=0)
        axes.set(title=name, xlabel="map value", xlim=(0, 1), yscale="log")
        axes.legend(fontsize=7)
    panels[0].set_ylabel("density")
    _save(figure, path)


def _figure(panels: int) -> Figure:
    return Figure(figsize=(PANEL_INCHES * panels, PANEL_INCHES), dpi=110, layout="constrained")


def _save(figure: Figure, path: Path) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary)
