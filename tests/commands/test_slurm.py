"""The script that a sweep submits to Slurm, written by submitit as on a cluster, without one."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("hydra_plugins.hydra_submitit_launcher", reason="needs the extra slurm")

from dmenet.commands import train

SBATCH = """#!/bin/sh
for script; do true; done
cp "$script" {folder}/submitted.sh
echo "Submitted batch job 4711"
"""
SACCT = """#!/bin/sh
printf 'JobID|State|NodeList\\n4711_0|OUT_OF_MEMORY|n1\\n4711_1|OUT_OF_MEMORY|n1\\n'
"""


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with commands that stand in for Slurm's: jobs are taken, and killed at once."""
    commands = {"sbatch": SBATCH, "sacct": SACCT, "srun": "#!/bin/sh\n", "squeue": "#!/bin/sh\n"}
    for name, text in commands.items():
        (tmp_path / name).write_text(text.format(folder=tmp_path))
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_script_asks_for_what_was_configured(
    cluster: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "sweeps=table5_subnetworks_embedded", "launcher=slurm", "subnetworks=b,bc", "seed=0",
        "hydra.launcher.partition=gpu", "hydra.launcher.timeout_min=90",
    ]  # fmt: skip
    monkeypatch.setattr(sys, "argv", ["train", *arguments])
    with pytest.raises(SystemExit):
        train.main()
    script = (cluster / "submitted.sh").read_text()
    for setting in (
        "--array=0-1%2", "--partition=gpu", "--time=90", "--gpus-per-node=1", "--nodes=1",
        "--ntasks-per-node=1", "--mem=32GB", "--cpus-per-task=8", "--signal=USR2@300",
        "--job-name=dmenet-table5_subnetworks_embedded", "--open-mode=append",
    ):  # fmt: skip
        assert f"#SBATCH {setting}\n" in script
    assert "srun " in script
    assert f"{sys.executable} -u -m submitit.core._submit" in script
    folder = cluster / "runs/sweeps/table5_subnetworks_embedded/.submitit/4711"
    assert len(list(folder.parent.rglob("4711_*_submitted.pkl"))) == 2
    # The jobs of the array were killed: the command says so and fails.
    assert "4711" in capsys.readouterr().err
