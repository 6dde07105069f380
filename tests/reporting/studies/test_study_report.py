"""The report of made-up sweeps, with runs that are missing or failed."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dmenet.errors import InputError
from dmenet.reporting.published import SUBNETWORKS
from dmenet.reporting.studies.runs import read_runs
from dmenet.reporting.studies.study_report import write_report
from dmenet.reporting.text_tables import Row
from dmenet.run_file import update_run
from made_study import write_run

ERROR_PX = {"b": 1.0, "bd": 0.7, "bdc": 0.8, "bdcs": 0.5}


def rows_of(path: Path) -> list[Row]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def ablation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """BC has failed with both seeds, BDCS with one, and BDCS without heads was never started."""
    folder = tmp_path_factory.mktemp("table5")
    for row, error_px in ERROR_PX.items():
        for seed in (0, 1):
            write_run(
                folder / f"seed={seed},subnetworks={row}",
                row,
                seed,
                calibration="1x1" if row.endswith("s") else "none",
                error_px=error_px + 0.1 * seed,
                finished=(row, seed) != ("bdcs", 1),
            )
    for seed in (0, 1):
        write_run(folder / f"seed={seed},subnetworks=bc", "bc", seed, finished=False)
    return folder


@pytest.fixture(scope="module")
def report(ablation: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_report(read_runs([ablation]), folder)
    return folder


def ours_and_papers(path: Path) -> tuple[dict[str, Row], dict[str, Row]]:
    rows = rows_of(path)
    ours, paper = (
        {str(row["subnetworks"]): row for row in rows if row["source"] == source}
        for source in ("ours", "paper")
    )
    return ours, paper


def test_means_and_deviations_above_the_papers_numbers(report: Path) -> None:
    rows, paper = ours_and_papers(report / "table5_synthetic.csv")
    assert list(rows) == ["B", "BD", "BC", "BDC", "BDCS without aux", "BDCS"]
    assert len(rows) == len(SUBNETWORKS)
    # An offset of 1.0 and 1.1 px in units of 7 px.
    assert float(rows["B"]["SYNTHETIC MAE"]) == pytest.approx(1.05 / 7, rel=1e-5)
    assert float(rows["B"]["SYNTHETIC MAE (sd)"]) == pytest.approx(0.1 / 7 / np.sqrt(2), rel=1e-4)
    assert rows["B"]["SYNTHETIC MAE (runs)"] == "2"
    assert "other images than the released test/SYNDOF" in str(rows["B"]["note"])
    assert rows["B"]["note"] in (report / "report.md").read_text()
    theirs = [row["SYNTHETIC MSE"] for row in paper.values()]
    assert theirs == ["0.01", "0.008", "0.01", "0.015", "0.018", "0.011"]


def test_what_is_missing_shows_as_missing(report: Path) -> None:
    rows, _ = ours_and_papers(report / "table5_synthetic.csv")
    assert (rows["BC"]["note"], rows["BC"]["SYNTHETIC MAE"]) == ("runs: 0 of 2", "")
    assert rows["BDCS without aux"]["note"] == "runs: missing"
    assert str(rows["BDCS"]["note"]).endswith("runs: 1 of 2")
    assert rows["BDCS"]["SYNTHETIC MAE (sd)"] == ""
    text = (report / "report.md").read_text()
    assert "7 of 10 runs have finished" in text
    assert "missing: seed=1,subnetworks=bdcs: it broke" in text
    assert r"\toprule" in (report / "table5_synthetic.tex").read_text()


def test_table_4_is_a_reading_of_the_same_runs(report: Path) -> None:
    rows, paper = ours_and_papers(report / "table4_synthetic.csv")
    assert list(rows) == ["BDC", "BDCS"]
    assert [row["SYNTHETIC MAE"] for row in paper.values()] == ["0.093", "0.072"]


def test_figures_of_the_ablation(report: Path) -> None:
    for name in ("bars", "maps", "precision_recall"):
        assert Image.open(report / f"table5_synthetic_{name}.png").width > 300


def test_kernel_size_and_binarization(tmp_path: Path) -> None:
    for calibration, row in {"none": "bdc", "1x1": "bdcs", "3x3": "bdcs", "direct": "bdcs"}.items():
        write_run(tmp_path / "sweep" / calibration, row, 0, calibration=calibration, error_px=0.5)
    write_report(read_runs([tmp_path / "sweep"]), tmp_path / "report")
    kernels = rows_of(tmp_path / "report/figure1_synthetic.csv")
    assert [row["calibration"] for row in kernels] == ["S, 1x1", "S, 3x3"]
    # The same error everywhere: nothing is smudged.
    assert float(kernels[0]["near / elsewhere"]) == pytest.approx(1)
    binary = rows_of(tmp_path / "report/binarization_synthetic.csv")
    assert [row["runs"] for row in binary] == ["1 of 1"] * 3
    # The truth is 0 or 5 of 7 px; half a pixel more is no longer within 0.05 of 0.
    assert float(binary[0]["share near 0 or 1"]) == 0
    assert 0.7 < float(binary[0]["true share"]) < 0.9
    assert (tmp_path / "report/binarization_synthetic_histogram.png").is_file()
    assert (tmp_path / "report/figure1_synthetic_maps.png").is_file()


def test_a_search_shows_its_best_trial_first(tmp_path: Path) -> None:
    for number, weight in enumerate((0.1, 0.01, 0.001)):
        write_run(
            tmp_path / str(number), "bdcs", 0, sharpness_weight=weight, objective=abs(weight - 0.01)
        )
    write_report(read_runs([tmp_path]), tmp_path / "report")
    rows = rows_of(tmp_path / "report/search.csv")
    assert [row["weight of sharpness"] for row in rows] == ["0.01", "0.001", "0.1"]
    assert "weight of defocus" not in rows[0]


def test_runs_of_different_settings_are_not_mixed_in_silence(tmp_path: Path) -> None:
    write_run(tmp_path / "a", "b", 0)
    write_run(tmp_path / "b", "bd", 1)
    update_run(tmp_path / "b", settings={"seed": 1, "data.crop": 64})
    report = write_report(read_runs([tmp_path]), tmp_path / "report")
    assert "CAUTION, the runs differ in more than their parts: data.crop (32, 64)" in report.text


def test_a_folder_without_runs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no runs there"):
        read_runs([tmp_path])


def test_runs_of_older_versions_are_named(tmp_path: Path) -> None:
    (tmp_path / "a" / "checkpoints").mkdir(parents=True)
    (tmp_path / "a" / "settings.yaml").touch()
    with pytest.raises(InputError, match=f"{tmp_path}: .* older version"):
        read_runs([tmp_path])
    update_run(tmp_path / "a", about={"row": "b"}, settings={})
    with pytest.raises(InputError, match=r"run\.json: has no 'calibration'.* older version"):
        read_runs([tmp_path])
