"""Tables of results, as text and as CSV."""

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from dmenet.data.files import replacing

Row = Mapping[str, str | float]


def markdown_table(rows: Sequence[Row]) -> str:
    """Rows of equal keys as an aligned Markdown table; numbers with four decimals, nan as "-"."""
    header = list(rows[0])
    cells = [header, *([_cell(row[key]) for key in header] for row in rows)]
    numeric = [all(not isinstance(row[key], str) for row in rows) for key in header]
    widths = [max(len(line[column]) for line in cells) for column in range(len(header))]
    rule = [
        "-" * (w - 1) + ":" if right else "-" * w for w, right in zip(widths, numeric, strict=True)
    ]

    def line(values: Sequence[str]) -> str:
        padded = (
            value.rjust(width) if right else value.ljust(width)
            for value, width, right in zip(values, widths, numeric, strict=True)
        )
        return f"| {' | '.join(padded)} |"

    return "\n".join([line(cells[0]), line(rule), *(line(values) for values in cells[1:])])


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return "-" if math.isnan(value) else f"{value:.4f}"


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Write rows of equal keys; full precision."""
    with replacing(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
