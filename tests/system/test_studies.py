"""A sweep from its start to its report, with W&B offline; and one that is killed and goes on."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from dmenet.commands import report, train
from dmenet.run_file import read_run
from forked import Command
from wandb_records import read_records

SMALL = (
    "model.blur_estimation.width=0.03",
    "data.generate._target_=fake_embedded.generate",
    "data.crop=32",
    "data.batch_size=4",
    "trainer.check_val_every_n_epoch=1",
    "trainer.log_every_n_steps=1",
    "experiment=embedded_study",
)
LOSSES = ("defocus", "auxiliary", "content", "total")


def environment(folder: Path) -> dict[str, str]:
    return {"DMENET_CACHE": str(folder / "cache")}


Run = Callable[..., None]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder that is nowhere near the checkout."""
    return tmp_path_factory.mktemp("here")


@pytest.fixture
def run(here: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in this process, in ``here``."""
    monkeypatch.chdir(here)
    for variable, value in environment(here).items():
        monkeypatch.setenv(variable, value)

    def run(main: Callable[[], None], *arguments: str) -> None:
        monkeypatch.setattr(sys, "argv", [main.__module__.rpartition(".")[2], *arguments])
        main()

    return run


SWEEP = (
    "sweeps=table5_subnetworks_embedded", "launcher=serial", *SMALL, "trainer.max_epochs=2",
    "subnetworks=b,bc", "seed=0", "logger=wandb_offline", "callbacks.wandb_checkpoint.upload=true",
)  # fmt: skip


@pytest.fixture
def jobs(here: Path, run: Run) -> dict[str, Path]:
    """The folders of the two jobs of a finished sweep, by subnetworks."""
    folder = here / "runs/sweeps/table5_subnetworks_embedded"
    if not folder.exists():
        run(train.main, *SWEEP)
    named = {
        "bc" if path.parent.name.startswith("subnetworks=bc") else "b": path.parent
        for path in folder.glob("*/run.json")
        if "finished" in read_run(path.parent)
    }
    assert set(named) == {"b", "bc"}
    return named


def test_finished_jobs_are_left_alone(jobs: dict[str, Path], run: Run) -> None:
    before = {path: path.stat().st_mtime_ns for path in jobs["b"].rglob("*.ckpt")}
    assert before
    run(train.main, *SWEEP)
    assert {path: path.stat().st_mtime_ns for path in jobs["b"].rglob("*.ckpt")} == before
    assert "Finished before" in (jobs["bc"] / "train.log").read_text()


def test_the_report_of_the_sweep(here: Path, jobs: dict[str, Path], run: Run) -> None:
    run(report.main, f"folders=[{jobs['b'].parent}]", "output=reported")
    text = (here / "reported/report.md").read_text()
    assert "2 of 2 runs have finished" in text
    evaluation = jobs["bc"] / "evaluation/embedded"
    assert (evaluation / "result.json").is_file()
    assert len(list((evaluation / "maps/dmenet/synthetic").iterdir())) == 2


def records_of(job: Path) -> dict[str, list[Any]]:
    """What the job logged, by the kind of record."""
    (file,) = job.glob("wandb/offline-run-*/*.wandb")
    found: dict[str, list[Any]] = {}
    for record in read_records(file):
        kind = record.WhichOneof("record_type")
        found.setdefault(kind, []).append(getattr(record, kind))
    return found


def items_of(records: list[Any], field: str) -> dict[str, Any]:
    """Keys and values of several records, later ones over earlier ones."""
    return {
        item.key or "/".join(item.nested_key): json.loads(item.value_json)
        for record in records
        for item in getattr(record, field)
    }


def test_every_job_of_the_sweep_is_a_run_of_its_own(jobs: dict[str, Path]) -> None:
    runs = {name: records_of(job)["run"][0] for name, job in jobs.items()}
    assert runs["b"].run_id != runs["bc"].run_id
    for name, found in runs.items():
        assert found.run_group == "table5_subnetworks_embedded"
        assert (found.job_type, list(found.tags)) == ("train", [name])


def test_what_was_logged_is_found_in_the_run(jobs: dict[str, Path]) -> None:
    records = records_of(jobs["bc"])
    logged = items_of(records["history"], "item")
    assert {f"train/{loss}" for loss in LOSSES} <= set(logged)
    assert {"val/synthetic/mse", "val/synthetic/mae", "learning_rate", "epoch"} <= set(logged)
    assert logged["validation_maps/ncols"] == 5
    tables = [r for r in records["history"] if items_of([r], "item").get("validation_maps/nrows")]
    assert len(tables) == 2, "one table for each validation"
    configuration = items_of([records["run"][0].config, *records["config"]], "update")
    assert configuration["model"]["blur_estimation"]["width"] == 0.03
    assert configuration["seed"] == 0
    assert "git_commit" in configuration


def test_the_summary_has_the_least_and_the_greatest_value(jobs: dict[str, Path]) -> None:
    records = records_of(jobs["b"])
    defined = {m.glob_name: m.summary for m in records["metric"] if m.glob_name}
    for metrics in ("train/*", "val/*"):
        assert defined[metrics].min
        assert defined[metrics].max


def test_the_best_checkpoint_is_an_artifact_when_asked_for(jobs: dict[str, Path]) -> None:
    records = records_of(jobs["b"])
    (model,) = [a for a in records["artifact"] if a.type == "model"]
    assert model.name.endswith("-best")
    assert json.loads(model.metadata)["monitor"] == "val/synthetic/mse"


def test_wandb_keeps_everything_in_the_runs_folder(here: Path, jobs: dict[str, Path]) -> None:
    assert (jobs["b"] / "wandb").is_dir()
    assert not (here / "wandb").exists()
    assert "WANDB_CACHE_DIR" not in os.environ
    assert "WANDB_MODE" not in os.environ


def test_a_killed_sweep_goes_on_where_it_stopped(here: Path, run: Run) -> None:
    sweep = (
        "-m", "hydra.sweep.dir=killed", *SMALL, "trainer.max_epochs=10", "subnetworks=b",
        "seed=0,1", "data.seed=0",
    )  # fmt: skip
    process = Command(here, "train", *sweep, environment=environment(here))

    def second() -> list[Path]:
        jobs = sorted((here / "killed").glob("*seed=1*"), key=lambda path: path.name)
        return [c for job in jobs for c in job.glob("checkpoints/last.ckpt")]

    while not second():
        assert process.poll() is None, process.wait()
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (checkpoint,) = second()
    done = torch.load(checkpoint, weights_only=True)["epoch"]
    runs = {path: read_run(path.parent) for path in (here / "killed").glob("*/run.json")}
    (first,) = (path for path, found in runs.items() if "finished" in found)
    last = first.parent / "checkpoints/last.ckpt"
    finished = last.stat().st_mtime_ns
    assert done < 9
    run(train.main, *sweep)
    assert last.stat().st_mtime_ns == finished
    assert torch.load(checkpoint, weights_only=True)["epoch"] == 9
    log = (checkpoint.parents[1] / "train.log").read_text()
    assert "Resuming from" in log
    assert [read_run(path.parent)["job"]["state"] for path in runs] == ["finished"] * 2
