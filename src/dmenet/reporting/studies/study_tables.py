"""The tables of studies that the paper has no numbers of: how S is built, and searches."""

from collections.abc import Callable, Mapping, Sequence

from dmenet.reporting.studies.runs import Run, TestSet
from dmenet.reporting.text_tables import TableRow, mean_and_deviation

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


def calibration_rows(
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
        rows.append({"calibration": name, "runs": share_finished(of_row), **cells})
    return rows


def search_rows(runs: Sequence[Run]) -> list[TableRow]:
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


def share_finished(runs: Sequence[Run]) -> str:
    """Such as "2 of 3"; "missing" where there are none."""
    return f"{sum(run.finished is not None for run in runs)} of {len(runs)}" if runs else "missing"
