"""From folders of results to the tables of the paper.

Methods are taken for the rows that have their names: subnetworks ("b" to "bdcs") in Tables 4 and 5,
methods as in Table 6.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from dmenet.metrics.protocols import Scores
from dmenet.reporting.means import noise_of
from dmenet.reporting.paper_tables import (
    OURS,
    RunScores,
    table4,
    table5,
    table6,
    table6_per_image,
)
from dmenet.reporting.published import difference
from dmenet.reporting.results import Results
from dmenet.reporting.tables import NOTE, Cell, TableRow, mean_of

NOISES = ("0", "1", "1.6")

Tables = dict[str, list[TableRow]]
"""By the name of their file."""


def table4_of(results: Sequence[Results], missing: Mapping[str, str]) -> Tables:
    """Table 4; ``missing`` says by subnetworks or data set why something is not there."""
    return {"table4": _said_of_data(table4(run_scores(results), missing), results)}


def table5_of(results: Sequence[Results], missing: Mapping[str, str]) -> Tables:
    """Table 5; arguments as in ``table4_of``."""
    return {"table5": _said_of_data(table5(run_scores(results), missing), results)}


def table6_of(results: Sequence[Results], missing: Mapping[str, str]) -> Tables:
    """Table 6 and its errors by image; ``missing`` is by method, or "rtf"."""
    ours: dict[tuple[str, str], Scores] = {}
    by_image: dict[str, dict[str, float]] = {}
    for result in results:
        if result.protocol["name"] != "rtf":
            continue
        for set_name in result.data["sets"]:
            for method in result.methods:
                if scores := result.mean(set_name, method):
                    ours[noise_of(set_name), method] = scores
                if noise_of(set_name) == "0":
                    by_image[method] = result.values(set_name, method, "mae_px")
    return {
        "table6": _said_of_data(table6(ours, missing, NOISES), results),
        "table6_per_image": table6_per_image(by_image),
    }


def run_scores(results: Iterable[Results]) -> dict[str, RunScores]:
    """Means by subnetworks and data set; several results of the same are several runs."""
    found: dict[str, dict[str, list[Scores]]] = defaultdict(lambda: defaultdict(list))
    for result in results:
        data_set = str(result.protocol["name"])
        for method in result.methods:
            if scores := result.mean(main_set(result), method):
                found[method.lower()][data_set].append(scores)
    return {subnetworks: dict(of_sets) for subnetworks, of_sets in found.items()}


def _said_of_data(rows: Sequence[TableRow], results: Iterable[Results]) -> list[TableRow]:
    """The rows; those of ours with numbers say what of their data is not as published."""
    notes = dict.fromkeys(
        f"{str(result.protocol['name']).upper()}: {why}, no comparison with published means"
        for result in results
        if (why := difference(result.protocol, result.data, main_set(result), unit="sigma7"))
    )
    return [
        {**row, NOTE: "; ".join(filter(None, [*notes, str(row[NOTE])]))}
        if row["source"] == OURS and any(_is_known(cell) for cell in row.values())
        else row
        for row in rows
    ]


def _is_known(cell: Cell) -> bool:
    return not isinstance(cell, str) and not math.isnan(mean_of(cell))


def main_set(results: Results) -> str:
    """The test set that stands in a table: of RTF the one without noise, else the first."""
    sets: list[str] = list(results.data["sets"])
    without_noise = [name for name in sets if noise_of(name) == "0"]
    return (without_noise or sets or [""])[0]


def images_in_words(results: Iterable[Results]) -> list[str]:
    """Of each test set, how many images it has."""
    return [
        f"{name} ({about['images']} image{'s' * (about['images'] != 1)})"
        for result in results
        for name, about in result.data["sets"].items()
    ]
