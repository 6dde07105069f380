"""Multiruns: names of jobs, failures, going on; training is a stand-in that takes no time."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import DictConfig

from dmenet.commands.hydra.configuration import command
from dmenet.commands.hydra.jobs import LONGEST_NAME, job_name, run_group
from dmenet.errors import InputError
from dmenet.run_file import read_run

OVERRIDES = st.lists(
    st.builds(
        "{}={}".format,
        st.sampled_from(["seed", "data.crop", "model/auxiliary", "+data.extra", "subnetworks"]),
        st.text("ab/._-{}1", min_size=1, max_size=60),
    ),
    unique_by=lambda override: override.partition("=")[0],
)


@given(OVERRIDES, OVERRIDES)
def test_a_job_is_named_by_its_overrides_alone(first: list[str], second: list[str]) -> None:
    assert job_name(first) == job_name(first[::-1])
    assert len(job_name(first)) <= LONGEST_NAME + 9
    assert "/" not in job_name(first)
    if sorted(first) != sorted(second):
        assert job_name(first) != job_name(second)


def test_names_are_readable_and_leave_out_what_makes_no_other_job() -> None:
    overrides = ["sweeps=table5", "subnetworks=bdcs", "logger=wandb", "seed=1", "launcher=slurm"]
    assert job_name(overrides) == "subnetworks=bdcs,seed=1"
    assert job_name(["model/auxiliary=none"]) == "model.auxiliary=none"
    assert job_name([]) == "default"


def test_runs_of_a_sweep_are_a_group(tmp_path: Path) -> None:
    assert run_group(str(tmp_path / "sweep" / "seed=1")) == "seed=1"
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "sweep.json").touch()
    assert run_group(str(tmp_path / "sweep" / "seed=1")) == "sweep"


Multirun = Callable[..., None]


@pytest.fixture
def multirun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Multirun:
    """Runs a function as ``synthesize -m``, whose configuration is the smallest."""
    monkeypatch.chdir(tmp_path)

    def run(function: Callable[[DictConfig], Any], *overrides: str) -> None:
        arguments = ["-m", "hydra.sweep.dir=sweep", *overrides]
        monkeypatch.setattr(sys, "argv", ["synthesize", *arguments])
        command("synthesize")(function)()

    return run


def state(seed: int) -> dict[str, Any]:
    job: dict[str, Any] = read_run(Path("sweep") / f"seed={seed}")["job"]
    return job


def test_one_jobs_failure_does_not_stop_the_others(
    multirun: Multirun, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(configuration: DictConfig) -> float:
        if configuration.seed == 0:
            raise InputError("depth.png: no such file")
        if configuration.seed == 1:
            raise ZeroDivisionError("by zero")
        return 0.5

    with pytest.raises(SystemExit) as exit_:
        multirun(fails, "seed=0,1,2")
    assert exit_.value.code == 1
    assert [state(seed)["state"] for seed in range(3)] == ["failed", "failed", "finished"]
    assert state(2)["result"] == 0.5
    assert "fails" in state(1)["traceback"]
    shown = capsys.readouterr()
    assert "sweep: 1 of 3 jobs finished" in shown.out
    assert "seed=0: dmenet.errors.InputError: depth.png: no such file" in shown.err
    assert "seed=1: ZeroDivisionError: by zero" in shown.err

    multirun(lambda configuration: None, "seed=0,1,2")
    assert "sweep: 3 of 3 jobs finished" in capsys.readouterr().out


def test_all_jobs_of_a_multirun_are_in_one_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["synthesize", "-m", "seed=0,1,2", "count=1"])
    command("synthesize")(lambda _: None)()
    (folder,) = (tmp_path / "runs").glob("*/*")
    assert len(list(folder.glob("*/run.json"))) == 3
    assert f"{folder}: 3 of 3 jobs finished" in capsys.readouterr().out


def test_an_interruption_ends_the_sweep_and_says_what_is_left(
    multirun: Multirun, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(configuration: DictConfig) -> None:
        if configuration.seed == 1:
            raise KeyboardInterrupt

    with pytest.raises(SystemExit) as exit_:
        multirun(interrupted, "seed=0,1,2")
    assert exit_.value.code == 1
    assert [state(seed)["state"] for seed in range(2)] == ["finished", "interrupted"]
    assert not (Path("sweep") / "seed=2").exists()
    shown = capsys.readouterr()
    assert "seed=1: stopped before its end" in shown.err
    assert "The same command goes on" in shown.err


def test_jobs_that_would_share_a_folder_are_refused(
    multirun: Multirun, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        multirun(lambda configuration: None, "seed=1", "hydra.sweep.subdir=same", "count=1,2")
    assert "two jobs of the sweep would share the folder" in capsys.readouterr().err
