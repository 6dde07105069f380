"""Jobs of a sweep that train in several processes: one command each, in its job's folder."""

import json
import os
import sys
from pathlib import Path

import pytest
import torch

from dmenet.commands.train import main
from dmenet.training.own_process import without_rank
from forked import run_forked

TESTS = Path(__file__).parents[1]
TINY = (
    "hydra.mode=MULTIRUN",
    "trainer=ddp_cpu",
    "trainer.max_epochs=1",
    "model.blur_estimation.width=0.03",
    "data.generate._target_=fake_embedded.generate",
    "data.crop=32",
    "data.batch_size=2",
)


PRETEND = """
import json, os, pathlib, sys
with open(sys.argv[1], "a") as ran:
    print(json.dumps([sys.argv[2:], os.environ.get("LOCAL_RANK")]), file=ran)
folder = pathlib.Path(sys.argv[-1].partition("=")[2].strip(chr(34)))
(folder / "run.json").write_text('{"finished": {"objective": null}}')
"""


def sweep(folder: Path, *overrides: str) -> None:
    os.chdir(folder)
    os.environ |= {
        "DMENET_CACHE": str(folder / "cache"),
        "PYTHONPATH": f"{TESTS}{os.pathsep}{TESTS.parent / 'src'}",
        # As after a distributed run in this process.
        "LOCAL_RANK": "0",
        "MASTER_PORT": "1",
    }
    sys.argv = ["train", *TINY, "hydra.sweep.dir=sweep", *overrides]
    main()


def pretend_to_train(folder: Path, script: str) -> None:
    """Have a shell script run instead of Python."""
    python = folder / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    sys.executable = str(python)


def test_every_job_is_one_single_run_in_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", sys.executable)
    (tmp_path / "pretend.py").write_text(PRETEND)
    pretend_to_train(tmp_path, f'{sys.executable} {tmp_path}/pretend.py {tmp_path}/ran "$@"')
    assert run_forked(sweep, tmp_path, "subnetworks=b,bd") == 0
    ran = [json.loads(line) for line in (tmp_path / "ran").read_text().splitlines()]
    assert len(ran) == 2
    folders = set()
    for arguments, local_rank in ran:
        assert local_rank is None
        assert arguments[:2] == ["-m", "dmenet.commands.train"]
        assert arguments[-2] == "hydra.mode=RUN"
        key, _, folder = arguments[-1].partition("=")
        assert key == "hydra.run.dir"
        assert Path(folder.strip('"')).parent == tmp_path / "sweep"
        folders.add(folder)
    assert len(folders) == 2
    assert ["subnetworks=b" in ran[0][0], "subnetworks=bd" in ran[1][0]] == [True, True]


def test_a_signal_is_passed_on_and_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", sys.executable)
    saving = f"trap 'sleep 0.2; touch {tmp_path}/saved; exit 143' TERM"
    pretend_to_train(
        tmp_path, f"echo >> {tmp_path}/ran; {saving}; kill -TERM $PPID; sleep 9 & wait"
    )
    # The status of any sweep that did not finish.
    assert run_forked(sweep, tmp_path, "subnetworks=b,bd") == 1
    assert (tmp_path / "saved").exists()
    assert (tmp_path / "ran").read_text() == "\n", "the next job must not start"


def test_two_processes_train_one_run(tmp_path: Path) -> None:
    assert run_forked(sweep, tmp_path, "subnetworks=bd") == 0
    (run,) = (path for path in (tmp_path / "sweep").iterdir() if path.is_dir())
    last = torch.load(run / "checkpoints/last.ckpt", weights_only=True)
    # Sixteen images less eight for validation, in batches of two on two ranks.
    assert last["global_step"] == 2
    assert last["callbacks"]["LastCheckpoint"]["processes"] == 2
    assert [path.name for path in run.rglob("metrics.csv")] == ["metrics.csv"]
    assert not [path for path in tmp_path.rglob("*.ckpt") if run not in path.parents]


def test_a_process_of_its_own_is_none_of_several() -> None:
    environment = {"LOCAL_RANK": "1", "MASTER_ADDR": "x", "WORLD_SIZE": "2", "SLURM_PROCID": "3"}
    assert without_rank(environment) == {"SLURM_PROCID": "3"}
