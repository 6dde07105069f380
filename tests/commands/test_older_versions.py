"""Folders and files of other versions of dmenet, given to commands: one line that says so."""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch

from dmenet.networks import BlurEstimator
from dmenet.run_file import update_run
from dmenet.weights.checkpoint import describe
from made_study import write_run


def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command ends with on what the user got wrong."""
    command, *settings = words
    monkeypatch.setattr(sys, "argv", ["dmenet", *settings])
    with pytest.raises(SystemExit) as left:
        import_module(f"dmenet.commands.{command}").main()
    assert left.value.code == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line]
    assert sum(line.startswith(f"{command}: ") for line in lines) == 1
    assert lines[-1].startswith(f"{command}: ")
    return lines[-1]


def checkpoint(**changes: Any) -> dict[str, Any]:
    network = BlurEstimator(0.03)
    state = {f"blur_estimation.{name}": t for name, t in network.state_dict().items()}
    return {"dmenet": describe(network, "sigma7"), "state_dict": state} | changes


OLD_WEIGHTS = {
    "nothing is described": (checkpoint(dmenet={"unit": "sigma7"}), "lacks variant, width"),
    "another variant": (
        checkpoint(dmenet={"unit": "sigma7", "width": 0.03, "variant": "small"}),
        "variant 'small': unknown",
    ),
    "another unit": (
        checkpoint(dmenet={"unit": "coc29", "width": 0.03, "variant": "official"}),
        "unit 'coc29'",
    ),
    "other names": (
        checkpoint(state_dict={"blur_estimation.old.weight": torch.zeros(1)}),
        "does not fit blur_estimation",
    ),
}


@pytest.mark.parametrize("old", OLD_WEIGHTS)
def test_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], old: str
) -> None:
    content, message = OLD_WEIGHTS[old]
    torch.save(content, tmp_path / "old.ckpt")
    (tmp_path / "photo.png").touch()
    words = [f"weights={tmp_path}/old.ckpt", f"hydra.run.dir={tmp_path}/run"]
    line = said(monkeypatch, capsys, "predict", f"input={tmp_path}/photo.png", *words)
    assert message in line
    assert "old.ckpt" in line
    assert len(line) < 400


def test_a_run_without_its_settings_is_not_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "checkpoints").mkdir()
    torch.save(checkpoint(), tmp_path / "checkpoints/last.ckpt")
    line = said(monkeypatch, capsys, "train", f"hydra.run.dir={tmp_path}")
    assert "of last.ckpt none can be read" in line
    (tmp_path / "run.json").write_text('{"settings": "old"}')
    line = said(monkeypatch, capsys, "train", f"hydra.run.dir={tmp_path}")
    assert "another version of dmenet" in line


def test_a_run_that_says_less_is_not_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    update_run(tmp_path / "sweep/one", about={"row": "b"})
    words = [f"folders=[{tmp_path}/sweep]", f"hydra.run.dir={tmp_path}/run"]
    assert "has no 'calibration'" in said(monkeypatch, capsys, "report", *words)


@pytest.mark.parametrize("lacks", ["protocol", "columns", "images", "note"])
def test_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lacks: str
) -> None:
    write_run(tmp_path / "one", "b", 0)
    folder = tmp_path / "one/evaluation/embedded"
    path = folder / "result.json"
    content = json.loads(path.read_text())
    if lacks == "note":
        text = (folder / "means.csv").read_text()
        (folder / "means.csv").write_text(text.replace("note", "remark"))
    else:
        holder = {"columns": content["protocol"], "images": content["data"]["sets"]["synthetic"]}
        del holder.get(lacks, content)[lacks]
        path.write_text(json.dumps(content))
    words = ["table=table5", f"results=[{folder}]", f"hydra.run.dir={tmp_path}/run"]
    line = said(monkeypatch, capsys, "tables", *words)
    assert lacks in line
    assert "another version of dmenet" in line
