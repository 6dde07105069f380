"""The figures of one test set."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from dmenet.evaluation.scoring import SetScores
from dmenet.metrics.protocols import Protocol
from dmenet.reporting.figures import SMALL_CELL_INCHES, Comparison, comparison_figure
from dmenet.reporting.plots import per_image_plot, precision_recall_plot
from dmenet.reporting.sheets import evenly_chosen

LARGE = 3
"""Images that are shown large."""


def draw_maps(
    folder: Path, set_name: str, comparisons: Sequence[Comparison], largest_px: float | None
) -> None:
    """Draw the maps of all methods.

    ``<set>.png`` has a few images large, ``<set>_errors.png`` the error of every method on them,
    ``<set>_contact_sheet.png`` all images small.

    Args:
        folder: of the figures.
        set_name: of the test set.
        comparisons: its images that are shown.
        largest_px: the sigma of the brightest colour; None takes what fits each figure.
    """
    large = [comparisons[place] for place in evenly_chosen(len(comparisons), LARGE)]
    methods = list(comparisons[0].estimates)
    comparison_figure(folder / f"{set_name}.png", large, largest_px)
    path = folder / f"{set_name}_errors.png"
    comparison_figure(path, large, largest_px, maps=(), errors=methods)
    path = folder / f"{set_name}_contact_sheet.png"
    comparison_figure(path, comparisons, largest_px, SMALL_CELL_INCHES, errors=())


def draw_scores(
    folder: Path, set_name: str, scored: Mapping[str, SetScores], protocol: Protocol
) -> None:
    """Draw what there is to see of scores, by method.

    ``<set>_precision_recall.png`` has the curves, where the protocol counts for them;
    ``<set>_per_image.png`` the first method against the others.
    """
    counts = {name: s.counts for name, s in scored.items() if s.counts is not None}
    if counts:
        precision_recall_plot(folder / f"{set_name}_precision_recall.png", counts)
    if len(scored) > 1:
        metric = protocol.compared_by
        values = {
            method: dict(zip(s.names, (row[metric] for row in s.scores), strict=True))
            for method, s in scored.items()
        }
        words = f"{metric}: {protocol.columns[metric]}"
        per_image_plot(folder / f"{set_name}_per_image.png", words, values)
