"""A run that was interrupted ends with the very weights of one that was not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from dmenet.training.checkpoints import AtomicCheckpointIO
from tiny import TinyData, tiny_model, tiny_trainer


class Interrupt(pl.Callback):
    """Stops the run, as a crash would, after some batches."""

    def __init__(self, batches: int) -> None:
        self.batches = batches

    def on_train_batch_end(self, trainer: pl.Trainer, *unused: object) -> None:
        if trainer.global_step == self.batches:
            raise RuntimeError("crash")


EVERY_STEP = {"every_n_train_steps": 1}
EVERY_EPOCH = {"save_on_train_epoch_end": True}


def run(
    folder: Path,
    crash_after: int | None = None,
    workers: int = 0,
    keep_every: Mapping[str, Any] = EVERY_STEP,
) -> dict[str, Any]:
    """Train three epochs of four batches, from the last checkpoint if there is one."""
    last = folder / "last.ckpt"
    torch.manual_seed(0)
    module = tiny_model(decay_every_epochs=1)
    keep = ModelCheckpoint(folder, filename="last", enable_version_counter=False, **keep_every)
    # The checkpoint of a step is written before the crash that follows it.
    stop = [Interrupt(crash_after)] if crash_after else []
    trainer = tiny_trainer(folder, [keep, *stop], max_epochs=3, plugins=[AtomicCheckpointIO()])
    data = TinyData(module.domains, workers)
    resumed = last if last.exists() else None
    if crash_after:
        with pytest.raises(RuntimeError, match="crash"):
            trainer.fit(module, data, ckpt_path=resumed, weights_only=True)
    else:
        trainer.fit(module, data, ckpt_path=resumed, weights_only=True)
        assert trainer.global_step == 12
    return torch.load(last, weights_only=True)


@pytest.mark.parametrize(
    ("crash_after", "workers", "keep_every"),
    [(2, 0, EVERY_STEP), (4, 0, EVERY_STEP), (6, 2, EVERY_STEP), (7, 0, EVERY_EPOCH)],
)
def test_resumed_exactly(
    tmp_path: Path, crash_after: int, workers: int, keep_every: Mapping[str, Any]
) -> None:
    whole = run(tmp_path / "whole", keep_every=keep_every)
    run(tmp_path / "cut", crash_after, workers, keep_every)
    resumed = run(tmp_path / "cut", None, workers, keep_every)
    assert resumed["global_step"] == whole["global_step"] == 12
    for name, tensor in whole["state_dict"].items():
        assert torch.equal(tensor, resumed["state_dict"][name]), name
    for ours, theirs in zip(whole["optimizer_states"], resumed["optimizer_states"], strict=True):
        for index, state in ours["state"].items():
            for name, tensor in state.items():
                assert torch.equal(tensor, theirs["state"][index][name])
        assert ours["param_groups"][0]["lr"] == theirs["param_groups"][0]["lr"]


def test_a_checkpoint_that_cannot_be_written_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path, crash_after=3)
    before = (tmp_path / "last.ckpt").read_bytes()

    def full(*unused: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        AtomicCheckpointIO().save_checkpoint({"a": 1}, tmp_path / "last.ckpt")
    assert (tmp_path / "last.ckpt").read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir() if "partial" in p.name) == []
