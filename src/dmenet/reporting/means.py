"""The means of an evaluation as text: ours, and what was published on the same data."""

import math

from dmenet.reporting.published import (
    Published,
    difference,
    is_released_syndof,
    noise_of,
    published,
    unit_of,
)
from dmenet.reporting.results import Results
from dmenet.reporting.text_tables import Row, markdown_table

AT_ONCE = 9
"""Columns of numbers in a table: more would not fit a line."""

_WORDS = ("set", "method", "source")


def means_table(results: Results) -> str:
    """A row per test set and method, in as many tables as fit; why methods have no scores."""
    columns = [*results.protocol["columns"], "seconds"]
    tables = [
        markdown_table(
            [
                {
                    "set": row["set"],
                    "method": row["method"],
                    **{name: row.get(name, math.nan) for name in columns[start : start + AT_ONCE]},
                }
                for row in results.means
            ]
        )
        for start in range(0, len(columns), AT_ONCE)
    ]
    notes = dict.fromkeys(f"{row['method']}: {row['note']}" for row in results.means if row["note"])
    return "\n\n".join([*tables, *notes])


def columns_in_words(results: Results) -> str:
    """A line for each column: what it is, in which unit."""
    settings = ", ".join(f"{key} {value}" for key, value in results.protocol["settings"].items())
    lines = [f"  {name}: {words}" for name, words in results.protocol["columns"].items()]
    return "\n".join([f"Protocol {results.protocol['name']} ({settings}):", *lines])


def published_tables(results: Results) -> str:
    """What was published of the data set, under headings that say whether it compares.

    Empty if nothing was; of other synthetic images than the released ones nothing was.
    """
    tables: dict[str, list[Row]] = {}
    protocol = str(results.protocol["name"])
    for set_name in results.data["sets"]:
        if protocol == "syndof" and not is_released_syndof(results.data, set_name):
            continue
        for entry in published(protocol):
            if _is_of(entry, set_name):
                unit = unit_of(entry.source)
                why = difference(results.protocol, results.data, set_name, unit=unit)
                row = {"set": set_name, "method": entry.method, "source": entry.source}
                tables.setdefault(why, []).append({**row, **entry.scores})
    return "\n\n".join(
        f"{_heading(why)}:\n\n{markdown_table(_of_equal_keys(rows))}"
        for why, rows in sorted(tables.items())
    )


def _heading(why: str) -> str:
    if not why:
        return "Published on this data set"
    return f"Published, but not comparable (here: {why})"


def _of_equal_keys(rows: list[Row]) -> list[Row]:
    metrics = dict.fromkeys(key for row in rows for key in row if key not in _WORDS)
    return [
        {**{key: row[key] for key in _WORDS}, **{key: row.get(key, math.nan) for key in metrics}}
        for row in rows
    ]


def _is_of(entry: Published, set_name: str) -> bool:
    return entry.data_set != "rtf" or entry.noise == noise_of(set_name)
