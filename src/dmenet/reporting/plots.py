"""Plots of scores: precision over recall, and one method against another image by image."""

from collections.abc import Mapping
from pathlib import Path

import torch
from matplotlib.figure import Figure

from dmenet.files import replacing
from dmenet.metrics.pooled import average_precision_of, of_sharp_pixels, precision_recall
from dmenet.metrics.protocols import Counts

PANEL_INCHES = 3.6
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


def _figure(panels: int) -> Figure:
    return Figure(figsize=(PANEL_INCHES * panels, PANEL_INCHES), dpi=110, layout="constrained")


def _save(figure: Figure, path: Path) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary)
