"""The tables of a study: means and deviations over seeds, beside the paper's own numbers."""

import math
from collections.abc import Callable, Sequence

from dmenet.reporting.means import noise_of
from dmenet.reporting.published import SUBNETWORKS, in_words, table4, table5
from dmenet.reporting.studies.map_statistics import METHOD
from dmenet.reporting.studies.runs import Run, TestSet
from dmenet.reporting.tables import Cell, TableRow, mean_and_deviation

ORDINARY = ("none", "1x1")
"""How S is built, if there is one, in Table 5."""

METRICS = ("mse", "mae", "accuracy", "ap", "ap_per_image", "ap_pooled")
"""Those of Table 5, of whichever the protocol has."""

BESIDE = {
    "syndof": ("syndof",),
    "rtf": ("rtf",),
    "cuhk": ("cuhk",),
    "synthetic": ("syndof",),
    "motorcycle": ("rtf", "cuhk"),
}
"""Which columns of the paper stand beside a protocol or, of the embedded data, a test set. The
embedded sets are other data: the paper's columns then show which order to expect, no values."""


def set_key(test_set: TestSet) -> tuple[str, str]:
    """Data and name of a test set, under which runs are compared."""
    return test_set.data, test_set.name


def table5_rows(runs: Sequence[Run], test_sets: Sequence[TestSet]) -> list[TableRow]:
    """Table 5 on one test set: a row for each of the six, those without runs included.

    Args:
        runs: all of the study, unfinished ones too.
        test_sets: what they reached on one test set.
    """
    rows: list[TableRow] = []
    for row in SUBNETWORKS:
        of_row = [run for run in runs if run.row == row and run.calibration in ORDINARY]
        reached = [t for t in test_sets if t.run in of_row]
        rows.append(
            {
                "subnetworks": in_words(row),
                "runs": _share_finished(of_row),
                **_measured(reached, _metrics_of(test_sets)),
                **{
                    f"paper: {column.replace('_', ' ')}": value
                    for column, value in table5()[row].items()
                    if column.split("_")[0] in _beside(test_sets)
                },
            }
        )
    return rows


def table4_rows(runs: Sequence[Run], test_sets: Sequence[TestSet]) -> list[TableRow]:
    """Table 4 on one test set: with and without S, from the same runs as Table 5."""
    rows: list[TableRow] = []
    for row in ("bdc", "bdcs"):
        of_row = [run for run in runs if run.row == row and run.calibration in ORDINARY]
        reached = [t for t in test_sets if t.run in of_row]
        paper: dict[str, Cell] = {}
        for data_set in _beside(test_sets):
            for metric, value in table4().get((data_set, row), {}).items():
                paper[f"paper: {data_set} {metric}"] = value
        measured = _measured(reached, [m for m in _metrics_of(test_sets) if m in ("mse", "mae")])
        rows.append(
            {"subnetworks": in_words(row), "runs": _share_finished(of_row), **measured, **paper}
        )
    return rows


def kernel_size_rows(runs: Sequence[Run], test_sets: Sequence[TestSet]) -> list[TableRow]:
    """Figure 1 in numbers: the absolute error near the true edges of the blur, and elsewhere."""

    def smudging(test_set: TestSet) -> float:
        near, far = (test_set.statistic(f"mae_{place}") for place in ("near_edges", "elsewhere"))
        return near / far

    columns: dict[str, Callable[[TestSet], float]] = {
        "MAE": lambda t: t.results.mean(t.name, METHOD)["mae"],
        "MAE near edges": lambda t: t.statistic("mae_near_edges"),
        "MAE elsewhere": lambda t: t.statistic("mae_elsewhere"),
        "near / elsewhere": smudging,
    }
    return _by_calibration(runs, test_sets, ("1x1", "3x3"), columns)


def binarization_rows(runs: Sequence[Run], test_sets: Sequence[TestSet]) -> list[TableRow]:
    """How binary the maps are: the share of values within 0.05 of 0 or 1, and the true share."""
    columns: dict[str, Callable[[TestSet], float]] = {
        "share near 0 or 1": lambda t: t.statistic("extremes"),
        "true share": lambda t: t.statistic("true_extremes"),
        "MAE": lambda t: t.results.mean(t.name, METHOD)["mae"],
    }
    return _by_calibration(runs, test_sets, ("none", "1x1", "direct"), columns)


def search_rows(runs: Sequence[Run]) -> list[TableRow]:
    """Trials of a search over settings, those with the smallest objective first."""
    done = [run for run in runs if run.finished and run.finished["objective"] is not None]
    varied = [
        name
        for name in (done[0].loss_weights if done else {})
        if len({run.loss_weights[name] for run in done}) > 1
    ]
    return [
        {
            "objective": float(run.finished["objective"]),  # type: ignore[index]
            "seed": str(run.seed),
            **{f"weight of {name}": f"{run.loss_weights[name]:.3g}" for name in varied},
        }
        for run in sorted(done, key=lambda r: r.finished["objective"])  # type: ignore[index]
    ]


CALIBRATIONS = {
    "none": "without S",
    "1x1": "S, 1x1",
    "3x3": "S, 3x3",
    "direct": "L_S on the map itself",
}


def _by_calibration(
    runs: Sequence[Run],
    test_sets: Sequence[TestSet],
    calibrations: Sequence[str],
    columns: dict[str, Callable[[TestSet], float]],
) -> list[TableRow]:
    rows: list[TableRow] = []
    for calibration in calibrations:
        of_row = [run for run in runs if run.calibration == calibration]
        reached = [t for t in test_sets if t.run in of_row]
        cells = {
            name: mean_and_deviation([value(test_set) for test_set in reached])
            for name, value in columns.items()
        }
        name = CALIBRATIONS[calibration]
        rows.append({"calibration": name, "runs": _share_finished(of_row), **cells})
    return rows


def _metrics_of(test_sets: Sequence[TestSet]) -> list[str]:
    columns = test_sets[0].results.protocol["columns"]
    return [metric for metric in METRICS if metric in columns]


def _measured(reached: Sequence[TestSet], metrics: Sequence[str]) -> dict[str, Cell]:
    means = [t.results.mean(t.name, METHOD) for t in reached]
    return {m: mean_and_deviation([mean.get(m, math.nan) for mean in means]) for m in metrics}


def _share_finished(runs: Sequence[Run]) -> str:
    return f"{sum(run.finished is not None for run in runs)} of {len(runs)}" if runs else "missing"


def _beside(test_sets: Sequence[TestSet]) -> tuple[str, ...]:
    name, protocol = test_sets[0].name, test_sets[0].results.protocol["name"]
    # The paper's Table 5 has no noise.
    if noise_of(name) not in ("", "0"):
        return ()
    return BESIDE.get(protocol, BESIDE.get(name, ()))
