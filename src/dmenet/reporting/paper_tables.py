"""Tables 4, 5 and 6 of the paper: a row of ours above the row that was published.

Methods are matched by name: in Tables 4 and 5 by their subnetworks ("b" to "bdcs"), in Table 6 as
published. What is missing is nan in the row, and its note says why.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from dmenet.metrics.protocols import Scores
from dmenet.reporting import published
from dmenet.reporting.published import noise_of
from dmenet.reporting.results import Results
from dmenet.reporting.text_tables import (
    NOTE,
    Cell,
    TableRow,
    mean_and_deviation,
    mean_of,
)

OURS, PAPER = "ours", "paper"
NOISES = ("0", "1", "1.6")

TABLE_4_ROWS, TABLE_4_METRICS = ("bdc", "bdcs"), ("mse", "mae")
"""Table 4 is a part of Table 5: errors with and without S."""

METRICS = {
    "mse": "MSE",
    "mae": "MAE",
    "accuracy": "accuracy",
    "ap_per_image": "AP per image",
    "ap_pooled": "AP pooled",
}
"""Of Tables 4 and 5, with their headings; the paper does not say which AP its mAP is."""

PUBLISHED_AS = {
    "syndof": {"mse": "syndof_mse", "mae": "syndof_mae"},
    "rtf": {"mse": "rtf_mse", "mae": "rtf_mae"},
    "cuhk": {"accuracy": "cuhk_acc", "ap_per_image": "cuhk_map", "ap_pooled": "cuhk_map"},
    "motorcycle": {
        "mse": "rtf_mse",
        "mae": "rtf_mae",
        "accuracy": "cuhk_acc",
        "ap_per_image": "cuhk_map",
    },
}
"""The columns of Table 5 that stand beside a protocol's metrics or, for the embedded photographs, a
test set's. Beside embedded data they show which order to expect, not which values."""

TABLE_6_COLUMNS = {
    "MSE /3.275²": "mse",
    "MAE /3.275": "mae",
    "MSE px²": "mse_px",
    "MAE px": "mae_px",
    "seconds": "seconds",
}

Tables = dict[str, list[TableRow]]
"""Rows by the name of the table's file."""

Missing = Mapping[str, str]
"""By method or data set: why it has no scores."""

Runs = Mapping[str, Mapping[str, Sequence[Scores]]]
"""By method, then by data set: the means of each run."""


class Column(NamedTuple):
    """A column of Table 4 or 5.

    Attributes:
        heading: in words.
        data_set: whose means.
        metric: of ours.
        published: the paper's column; None if it has none.
    """

    heading: str
    data_set: str
    metric: str
    published: str | None


def columns_of(data_set: str, metrics: Iterable[str], published_as: str) -> list[Column]:
    """The columns of a data set.

    Args:
        data_set: its name in ``Runs``.
        metrics: those that its protocol has.
        published_as: a key of ``PUBLISHED_AS``; others have no published columns.
    """
    theirs = PUBLISHED_AS.get(published_as, {})
    return [
        Column(f"{data_set.upper()} {words}", data_set, metric, theirs.get(metric))
        for metric, words in METRICS.items()
        if metric in metrics
    ]


COLUMNS = [c for name in published.DATA_SETS for c in columns_of(name, PUBLISHED_AS[name], name)]
"""Of Table 5."""


def table4_of(results: Sequence[Results], missing: Missing) -> Tables:
    """Table 4: errors on SYNDOF and RTF with and without S."""
    columns = [column for column in COLUMNS if column.metric in TABLE_4_METRICS]
    rows = ablation(TABLE_4_ROWS, columns, run_scores(results), missing)
    return {"table4": with_differences(rows, main_sets(results))}


def table5_of(results: Sequence[Results], missing: Missing) -> Tables:
    """Table 5: which subnetworks matter, on all three data sets."""
    rows = ablation(published.SUBNETWORKS, COLUMNS, run_scores(results), missing)
    return {"table5": with_differences(rows, main_sets(results))}


def table6_of(results: Sequence[Results], missing: Missing) -> Tables:
    """Table 6: every method on RTF with noise, and its errors by image without."""
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
        "table6": with_differences(_table6(ours, missing), main_sets(results)),
        "table6_per_image": _table6_per_image(by_image),
    }


def ablation(
    names: Iterable[str], columns: Sequence[Column], runs: Runs, missing: Missing
) -> list[TableRow]:
    """Two rows for each subnetworks: ours, means with deviations of several runs, and the paper's.

    Args:
        names: of subnetworks, as in ``conf/subnetworks``.
        columns: of the table.
        runs: by subnetworks.
        missing: by subnetworks or data set.
    """
    rows: list[TableRow] = []
    for name in names:
        of_name = runs.get(name, {})
        own = {c.heading: _spread(of_name.get(c.data_set, []), c.metric) for c in columns}
        theirs = published.table5()[name]
        paper = {c.heading: theirs[c.published] if c.published else math.nan for c in columns}
        absent = dict.fromkeys(c.data_set for c in columns if not of_name.get(c.data_set))
        reasons = dict.fromkeys(_reason((name, data_set), missing) for data_set in absent)
        note = missing.get(name, "; ".join(reasons))
        words = {"subnetworks": published.in_words(name)}
        rows.append({**words, "source": OURS, **own, NOTE: note})
        rows.append({**words, "source": PAPER, **paper, NOTE: ""})
    return rows


def run_scores(results: Iterable[Results]) -> Runs:
    """Means by subnetworks and data set; several results of the same are several runs."""
    found: dict[str, dict[str, list[Scores]]] = defaultdict(lambda: defaultdict(list))
    for result, set_name in main_sets(results):
        for method in result.methods:
            if scores := result.mean(set_name, method):
                found[method.lower()][str(result.protocol["name"])].append(scores)
    return found


def main_sets(results: Iterable[Results]) -> list[tuple[Results, str]]:
    """The test set of each that stands in a table: of RTF without noise, else the first."""
    found = []
    for result in results:
        sets: list[str] = list(result.data["sets"])
        without_noise = [name for name in sets if noise_of(name) == "0"]
        found.append((result, (without_noise or sets or [""])[0]))
    return found


def with_differences(
    rows: Iterable[TableRow], sets: Iterable[tuple[Results, str]]
) -> list[TableRow]:
    """The rows; those of ours with numbers say what of their data is not as published."""
    notes = dict.fromkeys(
        f"{str(result.protocol['name']).upper()}: {why}, no comparison with published means"
        for result, name in sets
        if (why := published.difference(result.protocol, result.data, name, unit="sigma7"))
    )
    return [
        {**row, NOTE: "; ".join(filter(None, [*notes, str(row[NOTE])]))}
        if row["source"] == OURS and any(_is_known(cell) for cell in row.values())
        else row
        for row in rows
    ]


def images_in_words(results: Iterable[Results]) -> list[str]:
    """Of each test set, how many images it has."""
    return [
        f"{name} ({about['images']} image{'s' * (about['images'] != 1)})"
        for result in results
        for name, about in result.data["sets"].items()
    ]


def _table6(ours: Mapping[tuple[str, str], Scores], missing: Missing) -> list[TableRow]:
    """Errors in both units and seconds an image; ``ours`` by noise and method."""
    theirs = published.table6()
    names = [*(m for _, m in theirs), *(m for _, m in ours), *(m for m in missing if m != "rtf")]

    def row(noise: str, method: str, source: str, scores: Scores, note: str) -> TableRow:
        cells = {heading: scores.get(key, math.nan) for heading, key in TABLE_6_COLUMNS.items()}
        return {"noise": noise, "method": method, "source": source, **cells, NOTE: note}

    rows = []
    for noise in NOISES:
        for method in dict.fromkeys(names):
            own = ours.get((noise, method), {})
            rows.append(
                row(noise, method, OURS, own, "" if own else _reason((method, "rtf"), missing))
            )
            if paper := theirs.get((noise, method)):
                rows.append(row(noise, method, PAPER, paper, ""))
    return rows


def _table6_per_image(ours: Mapping[str, Mapping[str, float]]) -> list[TableRow]:
    """MAE in px of each image of RTF without noise; ``ours`` by method, then by image."""
    paper = published.table6_per_image()
    published_methods = {method for _, method in paper}
    images = dict.fromkeys([*(image for image, _ in paper), *(i for m in ours.values() for i in m)])
    rows: list[TableRow] = []
    for image in images:
        row: dict[str, Cell] = {"image": image}
        for method in dict.fromkeys([*(method for _, method in paper), *ours]):
            row[method] = ours.get(method, {}).get(image, math.nan)
            if method in published_methods:
                row[f"{method} (paper)"] = paper.get((image, method), {}).get("mae_px", math.nan)
        rows.append(row)
    return rows


def _spread(runs: Sequence[Scores], metric: str) -> Cell:
    """The value of one run, or the mean and standard deviation of several."""
    values = [run.get(metric, math.nan) for run in runs]
    spread = mean_and_deviation(values)
    return spread if len(values) > 1 else spread.mean


def _reason(keys: tuple[str, ...], missing: Missing) -> str:
    known = [missing[key] for key in keys if key in missing]
    return known[0] if known else f"no scores of {' on '.join(keys)}"


def _is_known(cell: Cell) -> bool:
    return not isinstance(cell, str) and not math.isnan(mean_of(cell))
