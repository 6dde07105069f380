"""The runs of sweeps, as their folders describe them."""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmenet.errors import InputError
from dmenet.metrics.protocols import Scores
from dmenet.reporting.results import Results, read_results
from dmenet.reporting.studies.map_statistics import COUNTS_FILE, EXAMPLES_FOLDER, STATISTICS_FILE
from dmenet.run_file import RUN_FILE, read_run

EVALUATION = "evaluation"
"""The folder of its results, one folder for each data module."""

METHOD = "dmenet"
"""The name of the run's network among the methods of its evaluation."""


@dataclass(frozen=True)
class Run:
    """One training, finished or not.

    Attributes:
        folder: of the run.
        row: of Table 5, named as in ``conf/subnetworks``.
        calibration: how S is built: "1x1", "3x3", "direct" or "none".
        seed: of the run.
        loss_weights: by name.
        settings: that decide what it computes.
        finished: what its end left: ``epochs`` and ``objective``; None without one.
        why: it has no end; empty if it has.
    """

    folder: Path
    row: str
    calibration: str
    seed: int
    loss_weights: dict[str, float]
    settings: dict[str, Any]
    finished: dict[str, Any] | None
    why: str

    def evaluations(self) -> dict[str, Path]:
        """The folders of its results by the name of the data."""
        folders = sorted((self.folder / EVALUATION).glob("*/"))
        return {folder.name: folder for folder in folders}


@dataclass(frozen=True)
class TestSet:
    """What one finished run reached on one test set."""

    run: Run
    folder: Path
    data: str
    name: str
    results: Results

    @property
    def mean(self) -> Scores:
        """The means of the run's network."""
        return self.results.mean(self.name, METHOD)

    def statistic(self, column: str) -> float:
        """The mean over the images of a column of ``map_statistics.csv``; nan where not known."""
        with (self.folder / STATISTICS_FILE).open(newline="", encoding="utf-8") as file:
            texts = [row[column] for row in csv.DictReader(file) if row["set"] == self.name]
        known = [float(text) for text in texts if text]
        return sum(known) / len(known) if known else math.nan

    def knows(self, kind: str) -> bool:
        """Whether there are counts of a kind: "estimate", "truth" or "detection"."""
        with np.load(self.folder / COUNTS_FILE) as counts:
            return f"{self.name}/{kind}" in counts

    def counts(self, kind: str) -> NDArray[np.int64]:
        """Counts of map values, see ``MapStatistics``."""
        with np.load(self.folder / COUNTS_FILE) as counts:
            found: NDArray[np.int64] = counts[f"{self.name}/{kind}"]
            return found

    def examples(self) -> Iterator[tuple[str, dict[str, NDArray[Any]]]]:
        """Name and maps of each image that was kept whole."""
        for path in sorted((self.folder / EXAMPLES_FOLDER).glob(f"{self.name}_*.npz")):
            with np.load(path) as maps:
                yield path.stem.removeprefix(f"{self.name}_"), dict(maps)


def read_runs(folders: Sequence[Path]) -> list[Run]:
    """The runs of sweep folders, in the order of their names; a folder may be a run itself.

    Raises:
        InputError: a folder has no runs.
    """
    runs: list[Run] = []
    for folder in folders:
        files = [*folder.glob(RUN_FILE), *folder.glob(f"*/{RUN_FILE}")]
        # A job that failed before it began says nothing of itself.
        places = sorted(file.parent for file in files if "about" in read_run(file.parent))
        if not places and [*folder.glob("checkpoints"), *folder.glob("*/checkpoints")]:
            raise InputError(
                f"{folder}: the runs there do not say in {RUN_FILE} what they are: they are of an "
                "older version of dmenet. Report them with that version, or train them anew"
            )
        if not places:
            raise InputError(
                f"{folder}: no runs there. Expected the folder of a sweep, such as "
                "runs/sweeps/table5_subnetworks, or of a run of `dmenet train`"
            )
        runs += [_read_run(place) for place in places]
    return runs


def _read_run(folder: Path) -> Run:
    run = read_run(folder)
    about, finished = run["about"], run.get("finished")
    stopped = run.get("job", {}).get("error", "stopped before its end")
    try:
        return Run(
            folder=folder,
            row=about["row"],
            calibration=about["calibration"],
            seed=about["seed"],
            loss_weights=about["loss_weights"],
            settings=run["settings"],
            finished=finished,
            why="" if finished else stopped,
        )
    except KeyError as error:
        raise InputError(
            f"{folder / RUN_FILE}: has no {error}, so that it is of an older version of dmenet. "
            "Report it with that version, or train it anew"
        ) from error


def read_test_sets(runs: Sequence[Run]) -> list[TestSet]:
    """What the finished runs reached, run by run."""
    found = []
    for run in runs:
        for data, folder in run.evaluations().items() if run.finished else ():
            results = read_results(folder)
            found += [TestSet(run, folder, data, name, results) for name in results.data["sets"]]
    return found


def differing_settings(runs: Sequence[Run]) -> list[str]:
    """Settings, apart from parts, loss weights and seeds, in which finished runs differ."""
    values: dict[str, set[str]] = {}
    finished = [(run.finished, run.settings) for run in runs if run.finished]
    for end, settings in finished:
        for key, value in {"epochs": end["epochs"], **settings}.items():
            values.setdefault(key, set()).add(repr(value))
    return sorted(
        f"{key} ({', '.join(sorted(of_key))})"
        for key, of_key in values.items()
        if len(of_key) > 1 and not key.startswith(_MAY_DIFFER)
    )


_MAY_DIFFER = (
    "seed", "data.seed", "model.auxiliary", "model.domain_adaptation", "model.loss_weights",
    "model.content_preservation", "model.sharpness_calibration",
)  # fmt: skip
