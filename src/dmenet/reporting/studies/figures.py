"""The figures of a study."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dmenet.files import replacing
from dmenet.metrics.map_statistics import EXTREME
from dmenet.reporting.figures import Comparison, comparison_figure
from dmenet.reporting.plots import precision_recall_plot
from dmenet.reporting.studies.runs import TestSet
from dmenet.reporting.tables import MeanAndDeviation, TableRow

Variants = Mapping[str, Sequence[TestSet]]
"""By the name that a figure gives it: what the runs of one variant reached on one test set."""


def bars(path: Path, rows: Sequence[TableRow], words: Mapping[str, str]) -> None:
    """A panel for each measured column of a table, a bar with its deviation for each row.

    Args:
        path: a PNG file.
        rows: the name first, then cells.
        words: what each column is, in which unit.
    """
    name = next(iter(rows[0]))
    measured = [key for key, cell in rows[0].items() if isinstance(cell, MeanAndDeviation)]
    figure = Figure(figsize=(2.4 * len(measured), 3.2), dpi=110, layout="constrained")
    for axes, key in zip(np.ravel(figure.subplots(1, len(measured))), measured, strict=True):
        cells = [row[key] for row in rows]
        means = [c.mean if isinstance(c, MeanAndDeviation) else np.nan for c in cells]
        spread = [c.deviation if isinstance(c, MeanAndDeviation) else np.nan for c in cells]
        places = np.arange(len(rows))
        axes.bar(places, means, yerr=np.nan_to_num(spread), capsize=3, color="#7a9cc6")
        axes.set_xticks(
            places, [str(row[name]) for row in rows], rotation=60, ha="right", fontsize=7
        )
        axes.set_title(key, fontsize=9)
        axes.set_ylabel(fill(words[key], 34), fontsize=7)
        axes.tick_params(axis="y", labelsize=7)
    _save(figure, path)


def grid(path: Path, variants: Variants) -> None:
    """A row per image: input, truth, and the map of every variant, of its first run."""
    comparison_figure(path, _comparisons(variants))


def precision_recall(path: Path, variants: Variants) -> None:
    """Curves of all pixels of all runs of a variant together."""
    counts = {
        name: np.sum([t.counts("detection") for t in test_sets], axis=0)
        for name, test_sets in variants.items()
        if test_sets and test_sets[0].knows("detection")
    }
    precision_recall_plot(path, counts)


def histogram(path: Path, variants: Variants) -> None:
    """How often which map value occurs, true and for every variant; its ends shaded."""
    counts = {name: _shares(test_sets, "estimate") for name, test_sets in variants.items()}
    truth = _shares(next(iter(variants.values())), "truth")
    figure = Figure(figsize=(2.8 * len(counts), 2.8), dpi=110, layout="constrained")
    panels = np.ravel(figure.subplots(1, len(counts), sharey=True))
    for axes, (name, shares) in zip(panels, counts.items(), strict=True):
        edges = np.linspace(0, 1, len(shares) + 1)
        axes.stairs(truth * len(shares), edges, color="grey", label="truth", fill=True, alpha=0.4)
        axes.stairs(shares * len(shares), edges, color="#b5452c", label="estimate", lw=1.2)
        for low in (0, 1 - EXTREME):
            axes.axvspan(low, low + EXTREME, color="#d8c96b", alpha=0.25, lw=0)
        axes.set(title=name, xlabel="map value", xlim=(0, 1), yscale="log")
        axes.legend(fontsize=7)
    panels[0].set_ylabel("density")
    _save(figure, path)


def _comparisons(variants: Variants) -> list[Comparison]:
    first = {name: sets[0] for name, sets in variants.items() if sets}
    maps = {name: dict(test_set.examples()) for name, test_set in first.items()}
    comparisons = []
    for image, known in next(iter(maps.values())).items():
        comparisons.append(
            Comparison(
                name=image,
                image=known["image"].astype(np.float32) / np.float32(255),
                truth=_float(known.get("true_sigma_px")),
                estimates={
                    name: of_variant[image]["estimate_sigma_px"].astype(np.float32)
                    for name, of_variant in maps.items()
                },
                mask=_float(known.get("mask")),
            )
        )
    return comparisons


def _float(values: NDArray[np.generic] | None) -> NDArray[np.float32] | None:
    return None if values is None else values.astype(np.float32)


def _shares(test_sets: Sequence[TestSet], kind: str) -> NDArray[np.float64]:
    counts = np.sum([t.counts(kind) for t in test_sets], axis=0)
    shares: NDArray[np.float64] = counts / counts.sum()
    return shares


def _save(figure: Figure, path: Path) -> None:
    with replacing(path) as temporary:
        figure.savefig(temporary)
