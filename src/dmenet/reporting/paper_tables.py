"""Tables 4, 5 and 6 of the paper: a row of ours above the row that was published.

The functions take means over test sets, of one or several runs each, and know nothing of how they
came about. What is missing is nan in the row and said in its note.
"""

import math
from collections.abc import Mapping, Sequence

from dmenet.metrics.protocols import Scores
from dmenet.reporting import published
from dmenet.reporting.tables import Cell, TableRow, mean_and_deviation

OURS, PAPER = "ours", "paper"

RunScores = Mapping[str, Sequence[Scores]]
"""Data set ("syndof", "rtf", "cuhk"): its means, of each run."""

_TABLE_4_METRICS = ("mse", "mae")

_TABLE_5_COLUMNS = {
    "SYNDOF MSE": ("syndof", "mse", "syndof_mse"),
    "SYNDOF MAE": ("syndof", "mae", "syndof_mae"),
    "RTF MSE": ("rtf", "mse", "rtf_mse"),
    "RTF MAE": ("rtf", "mae", "rtf_mae"),
    "CUHK accuracy": ("cuhk", "accuracy", "cuhk_acc"),
    # The paper does not say which of the two its mAP is.
    "CUHK AP per image": ("cuhk", "ap_per_image", "cuhk_map"),
    "CUHK AP pooled": ("cuhk", "ap_pooled", "cuhk_map"),
}
"""Heading: data set, our metric, the paper's column."""

_TABLE_6_COLUMNS = {
    "MSE /3.275²": "mse",
    "MAE /3.275": "mae",
    "MSE px²": "mse_px",
    "MAE px": "mae_px",
    "seconds": "seconds",
}


def table4(ours: Mapping[str, RunScores], missing: Mapping[str, str]) -> list[TableRow]:
    """Sharpness calibration: errors on SYNDOF and RTF with and without S.

    Args:
        ours: by subnetworks, of which "bdc" and "bdcs" are read.
        missing: by subnetworks or data set: why something is not there.
    """
    rows: list[TableRow] = []
    for (data_set, subnetworks), paper in published.table4().items():
        runs = ours.get(subnetworks, {}).get(data_set, [])
        words = {"data set": data_set.upper(), "subnetworks": published.in_words(subnetworks)}
        own = {m.upper(): _spread(runs, m) for m in _TABLE_4_METRICS}
        note = "" if runs else _reason((subnetworks, data_set), missing)
        rows.append({**words, "source": OURS, **own, "note": note})
        theirs = {m.upper(): paper[m] for m in _TABLE_4_METRICS}
        rows.append({**words, "source": PAPER, **theirs, "note": ""})
    return rows


def table5(ours: Mapping[str, RunScores], missing: Mapping[str, str]) -> list[TableRow]:
    """Ablation: which subnetworks matter, on all three data sets; arguments as in ``table4``."""
    rows: list[TableRow] = []
    for subnetworks in published.SUBNETWORKS:
        runs = ours.get(subnetworks, {})
        own = {
            heading: _spread(runs.get(data_set, []), metric)
            for heading, (data_set, metric, _) in _TABLE_5_COLUMNS.items()
        }
        data_sets = dict.fromkeys(data_set for data_set, _, _ in _TABLE_5_COLUMNS.values())
        absent = [data_set for data_set in data_sets if not runs.get(data_set)]
        reasons = dict.fromkeys(_reason((subnetworks, data_set), missing) for data_set in absent)
        name = {"subnetworks": published.in_words(subnetworks)}
        rows.append({**name, "source": OURS, **own, "note": "; ".join(reasons)})
        paper = published.table5()[subnetworks]
        theirs = {heading: paper[key] for heading, (_, _, key) in _TABLE_5_COLUMNS.items()}
        rows.append({**name, "source": PAPER, **theirs, "note": ""})
    return rows


def table6(
    ours: Mapping[tuple[str, str], Scores], missing: Mapping[str, str], noises: Sequence[str]
) -> list[TableRow]:
    """RTF with noise: errors of every method in both units, and seconds an image.

    Args:
        ours: by noise ("0", "1", "1.6") and method; methods that the paper has under its names.
        missing: by method, or "rtf": why something is not there.
        noises: the noises to show, in this order.
    """
    methods = dict.fromkeys([method for _, method in published.table6()])
    methods |= dict.fromkeys([method for _, method in ours])
    methods |= dict.fromkeys(name for name in missing if name != "rtf")
    rows: list[TableRow] = []
    for noise in noises:
        for method in methods:
            own = ours.get((noise, method), {})
            words = {"noise": noise, "method": method}
            note = "" if own else _reason((method, "rtf"), missing)
            rows.append({**words, "source": OURS, **_row6(own), "note": note})
            if paper := published.table6().get((noise, method)):
                rows.append({**words, "source": PAPER, **_row6(paper), "note": ""})
    return rows


def table6_per_image(ours: Mapping[str, Mapping[str, float]]) -> list[TableRow]:
    """MAE in px of each image of RTF without noise: a row per image, a pair of columns per method.

    Args:
        ours: by method, then by image ("01" to "22").
    """
    paper = published.table6_per_image()
    methods = dict.fromkeys([*(method for _, method in paper), *ours])
    images = dict.fromkeys([*(image for image, _ in paper), *(i for m in ours for i in ours[m])])
    rows: list[TableRow] = []
    for image in images:
        row: dict[str, Cell] = {"image": image}
        for method in methods:
            row[method] = ours.get(method, {}).get(image, math.nan)
            if (image, method) in paper or any(m == method for _, m in paper):
                row[f"{method} (paper)"] = paper.get((image, method), {}).get("mae_px", math.nan)
        rows.append(row)
    return rows


def _row6(scores: Mapping[str, float]) -> dict[str, Cell]:
    return {heading: scores.get(key, math.nan) for heading, key in _TABLE_6_COLUMNS.items()}


def _spread(runs: Sequence[Scores], metric: str) -> Cell:
    """The value of one run, or the mean and standard deviation of several."""
    values = [run.get(metric, math.nan) for run in runs]
    spread = mean_and_deviation(values)
    return spread if len(values) > 1 else spread.mean


def _reason(keys: tuple[str, ...], missing: Mapping[str, str]) -> str:
    known = [missing[key] for key in keys if key in missing]
    return known[0] if known else f"no scores of {' on '.join(keys)}"
