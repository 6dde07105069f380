"""The report of some runs: every table and figure that they have the runs for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dmenet.files import make_folder, replacing
from dmenet.reporting.published import SUBNETWORKS, difference, in_words
from dmenet.reporting.studies import figures, tables
from dmenet.reporting.studies.runs import Run, TestSet, differing_settings, read_test_sets
from dmenet.reporting.tables import TableRow, markdown_table, write_table

Rows = Callable[[Sequence[Run], Sequence[TestSet]], list[TableRow]]


@dataclass
class _Report:
    """Text as it grows, and the folder of everything."""

    folder: Path
    parts: list[str] = field(default_factory=list)

    def table(self, title: str, name: str, rows: Sequence[TableRow]) -> None:
        write_table(self.folder, name, rows)
        self.parts += [f"### {title}", markdown_table(rows)]

    def note_on_published(self, test_sets: Sequence[TestSet]) -> None:
        """Say what of a test set is not as in the paper, whose numbers stand beside ours."""
        first = test_sets[0]
        why = difference(first.results.protocol, first.results.data, first.name, unit="sigma7")
        if why:
            self.parts.append(f"The paper's numbers are not comparable. Here: {why}.")

    def figure(self, name: str) -> Path:
        self.parts.append(f"![{name}]({name}.png)")
        return self.folder / f"{name}.png"


def write_report(runs: Sequence[Run], folder: Path) -> str:
    """Write tables (Markdown, CSV, LaTeX) and figures of the studies that the runs belong to.

    Args:
        runs: of one or several sweeps, unfinished ones too.
        folder: made if it is not there; ``report.md`` has everything in order.

    Returns:
        The text of ``report.md``.
    """
    make_folder(folder)
    report = _Report(folder)
    by_set: dict[tuple[str, str], list[TestSet]] = {}
    for test_set in read_test_sets(runs):
        by_set.setdefault(tables.set_key(test_set), []).append(test_set)
    for test_sets in by_set.values():
        _add_subnetworks(report, runs, test_sets)
        _add_kernel_size(report, runs, test_sets)
        _add_binarization(report, runs, test_sets)
    if search := tables.search_rows(runs):
        report.table("Search, the best first", "search", search)
    text = "\n\n".join([*_about(runs), *report.parts]) + "\n"
    with replacing(folder / "report.md") as temporary:
        temporary.write_text(text, "utf-8")
    return text


def _about(runs: Sequence[Run]) -> list[str]:
    finished = [run for run in runs if run.finished]
    lines = [f"{len(finished)} of {len(runs)} runs have finished."]
    if finished and not any(run.evaluations() for run in finished):
        lines.append("None was evaluated at its end: train with evaluate_at_end=true.")
    lines += [f"- missing: {run.folder.name}: {run.why}" for run in runs if not run.finished]
    if differing := differing_settings(runs):
        lines.append(f"- CAUTION, the runs differ in more than their parts: {'; '.join(differing)}")
    return ["# Report", "\n".join(lines), "Means ± standard deviations over runs."]


def _add_subnetworks(report: _Report, runs: Sequence[Run], test_sets: Sequence[TestSet]) -> None:
    ordinary = [run for run in runs if run.calibration in tables.ORDINARY]
    if len({run.row for run in ordinary}) < 3:
        return
    name = _file_name("table5", test_sets)
    rows = tables.table5_rows(runs, test_sets)
    report.table(f"Table 5 on {_title(test_sets)}", name, rows)
    report.table(
        f"Table 4 on {_title(test_sets)}",
        _file_name("table4", test_sets),
        tables.table4_rows(runs, test_sets),
    )
    if any(key.startswith("paper: ") for key in rows[0]):
        report.note_on_published(test_sets)
    figures.bars(report.figure(f"{name}_bars"), rows, test_sets[0].results.protocol["columns"])
    variants = {
        in_words(row): [t for t in test_sets if t.run in ordinary and t.run.row == row]
        for row in SUBNETWORKS
    }
    _add_pictures(report, name, variants)


def _add_kernel_size(report: _Report, runs: Sequence[Run], test_sets: Sequence[TestSet]) -> None:
    if not any(run.calibration == "3x3" for run in runs):
        return
    name = _file_name("figure1", test_sets)
    rows = tables.kernel_size_rows(runs, test_sets)
    report.table(f"Figure 1, kernel size of S, on {_title(test_sets)}", name, rows)
    _add_pictures(report, name, _by_calibration(("1x1", "3x3"), test_sets))


def _add_binarization(report: _Report, runs: Sequence[Run], test_sets: Sequence[TestSet]) -> None:
    if not any(run.calibration == "direct" for run in runs):
        return
    name = _file_name("binarization", test_sets)
    rows = tables.binarization_rows(runs, test_sets)
    report.table(f"Binarisation on {_title(test_sets)}", name, rows)
    variants = _by_calibration(("none", "1x1", "direct"), test_sets)
    known = {name: sets for name, sets in variants.items() if sets}
    if known and next(iter(known.values()))[0].knows("truth"):
        figures.histogram(report.figure(f"{name}_histogram"), known)
    _add_pictures(report, name, variants)


def _add_pictures(report: _Report, name: str, variants: dict[str, list[TestSet]]) -> None:
    known = {variant: sets for variant, sets in variants.items() if sets}
    if not known:
        return
    figures.grid(report.figure(f"{name}_maps"), known)
    if next(iter(known.values()))[0].knows("detection"):
        figures.precision_recall(report.figure(f"{name}_precision_recall"), known)


def _by_calibration(
    calibrations: Sequence[str], test_sets: Sequence[TestSet]
) -> dict[str, list[TestSet]]:
    return {
        tables.CALIBRATIONS[c]: [t for t in test_sets if t.run.calibration == c]
        for c in calibrations
    }


def _title(test_sets: Sequence[TestSet]) -> str:
    first = test_sets[0]
    return first.name if first.name == first.data else f"{first.name} ({first.data})"


def _file_name(study: str, test_sets: Sequence[TestSet]) -> str:
    return f"{study}_{test_sets[0].name}"
