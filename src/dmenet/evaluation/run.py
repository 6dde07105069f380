"""The evaluation of methods on the test sets of a data set, with all that it leaves in a folder."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from dmenet.errors import UnavailableError
from dmenet.evaluation.methods import Method
from dmenet.evaluation.scoring import KeptMaps, SetScores, score_set
from dmenet.metrics.protocols import Protocol
from dmenet.reporting.figures import SMALL_CELL_INCHES, Comparison, comparison_figure
from dmenet.reporting.plots import per_image_plot, precision_recall_plot
from dmenet.reporting.results import Results, versions, write_results
from dmenet.reporting.sheets import evenly_chosen
from dmenet.reporting.text_tables import Row
from dmenet.sample import Sample

SCORES = "scores"
"""The folder of the scores that an interrupted evaluation resumes from."""

MAPS = "maps"

SHOWN = 12
LARGE = 3
"""Images that are shown large."""


class Evaluation(NamedTuple):
    """What an evaluation wrote: results and figures."""

    results: Results
    figures: Sequence[Path]


def evaluate(
    methods: Sequence[Method],
    test_sets: Mapping[str, Sequence[Sample]],
    protocol: Protocol,
    folder: Path,
    *,
    data_identity: Mapping[str, Any] | None = None,
    save_maps: bool = False,
    shown: int = SHOWN,
    shown_up_to_px: float | None = None,
) -> Evaluation:
    """Score methods on test sets; leave the results, and figures, in a folder.

    An interrupted evaluation is resumed by the same call: images that were scored before are not
    estimated again, if the method's identity, the protocol and the data are the same.

    Args:
        methods: with names that differ.
        test_sets: samples by the name of their set.
        protocol: of the data set.
        folder: made if it is not there. See ``dmenet.reporting.results`` for the files.
        data_identity: the data set's settings, for ``result.json``.
        save_maps: whether to keep every estimated map; else those that figures show.
        shown: how many images of each test set the figures show, evenly spread; 0 draws none.
        shown_up_to_px: the sigma of the brightest colour; None takes what fits each figure.

    Returns:
        What was written.

    Raises:
        InputError: the samples lack what the protocol needs, or a method gives no map.
    """
    collected = _Collected(protocol)
    figures: list[Path] = []
    for set_name, samples in test_sets.items():
        numbers = evenly_chosen(len(samples), shown) if shown else []
        scored: dict[str, SetScores] = {}
        maps = {
            method.name: KeptMaps(
                folder / MAPS / method.name / set_name, None if save_maps else numbers
            )
            for method in methods
        }
        for method in methods:
            path = folder / SCORES / method.name / f"{set_name}.npz"
            label = f"{method.name} on {set_name}"
            try:
                scores = score_set(method, samples, protocol, path, maps[method.name], label=label)
            except UnavailableError as error:
                collected.add_unavailable(method, set_name, str(error))
                continue
            collected.add(method, set_name, scores)
            scored[method.name] = scores
        if numbers and scored:
            shown_maps = {name: maps[name] for name in scored}
            comparisons = [_comparison(samples[number], shown_maps) for number in numbers]
            figures += _draw_maps(folder, set_name, comparisons, shown_up_to_px)
            figures += _draw_scores(folder, set_name, scored, protocol)
    results = collected.results(data_identity or {})
    write_results(folder, results)
    return Evaluation(results, figures)


def _comparison(sample: Sample, maps: Mapping[str, KeptMaps]) -> Comparison:
    estimates = {name: of_method.read(sample["name"]) for name, of_method in maps.items()}
    truth, mask = sample.get("sigma_px"), sample.get("mask")
    return Comparison(sample["name"], sample["image"], truth, estimates, mask)


def _draw_maps(
    folder: Path, set_name: str, comparisons: Sequence[Comparison], largest_px: float | None
) -> list[Path]:
    """Draw the maps of all methods.

    ``<set>.png`` has a few images large, ``<set>_errors.png`` the error of every method on them,
    ``<set>_contact_sheet.png`` all images small.

    Args:
        folder: of the figures.
        set_name: of the test set.
        comparisons: its images that are shown.
        largest_px: the sigma of the brightest colour; None takes what fits each figure.

    Returns:
        Their files.
    """
    large = [comparisons[place] for place in evenly_chosen(len(comparisons), LARGE)]
    methods = list(comparisons[0].estimates)
    files = [folder / f"{set_name}{ending}.png" for ending in ("", "_errors", "_contact_sheet")]
    comparison_figure(files[0], large, largest_px)
    comparison_figure(files[1], large, largest_px, maps=(), errors=methods)
    comparison_figure(files[2], comparisons, largest_px, SMALL_CELL_INCHES, errors=())
    return files


def _draw_scores(
    folder: Path, set_name: str, scored: Mapping[str, SetScores], protocol: Protocol
) -> list[Path]:
    """Draw what there is to see of scores, by method.

    ``<set>_precision_recall.png`` has the curves, where the protocol counts for them;
    ``<set>_per_image.png`` the first method against the others.

    Returns:
        Their files.
    """
    files = []
    counts = {name: s.counts for name, s in scored.items() if s.counts is not None}
    if counts:
        files.append(folder / f"{set_name}_precision_recall.png")
        precision_recall_plot(files[-1], counts)
    if len(scored) > 1:
        metric = protocol.compared_by
        values = {
            method: dict(zip(s.names, (row[metric] for row in s.scores), strict=True))
            for method, s in scored.items()
        }
        words = f"{metric}: {protocol.columns[metric]}"
        files.append(folder / f"{set_name}_per_image.png")
        per_image_plot(files[-1], words, values)
    return files


class _Collected:
    """Rows as they come, and what the methods say of themselves."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.per_image: list[Row] = []
        self.means: list[Row] = []
        self.methods: dict[str, dict[str, Any]] = {}
        self.sets: dict[str, dict[str, Any]] = {}

    def add(self, method: Method, set_name: str, scores: SetScores) -> None:
        for name, row, seconds in zip(scores.names, scores.scores, scores.seconds, strict=True):
            key = {"method": method.name, "set": set_name, "image": name}
            self.per_image.append({**key, **row, "seconds": seconds})
        means = scores.mean(self.protocol)
        self.means.append({"set": set_name, "method": method.name, **means, "note": ""})
        about = self._about(method)
        about["seconds_per_image"][set_name] = means["seconds"]
        about |= {"range_px": list(scores.range_px or ()), "versions": scores.versions}
        digest = hashlib.sha256("".join(scores.digests).encode()).hexdigest()
        self.sets[set_name] = {"images": len(scores.names), "sha256": digest}

    def add_unavailable(self, method: Method, set_name: str, why: str) -> None:
        self.means.append({"set": set_name, "method": method.name, "note": why})
        self._about(method)["unavailable"] = why

    def _about(self, method: Method) -> dict[str, Any]:
        return self.methods.setdefault(
            method.name,
            {"identity": method.identity, "seconds_per_image": {}, "unavailable": None},
        )

    def results(self, data_identity: Mapping[str, Any]) -> Results:
        return Results(
            per_image=self.per_image,
            means=self.means,
            protocol=self.protocol.describe(),
            methods=self.methods,
            data={"identity": data_identity, "sets": self.sets},
            versions=versions(),
        )
