"""Runs whose epochs are not the length of their loader are resumed exactly, or refused by name."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor

from dmenet.data.data_set_module import DataSetModule
from dmenet.data.status import Status
from dmenet.errors import InputError
from dmenet.sample import Sample
from dmenet.training.resuming.checkpoints import (
    AtomicCheckpointIO,
    BestCheckpoint,
    LastCheckpoint,
    last_metrics,
)
from dmenet.training.resuming.metrics_file import MetricsFile
from dmenet.training.resuming.progress import newest_checkpoint
from tiny import TinyData, noise_samples, tiny_model, tiny_trainer

EPOCHS = 3


class KilledError(Exception):
    """Ends a run as a kill would: nothing is saved."""


class Kill(pl.Callback):
    """Kills the run at the start of its n-th batch of all epochs."""

    def __init__(self, batch: int) -> None:
        self.batch = batch

    def on_train_batch_start(self, trainer: pl.Trainer, *unused: object) -> None:
        if trainer.fit_loop.epoch_loop.batch_progress.total.ready == self.batch + 1:
            raise KilledError


def train(
    folder: Path,
    *callbacks: pl.Callback,
    model: dict[str, Any] | None = None,
    change: Callable[[TinyData], object] = lambda data: None,
    allow: bool = False,
    **settings: Any,
) -> pl.Trainer:
    """Train from the newest checkpoint of a folder on, saving after every step that allows it."""
    folder.mkdir(exist_ok=True)
    newest = newest_checkpoint(folder)
    torch.manual_seed(0)
    module = tiny_model("b", False, learning_rate=1e-2, decay_every_epochs=1, **(model or {}))
    best = BestCheckpoint(
        folder,
        "best",
        monitor="val/noise/mse",
        save_on_train_epoch_end=False,
        enable_version_counter=False,
    )
    last = LastCheckpoint(folder, every_n_steps=1, allow_other_ranks=allow)
    trainer = tiny_trainer(
        folder,
        [last, best, *callbacks],
        plugins=[AtomicCheckpointIO()],
        logger=MetricsFile(folder),
        **{"max_epochs": EPOCHS, "log_every_n_steps": 1, **settings},
    )
    data = TinyData(module.domains)
    change(data)
    trainer.fit(module, data, ckpt_path=newest.path if newest else None, weights_only=True)
    return trainer


def end_of(folder: Path) -> tuple[dict[str, Any], str]:
    """Weights of the last and the best checkpoint, and what was logged."""
    files = [torch.load(folder / f"{name}.ckpt", weights_only=True) for name in ("last", "best")]
    weights = {f"{i} {k}": v for i, f in enumerate(files) for k, v in f["state_dict"].items()}
    steps = {f"step {i}": torch.tensor(f["global_step"]) for i, f in enumerate(files)}
    return weights | steps, (folder / "csv/version_0/metrics.csv").read_text()


@pytest.mark.parametrize(
    ("settings", "kills"),
    [
        ({"limit_train_batches": 3}, [4, 6]),
        ({"limit_train_batches": 0.5}, [3]),
        ({"val_check_interval": 2}, [2, 7]),
        ({"val_check_interval": 0.75, "limit_train_batches": 3}, [3, 5]),
        ({"val_check_interval": 1}, [5]),
        ({"precision": "bf16-mixed"}, [2, 7]),
        ({"val_check_interval": 3, "check_val_every_n_epoch": None}, [3, 7]),
        ({"limit_train_batches": 3, "model": {"accumulate_batches": 2}}, [2, 4]),
    ],
    ids=str,
)
def test_an_interrupted_run_ends_as_a_whole_one(
    tmp_path: Path, settings: dict[str, Any], kills: list[int]
) -> None:
    train(tmp_path / "whole", **settings)
    for batch in kills:
        with pytest.raises(KilledError):
            train(tmp_path / "cut", Kill(batch), **settings)
    train(tmp_path / "cut", **settings)
    (ours, logged), (theirs, expected) = (end_of(tmp_path / name) for name in ("cut", "whole"))
    assert logged == expected
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], tensor) for name, tensor in theirs.items())


class Clock(pl.Callback):
    """A second passes in every batch."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def on_train_batch_start(self, *unused: object) -> None:
        self.now += 1


@pytest.mark.parametrize(
    ("end", "batches", "settings"),
    [
        ({"max_steps": 2}, 2, {}),
        ({"max_steps": 8}, 8, {}),
        ({"max_steps": 6}, 6, {"val_check_interval": 2}),
        ({"max_steps": 3}, 6, {"model": {"accumulate_batches": 2}}),
        ({"max_time": {"seconds": 6}}, 6, {}),
        ({"max_time": {"seconds": 5}}, 6, {"model": {"accumulate_batches": 2}}),
    ],
    ids=str,
)
def test_a_run_that_was_to_end_within_an_epoch_is_continued_exactly(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    end: dict[str, Any],
    batches: int,
    settings: dict[str, Any],
) -> None:
    clock = Clock()
    monkeypatch.setattr("pytorch_lightning.callbacks.timer.time", clock)
    train(tmp_path / "whole", **settings)
    train(tmp_path / "cut", clock, **settings, **end)
    newest = newest_checkpoint(tmp_path / "cut")
    assert newest is not None
    assert newest.progress.batches == batches
    assert newest.progress.epochs == batches // 4
    before = (tmp_path / "cut/last.ckpt").stat().st_mtime_ns
    train(tmp_path / "cut", clock, **settings, **end)
    assert (tmp_path / "cut/last.ckpt").stat().st_mtime_ns == before, "it had ended"
    train(tmp_path / "cut", **settings)
    (ours, logged), (theirs, expected) = (end_of(tmp_path / name) for name in ("cut", "whole"))
    assert all(torch.equal(ours[name], tensor) for name, tensor in theirs.items())
    # Lightning validates where the time is up.
    assert logged == expected or "max_time" in end


def test_the_time_of_all_parts_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("pytorch_lightning.callbacks.timer.time", clock)
    limit = {"max_time": {"seconds": 6}}
    with pytest.raises(KilledError):
        train(tmp_path, clock, Kill(2), **limit)
    assert train(tmp_path, clock, **limit).global_step == 6


def test_a_cosine_ends_where_the_steps_do(tmp_path: Path) -> None:
    for accumulated, steps in ((1, 6), (2, 3)):
        model = {"schedule": "cosine", "accumulate_batches": accumulated}
        trainer = train(tmp_path / str(steps), model=model, max_steps=steps)
        (rate,) = (group["lr"] for group in trainer.optimizers[0].param_groups)
        assert rate == pytest.approx(1e-2 * 0.01)


class NoiseData(DataSetModule):
    """Noise, as a data set is."""

    test_sets: ClassVar[dict[str, Sequence[Sample]]] = {}

    def status(self) -> Status:
        raise NotImplementedError

    def training_samples(self, domain: str) -> Sequence[Sample]:
        return noise_samples(8, seed=1)

    def validation_samples(self, domain: str) -> Sequence[Sample]:
        return noise_samples(3, seed=2)


class Seen(pl.Callback):
    """Remembers what is trained on."""

    def __init__(self) -> None:
        self.batches: list[Tensor] = []

    def on_train_batch_start(self, trainer: object, module: object, batch: Any, *_: object) -> None:
        self.batches.append(batch["synthetic"]["image"])


@pytest.mark.parametrize("limit", [3, 0.75])
def test_overfitting_takes_the_same_batches_again_also_when_resumed(
    tmp_path: Path, limit: float
) -> None:
    def run(*callbacks: pl.Callback) -> None:
        newest = newest_checkpoint(tmp_path)
        module = tiny_model("b", False)
        trainer = tiny_trainer(
            tmp_path,
            [LastCheckpoint(tmp_path, every_n_steps=1), *callbacks],
            plugins=[AtomicCheckpointIO()],
            max_epochs=3,
            overfit_batches=limit,
        )
        data = NoiseData(domains=["synthetic"], crop=32, batch_size=2)
        trainer.fit(module, data, ckpt_path=newest.path if newest else None, weights_only=True)

    seen = Seen()
    with pytest.raises(KilledError):
        run(Kill(5), seen)
    del seen.batches[5:]
    run(seen)
    assert len(seen.batches) == 9
    first = seen.batches[:3]
    assert not torch.equal(first[0], first[1])
    assert all(torch.equal(b, first[i % 3]) for i, b in enumerate(seen.batches))


@pytest.mark.parametrize("change", ["a callback of another name", "a parameter of another name"])
def test_a_checkpoint_of_another_version_is_refused_in_a_line(tmp_path: Path, change: str) -> None:
    train(tmp_path, limit_train_batches=1, max_epochs=1)
    for path in tmp_path.glob("*.ckpt"):
        checkpoint = torch.load(path, weights_only=True)
        if change.startswith("a callback"):
            checkpoint["callbacks"]["EveryEpoch"] = checkpoint["callbacks"].pop("LastCheckpoint")
        else:
            state = checkpoint["state_dict"]
            state["old.weight"] = state.pop(next(iter(state)))
        torch.save(checkpoint, path)
    with pytest.raises(InputError, match=r"another version.*another folder \(hydra"):
        train(tmp_path, limit_train_batches=1, max_epochs=2)


def test_more_epochs_are_added_whole(tmp_path: Path) -> None:
    train(tmp_path / "whole", limit_train_batches=3)
    train(tmp_path / "cut", limit_train_batches=3, max_epochs=2)
    train(tmp_path / "cut", limit_train_batches=3)
    assert end_of(tmp_path / "cut")[1] == end_of(tmp_path / "whole")[1]


def grow(data: TinyData) -> None:
    data.samples["synthetic"] = noise_samples(12, 0)


def shrink(data: TinyData) -> None:
    data.samples["synthetic"] = noise_samples(4, 0)


def test_other_batches_are_refused_by_name_or_start_at_an_epoch(tmp_path: Path) -> None:
    train(tmp_path, max_epochs=1)
    with pytest.raises(
        InputError, match=r"batches of an epoch was 4, is 6; synthetic images was 8"
    ):
        train(tmp_path, change=grow)
    trainer = train(tmp_path, change=grow, allow=True, max_epochs=2)
    assert trainer.global_step == 4 + 6
    assert len(set(_steps_validated(tmp_path))) == 2


def test_an_epoch_that_became_too_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KilledError):
        train(tmp_path, Kill(3))
    with pytest.raises(InputError, match=r"batch 3 of epoch 0, which has only 2 batches now"):
        train(tmp_path, change=shrink, allow=True)


def _steps_validated(folder: Path) -> list[str]:
    head, *rows = (folder / "csv/version_0/metrics.csv").read_text().splitlines()
    column, step = (head.split(",").index(name) for name in ("val/noise/mse", "step"))
    return [row.split(",")[step] for row in rows if row.split(",")[column]]


def test_a_moved_folder_keeps_its_best_score(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    (_, before) = train(here, max_epochs=2).checkpoint_callbacks
    here.rename(there)
    (_, after) = train(there, max_epochs=2).checkpoint_callbacks
    assert isinstance(before, BestCheckpoint)
    assert isinstance(after, BestCheckpoint)
    assert after.best_model_score == before.best_model_score
    assert after.best_model_path == str(there / "best.ckpt")
    assert after.best_k_models.keys() == {str(there / "best.ckpt")}


def test_a_run_resumed_at_its_end_knows_its_metrics(tmp_path: Path) -> None:
    known = last_metrics(train(tmp_path, max_epochs=1))
    again = last_metrics(train(tmp_path, max_epochs=1))
    assert again["val/noise/mse"] == known["val/noise/mse"]
