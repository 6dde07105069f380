"""Tables of results, as Markdown, CSV and LaTeX."""

import csv
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tabulate import tabulate

from dmenet.files import make_folder, replacing


class MeanAndDeviation(NamedTuple):
    """A number with its spread over repeated runs."""

    mean: float
    deviation: float
    """The sample's standard deviation; nan of a single run."""
    runs: int


Row = Mapping[str, str | float]
Cell = str | float | MeanAndDeviation
TableRow = Mapping[str, Cell]

NOTE = "note"
"""The column of what else is to be said of a row."""


def mean_and_deviation(values: Sequence[float]) -> MeanAndDeviation:
    """Of the values that are not nan; all nan where there are none."""
    known = [value for value in values if not math.isnan(value)]
    mean = sum(known) / len(known) if known else math.nan
    spread = math.nan
    if len(known) > 1:
        spread = math.sqrt(sum((value - mean) ** 2 for value in known) / (len(known) - 1))
    return MeanAndDeviation(mean, spread, len(known))


def mean_of(cell: float | MeanAndDeviation) -> float:
    """The number of a cell without its spread."""
    return cell.mean if isinstance(cell, MeanAndDeviation) else cell


def markdown_table(rows: Sequence[TableRow]) -> str:
    """Rows of equal keys as a Markdown table; numbers with four decimals, nan as "-"."""
    return _tabulated(rows, "pipe").replace("\0", r"\|")


def latex_table(rows: Sequence[TableRow]) -> str:
    """Rows of equal keys as a ``tabular`` with the rules of the package booktabs."""
    return _in_latex(_tabulated(rows, "latex_booktabs").replace("\0", "|"))


def _tabulated(rows: Sequence[TableRow], form: str) -> str:
    """By tabulate, with \0 for "|"; columns of numbers stand at the right."""
    header = list(rows[0])
    words = [any(isinstance(row[key], str) for row in rows) for key in header]
    table: str = tabulate(
        [[_text(row[key]).replace("|", "\0") for key in header] for row in rows],
        header,
        tablefmt=form,
        colalign=["left" if is_words else "right" for is_words in words],
        disable_numparse=True,
    )
    return table


def write_csv(path: Path, rows: Sequence[TableRow], header: Sequence[str] | None = None) -> None:
    """Write rows in full precision; nan is empty, deviations have columns of their own.

    Args:
        path: of the file.
        rows: of equal keys, or with keys of ``header`` only; what a row lacks is empty.
        header: the columns; those of the first row if not given.
    """
    flat = [_flat(row) for row in rows]
    columns = [
        column
        for key in (list(rows[0]) if header is None else header)
        for column in (key, f"{key} (sd)", f"{key} (runs)")
        if column == key or any(column in row for row in flat)
    ]
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(flat)


def without_notes(rows: Sequence[TableRow]) -> list[TableRow]:
    """The rows without their column "note", for where notes stand beneath a table."""
    return [{key: row[key] for key in row if key != NOTE} for row in rows]


def notes_of(rows: Sequence[TableRow]) -> str:
    """A line for each different note of the rows, with what stands in their first columns."""
    about: dict[str, list[str]] = {}
    for row in rows:
        if note := row.get(NOTE):
            words = [cell for cell in row.values() if isinstance(cell, str) and cell != note]
            about.setdefault(str(note), []).append(" ".join(words))
    lines = [
        f"- {names[0]}{f' and {len(names) - 1} more' if names[1:] else ''}: {note}\n"
        for note, names in about.items()
    ]
    return "".join(lines)


def write_table(folder: Path, name: str, rows: Sequence[TableRow]) -> None:
    """Write ``<name>.md`` (notes beneath), ``<name>.csv`` (as a column) and ``<name>.tex``."""
    make_folder(folder)
    bare = without_notes(rows)
    notes = notes_of(rows).rstrip()
    markdown = "\n\n".join(filter(None, [markdown_table(bare), notes]))
    latex = "\n".join([latex_table(bare), *(rf"\par {_escaped(n)}" for n in notes.splitlines())])
    for suffix, text in ((".md", markdown), (".tex", latex)):
        with replacing(folder / f"{name}{suffix}") as temporary:
            temporary.write_text(text + "\n", "utf-8")
    write_csv(folder / f"{name}.csv", rows)


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, MeanAndDeviation):
        spread = "" if math.isnan(cell.deviation) else f" ± {cell.deviation:.4f}"
        return _text(cell.mean) + spread
    return "-" if math.isnan(cell) else f"{cell:.4f}"


def _escaped(text: str) -> str:
    """Text for LaTeX."""
    return _in_latex(re.sub(r"([&%$#_{}])", r"\\\1", text))


def _in_latex(text: str) -> str:
    return text.replace("±", r"$\pm$").replace("σ", r"$\sigma$").replace("²", "$^2$")


def _flat(row: TableRow) -> dict[str, str | float]:
    flat: dict[str, str | float] = {}
    for key, cell in row.items():
        if isinstance(cell, MeanAndDeviation):
            flat |= {key: cell.mean, f"{key} (sd)": cell.deviation, f"{key} (runs)": str(cell.runs)}
        else:
            flat[key] = cell
    return {k: "" if isinstance(v, float) and math.isnan(v) else v for k, v in flat.items()}
