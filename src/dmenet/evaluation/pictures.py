"""The figures of one test set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dmenet.evaluation.kept_maps import KeptMaps
from dmenet.evaluation.scores import SetScores
from dmenet.metrics.protocols import Protocol
from dmenet.reporting.figures import Comparison, comparison_figure, error_figure, small_figure
from dmenet.reporting.plots import per_image_plot, precision_recall_plot
from dmenet.reporting.sheets import evenly_chosen
from dmenet.sample import Sample

LARGE = 3
"""Images that are shown large."""


@dataclass(frozen=True)
class SetPictures:
    """What the figures of a test set are made of.

    Attributes:
        set_name: of the test set.
        samples: all of them.
        numbers: of those that are shown, whose maps were kept.
        scored: by method; those that could run.
        maps: their maps, by method.
        protocol: of the data set.
        shown_up_to_px: the sigma of the brightest colour; None takes what fits each figure.
    """

    set_name: str
    samples: Sequence[Sample]
    numbers: Sequence[int]
    scored: Mapping[str, SetScores]
    maps: Mapping[str, KeptMaps]
    protocol: Protocol
    shown_up_to_px: float | None = None


def draw(folder: Path, pictures: SetPictures) -> None:
    """Write ``<set>.png`` and, beside it, what else there is to see.

    ``<set>_contact_sheet.png`` has all images that are shown; ``<set>_errors.png`` the error of
    every method; ``<set>_precision_recall.png`` the curves, where the protocol counts for them;
    ``<set>_per_image.png`` the first method against the others.
    """
    start = folder / pictures.set_name
    largest_px = pictures.shown_up_to_px
    comparisons = [_comparison(pictures, number) for number in pictures.numbers]
    large = [comparisons[place] for place in evenly_chosen(len(comparisons), LARGE)]
    comparison_figure(start.with_name(f"{start.name}.png"), large, largest_px)
    error_figure(start.with_name(f"{start.name}_errors.png"), large, largest_px)
    small_figure(start.with_name(f"{start.name}_contact_sheet.png"), comparisons, largest_px)
    counts = {name: s.counts for name, s in pictures.scored.items() if s.counts is not None}
    if counts:
        precision_recall_plot(start.with_name(f"{start.name}_precision_recall.png"), counts)
    if len(pictures.scored) > 1:
        metric = pictures.protocol.compared_by
        values = {
            method: dict(zip(s.names, (row[metric] for row in s.scores), strict=True))
            for method, s in pictures.scored.items()
        }
        words = f"{metric}: {pictures.protocol.columns[metric]}"
        per_image_plot(start.with_name(f"{start.name}_per_image.png"), words, values)


def _comparison(pictures: SetPictures, number: int) -> Comparison:
    sample = pictures.samples[number]
    estimates = {name: maps.read(sample["name"]) for name, maps in pictures.maps.items()}
    return Comparison(
        sample["name"],
        sample["image"],
        sample.get("sigma_px"),
        estimates,
        sample.get("mask"),
    )
