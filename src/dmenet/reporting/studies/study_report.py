"""The report of some runs: every table and figure that they have the runs for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dmenet.files import make_folder, replacing
from dmenet.reporting.figures import Comparison, comparison_figure
from dmenet.reporting.paper_tables import (
    METRICS,
    PUBLISHED_AS,
    TABLE_4_METRICS,
    TABLE_4_ROWS,
    ablation,
    columns_of,
    with_differences,
)
from dmenet.reporting.plots import bars, histogram, precision_recall_plot
from dmenet.reporting.published import SUBNETWORKS, in_words, noise_of
from dmenet.reporting.studies.runs import Run, TestSet, differing_settings, read_test_sets
from dmenet.reporting.text_tables import (
    TableRow,
    markdown_table,
    mean_and_deviation,
    notes_of,
    without_notes,
    write_table,
)

ORDINARY = ("none", "1x1")
"""How S is built, if there is one, in Table 5."""

CALIBRATIONS = {
    "none": "without S",
    "1x1": "S, 1x1",
    "3x3": "S, 3x3",
    "direct": "L_S on the map itself",
}

Statistics = Mapping[str, Callable[[TestSet], float]]
"""By heading: a number of what a run reached on a test set."""

SMUDGING: Statistics = {
    "MAE": lambda t: t.mean["mae"],
    "MAE near edges": lambda t: t.statistic("mae_near_edges"),
    "MAE elsewhere": lambda t: t.statistic("mae_elsewhere"),
    "near / elsewhere": lambda t: t.statistic("mae_near_edges") / t.statistic("mae_elsewhere"),
}
"""Figure 1 in numbers: the absolute error near the true edges of the blur, and elsewhere."""

BINARIZATION: Statistics = {
    "share near 0 or 1": lambda t: t.statistic("extremes"),
    "true share": lambda t: t.statistic("true_extremes"),
    "MAE": lambda t: t.mean["mae"],
}
"""How binary the maps are: the share of values within 0.05 of 0 or 1, and the true share."""

Variants = Mapping[str, Sequence[TestSet]]
"""By the name that a figure gives it: what the runs of one variant reached on one test set."""


@dataclass
class Report:
    """What was written.

    Attributes:
        folder: of everything.
        parts: of the text, as it grows.
        tables: names of their files.
    """

    folder: Path
    parts: list[str]
    tables: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Markdown with every table and figure in order."""
        return "\n\n".join(self.parts) + "\n"

    def table(self, title: str, name: str, rows: Sequence[TableRow]) -> None:
        """Write a table, and add it to the text."""
        write_table(self.folder, name, rows)
        self.tables.append(name)
        self.parts += [f"### {title}", markdown_table(without_notes(rows))]
        if notes := notes_of(rows).rstrip():
            self.parts.append(notes)

    def figure(self, name: str) -> Path:
        """Add a figure to the text; where it is to be written."""
        self.parts.append(f"![{name}]({name}.png)")
        return self.folder / f"{name}.png"

    def pictures(self, name: str, variants: Variants) -> None:
        """Maps of the first run of each variant, and curves of all of its runs."""
        if not (known := {variant: sets for variant, sets in variants.items() if sets}):
            return
        comparison_figure(self.figure(f"{name}_maps"), comparisons_of(known))
        if all(sets[0].knows("detection") for sets in known.values()):
            counts = {
                variant: np.sum([t.counts("detection") for t in sets], axis=0)
                for variant, sets in known.items()
            }
            precision_recall_plot(self.figure(f"{name}_precision_recall"), counts)


def write_report(runs: Sequence[Run], folder: Path) -> Report:
    """Write tables (Markdown, CSV, LaTeX) and figures of the studies that the runs belong to.

    Args:
        runs: of one or several sweeps, unfinished ones too.
        folder: made if it is not there; ``report.md`` is the text.
    """
    make_folder(folder)
    report = Report(folder, _about(runs))
    by_set: dict[tuple[str, str], list[TestSet]] = {}
    for test_set in read_test_sets(runs):
        by_set.setdefault((test_set.data, test_set.name), []).append(test_set)
    for test_sets in by_set.values():
        _add_subnetworks(report, runs, test_sets)
        _add_kernel_size(report, runs, test_sets)
        _add_binarization(report, runs, test_sets)
    if search := _search_rows(runs):
        report.table("Search, the best first", "search", search)
    with replacing(folder / "report.md") as temporary:
        temporary.write_text(report.text, "utf-8")
    return report


def _about(runs: Sequence[Run]) -> list[str]:
    finished = [run for run in runs if run.finished]
    lines = [f"{len(finished)} of {len(runs)} runs have finished."]
    if finished and not any(run.evaluations() for run in finished):
        lines.append("None was evaluated at its end: train with evaluate_at_end=true.")
    lines += [f"- missing: {run.folder.name}: {run.why}" for run in runs if not run.finished]
    if differing := differing_settings(runs):
        lines.append(f"- CAUTION, the runs differ in more than their parts: {'; '.join(differing)}")
    return ["# Report", "\n".join(lines), "Means ± standard deviations over runs."]


def _add_subnetworks(report: Report, runs: Sequence[Run], test_sets: Sequence[TestSet]) -> None:
    """Tables 4 and 5 on one test set."""
    ordinary = [run for run in runs if run.calibration in ORDINARY]
    if len({run.row for run in ordinary}) < 3:
        return
    first = test_sets[0]
    reached = {row: [t for t in test_sets if t.run in ordinary and t.run.row == row]
               for row in SUBNETWORKS}  # fmt: skip
    means = {row: {first.name: [t.mean for t in sets]} for row, sets in reached.items() if sets}
    finished = {row: _share_finished([run for run in ordinary if run.row == row])
                for row in SUBNETWORKS}  # fmt: skip
    notes = {row: f"runs: {share}" for row, share in finished.items()}
    protocol = first.results.protocol
    columns = columns_of(first.name, protocol["columns"], _published_as(first))
    for table, names, metrics in (
        ("5", SUBNETWORKS, tuple(METRICS)),
        ("4", TABLE_4_ROWS, TABLE_4_METRICS),
    ):
        chosen = [column for column in columns if column.metric in metrics]
        rows = with_differences(
            ablation(names, chosen, means, notes), [(first.results, first.name)]
        )
        report.table(f"Table {table} on {_title(first)}", f"table{table}_{first.name}", rows)
        if table == "5":
            words = {c.heading: protocol["columns"][c.metric] for c in chosen}
            ours = {str(row["subnetworks"]): row for row in rows[::2]}
            bars(report.figure(f"table5_{first.name}_bars"), ours, words)
    report.pictures(f"table5_{first.name}", {in_words(row): sets for row, sets in reached.items()})


def _add_kernel_size(report: Report, runs: Sequence[Run], test_sets: Sequence[TestSet]) -> None:
    if not any(run.calibration == "3x3" for run in runs):
        return
    calibrations, name = ("1x1", "3x3"), f"figure1_{test_sets[0].name}"
    rows = _calibration_rows(runs, test_sets, calibrations, SMUDGING)
    report.table(f"Figure 1, kernel size of S, on {_title(test_sets[0])}", name, rows)
    report.pictures(name, _by_calibration(calibrations, test_sets))


def _add_binarization(report: Report, runs: Sequence[Run], test_sets: Sequence[TestSet]) -> None:
    if not any(run.calibration == "direct" for run in runs):
        return
    calibrations, name = ("none", "1x1", "direct"), f"binarization_{test_sets[0].name}"
    rows = _calibration_rows(runs, test_sets, calibrations, BINARIZATION)
    report.table(f"Binarisation on {_title(test_sets[0])}", name, rows)
    variants = _by_calibration(calibrations, test_sets)
    if test_sets[0].knows("truth"):
        counts = {
            variant: np.sum([t.counts("estimate") for t in sets], axis=0)
            for variant, sets in variants.items()
            if sets
        }
        histogram(report.figure(f"{name}_histogram"), counts, test_sets[0].counts("truth"))
    report.pictures(name, variants)


def _calibration_rows(
    runs: Sequence[Run],
    test_sets: Sequence[TestSet],
    calibrations: Sequence[str],
    statistics: Statistics,
) -> list[TableRow]:
    """A row for each way to build S: means and deviations over its runs.

    Args:
        runs: all of the study, unfinished ones too.
        test_sets: what they reached on one test set.
        calibrations: of ``CALIBRATIONS``.
        statistics: the columns.
    """
    rows: list[TableRow] = []
    for calibration in calibrations:
        of_row = [run for run in runs if run.calibration == calibration]
        reached = [t for t in test_sets if t.run in of_row]
        cells = {
            name: mean_and_deviation([value(test_set) for test_set in reached])
            for name, value in statistics.items()
        }
        name = CALIBRATIONS[calibration]
        rows.append({"calibration": name, "runs": _share_finished(of_row), **cells})
    return rows


def _search_rows(runs: Sequence[Run]) -> list[TableRow]:
    """Trials of a search over settings, those with the smallest objective first."""
    objectives = {
        run.folder: float(run.finished["objective"])
        for run in runs
        if run.finished and run.finished["objective"] is not None
    }
    done = [run for run in runs if run.folder in objectives]
    varied = [
        name
        for name in (done[0].loss_weights if done else {})
        if len({run.loss_weights[name] for run in done}) > 1
    ]
    return [
        {
            "objective": objectives[run.folder],
            "seed": str(run.seed),
            **{f"weight of {name}": f"{run.loss_weights[name]:.3g}" for name in varied},
        }
        for run in sorted(done, key=lambda run: objectives[run.folder])
    ]


def _share_finished(runs: Sequence[Run]) -> str:
    """Such as "2 of 3"; "missing" where there are none."""
    return f"{sum(run.finished is not None for run in runs)} of {len(runs)}" if runs else "missing"


def _by_calibration(calibrations: Sequence[str], test_sets: Sequence[TestSet]) -> Variants:
    return {CALIBRATIONS[c]: [t for t in test_sets if t.run.calibration == c] for c in calibrations}


def _published_as(test_set: TestSet) -> str:
    """Which published columns stand beside a test set's; none beside RTF with noise."""
    if noise_of(test_set.name) not in ("", "0"):
        return ""
    return test_set.name if test_set.name in PUBLISHED_AS else test_set.results.protocol["name"]


def _title(test_set: TestSet) -> str:
    return test_set.name if test_set.name == test_set.data else f"{test_set.name} ({test_set.data})"


def comparisons_of(variants: Variants) -> list[Comparison]:
    """The images that were kept whole, with the map of each variant's first run."""
    maps = {name: dict(test_sets[0].examples()) for name, test_sets in variants.items()}
    comparisons = []
    for image, known in next(iter(maps.values())).items():
        known = {key: values.astype(np.float32) for key, values in known.items()}
        comparisons.append(
            Comparison(
                name=image,
                image=(known["image"] / 255).astype(np.float32),
                truth=known.get("true_sigma_px"),
                estimates={
                    name: of_variant[image]["estimate_sigma_px"].astype(np.float32)
                    for name, of_variant in maps.items()
                },
                mask=known.get("mask"),
            )
        )
    return comparisons
