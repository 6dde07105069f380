"""What needs no W&B server; whole runs are in tests/system/test_studies.py."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from dmenet.networks.inference import estimate_any_size
from dmenet.training import wandb_logging
from dmenet.training.optimisation import weight_averaging
from dmenet.training.wandb_logging import CheckpointUpload, ValidationMaps, wandb_logger
from tiny import TinyData, tiny_model, tiny_trainer


@pytest.mark.parametrize(
    ("switch", "offline", "kept"),
    [("offline", False, False), ("dryrun", False, False), ("online", False, True),
     ("online", True, False)],
)  # fmt: skip
def test_an_offline_run_never_takes_an_id_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, switch: str, offline: bool, kept: bool
) -> None:
    monkeypatch.setenv("WANDB_MODE", switch)
    monkeypatch.delenv("WANDB_RUN_ID", raising=False)
    about = {"project": "p", "name": "n", "group": "g", "tags": ()}
    loggers = [wandb_logger(tmp_path, offline=offline, **about) for _ in range(2)]
    ids = [logger._wandb_init["id"] for logger in loggers]
    assert (ids[0] is not None) == kept
    assert ids[0] == ids[1]


class FakeRun:
    """Keeps what is logged."""

    id = "run"

    def __init__(self) -> None:
        self.logged: list[Any] = []

    def log(self, values: dict[str, Any]) -> None:
        self.logged.append(values)

    def log_artifact(self, artifact: Any) -> None:
        self.logged.append(artifact)


def test_without_a_validation_there_is_nothing_to_upload(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = FakeRun()
    monkeypatch.setattr(wandb_logging, "_runs", lambda _: [run])
    best = ModelCheckpoint(tmp_path, monitor="val/noise/mse")
    trainer: Any = SimpleNamespace(checkpoint_callbacks=[best])
    CheckpointUpload(upload=True).on_fit_end(trainer, tiny_model("b"))
    assert run.logged == []
    assert "nothing was validated" in caplog.text


def test_pictures_are_those_that_were_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, maps = FakeRun(), []
    monkeypatch.setattr(wandb_logging, "_runs", lambda _: [run])
    monkeypatch.setattr(wandb_logging.wandb, "Image", lambda picture: picture)
    monkeypatch.setattr(wandb_logging, "colourise", lambda values, _: maps.append(values))
    monkeypatch.setattr(wandb_logging, "_signed_colours", lambda error: error)
    monkeypatch.setattr(wandb_logging.wandb, "Table", lambda columns, data: data)
    averaging = weight_averaging(0.9)
    module = tiny_model("b", learning_rate=1e-2)
    trainer = tiny_trainer(tmp_path, [averaging, ValidationMaps(count=1)])
    trainer.fit(module, TinyData(module.domains))
    ((row,),) = [values["validation_maps"] for values in run.logged]
    truth, estimate = maps
    # At the end of training the module has the averaged weights, which validation used.
    item = next(iter(TinyData(()).val_dataloader()[0]))
    with torch.no_grad():
        expected = estimate_any_size(module.eval().blur_estimation, item["image"])
    assert row[0] == "0"
    assert abs(truth - item["defocus"][0, 0].numpy()).max() == 0
    assert abs(estimate - expected[0, 0].numpy()).max() < 1e-5
