"""A run that was interrupted ends with the very weights of one that was not."""

import multiprocessing
import os
import resource
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import check_call
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from omegaconf import OmegaConf
from pytorch_lightning.callbacks import ModelCheckpoint

from dmenet.errors import InputError
from dmenet.training.resuming.checkpoints import AtomicCheckpointIO, LastCheckpoint
from dmenet.training.resuming.metrics_file import MetricsFile, read_rows
from dmenet.training.resuming.progress import Progress, Resumable, begin, newest_checkpoint
from dmenet.training.resuming.run_state import decisive_settings
from dmenet.training.resuming.signals import requeue
from dmenet.weights.initial import content_of
from forked import run_forked
from tiny import TinyData, tiny_model, tiny_trainer

EPOCHS, BATCHES = 2, 4
METRICS = "csv/version_0/metrics.csv"
HOOKS = ("on_train_batch_start", "on_before_optimizer_step", "on_train_batch_end")


class At(pl.Callback):
    """Does something when a hook is called after so many steps."""

    def __init__(self, hook: str, step: int, do: Callable[[], object]) -> None:
        def call(trainer: pl.Trainer, *unused: object) -> None:
            if trainer.global_step == step:
                do()

        setattr(self, hook, call)


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def signal_everybody(number: int) -> Callable[[], object]:
    """Has another process signal the whole group, workers included, as Slurm does."""
    command = ["kill", f"-{number}", "--"]
    return lambda: check_call([*command, f"-{os.getpgrp()}"], start_new_session=True)


def train(folder: Path, *callbacks: pl.Callback, workers: int = 0, **when: Any) -> None:
    """Train some epochs, from the newest checkpoint if there is one."""
    newest = newest_checkpoint(folder)
    torch.manual_seed(0)
    module = tiny_model("bd", decay_every_epochs=1)
    best = ModelCheckpoint(
        folder,
        "best",
        monitor="val/noise/mse",
        save_on_train_epoch_end=False,
        enable_version_counter=False,
    )
    trainer = tiny_trainer(
        folder,
        [LastCheckpoint(folder, **when), best, *callbacks],
        max_epochs=EPOCHS,
        plugins=[AtomicCheckpointIO()],
        logger=MetricsFile(folder),
        log_every_n_steps=1,
    )
    data = TinyData(module.domains, workers)
    trainer.fit(module, data, ckpt_path=newest.path if newest else None, weights_only=True)
    assert trainer.global_step == EPOCHS * BATCHES


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    assert run_forked(train, folder) == 0
    return folder


def assert_same(one: object, other: object, where: str = "") -> None:
    """Equal to the last bit, tensors included."""
    if isinstance(one, torch.Tensor):
        assert isinstance(other, torch.Tensor)
        assert torch.equal(one, other), where
    elif isinstance(one, dict):
        assert isinstance(other, dict)
        assert one.keys() == other.keys(), where
        for key in one:
            assert_same(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, list):
        assert isinstance(other, list)
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_same(a, b, f"{where}[{i}]")
    else:
        assert one == other, where


def assert_same_run(folder: Path, whole: Path) -> None:
    """The same weights, optimisers, schedulers, best weights and logged values."""
    for name in ("last.ckpt", "best.ckpt"):
        ours, theirs = (torch.load(f / name, weights_only=True) for f in (folder, whole))
        for key in ("global_step", "epoch", "state_dict", "optimizer_states", "lr_schedulers"):
            assert_same(ours[key], theirs[key], f"{name} {key}")
    assert (folder / METRICS).read_text() == (whole / METRICS).read_text()


@pytest.mark.parametrize(
    ("workers", "every_n_steps", "kills"),
    [
        # At the end of an epoch before anything is saved, of which Lightning could not go on.
        (0, 1, [("on_train_epoch_end", 4)]),
        (0, None, [("on_validation_batch_start", 4)]),
        (2, 2, []),
    ],
)
def test_killed_at_random_steps(
    tmp_path: Path,
    whole: Path,
    workers: int,
    every_n_steps: int | None,
    kills: list[tuple[str, int]],
) -> None:
    rng = np.random.default_rng([workers, every_n_steps or 0])
    steps = rng.choice(EPOCHS * BATCHES - 1, 3 - len(kills), replace=False)
    kills = [*kills, *((HOOKS[rng.integers(len(HOOKS))], int(step)) for step in steps)]
    for hook, step in sorted(kills, key=lambda at: at[1]):
        stop, when = At(hook, step, kill), {"workers": workers, "every_n_steps": every_n_steps}
        status = run_forked(lambda s=stop, w=when: train(tmp_path, s, **w))
        assert status == -signal.SIGKILL, (hook, step)
    train(tmp_path, workers=workers)
    assert_same_run(tmp_path, whole)


@pytest.mark.parametrize(
    ("number", "hook", "step", "batches"),
    [
        # In the middle of a step, which is finished.
        (signal.SIGTERM, "on_before_optimizer_step", 5, 6),
        (signal.SIGINT, "on_train_batch_end", 1, 1),
        (signal.SIGTERM, "on_train_epoch_end", 4, 4),
        # Validation is left at once; the batch before it is repeated.
        (signal.SIGTERM, "on_validation_batch_start", 8, 7),
    ],
)
def test_a_signal_saves_before_it_leaves(
    tmp_path: Path, whole: Path, number: int, hook: str, step: int, batches: int
) -> None:
    stop = At(hook, step, signal_everybody(number))
    workers = 2 if hook == "on_before_optimizer_step" else 0
    assert run_forked(lambda: train(tmp_path, stop, workers=workers)) == 128 + number
    newest = newest_checkpoint(tmp_path)
    assert newest is not None
    assert newest.progress.batches == batches
    train(tmp_path)
    assert_same_run(tmp_path, whole)


def test_a_worker_that_dies_does_not_keep_the_run_from_saving(tmp_path: Path) -> None:
    def signal_and_lose_workers() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        for worker in multiprocessing.active_children():
            os.kill(worker.pid or 0, signal.SIGKILL)

    stop = At("on_before_optimizer_step", 5, signal_and_lose_workers)
    assert run_forked(lambda: train(tmp_path, stop, workers=2)) == 128 + signal.SIGTERM
    newest = newest_checkpoint(tmp_path)
    assert newest is not None
    assert newest.progress.batches == 6


def test_slurm_is_asked_to_queue_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scontrol = tmp_path / "scontrol"
    scontrol.write_text(f'#!/bin/sh\necho "$@" $(ls {tmp_path}/*.ckpt) > {tmp_path}/asked\n')
    scontrol.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    of_one_task = {"JOB_ID": 7, "NTASKS": 1, "PROCID": 0, "LOCALID": 0, "NODEID": 0}
    for name, value in of_one_task.items():
        monkeypatch.setenv(f"SLURM_{name}", str(value))
    stop = At("on_train_batch_start", 1, signal_everybody(signal.SIGUSR1))
    assert run_forked(lambda: train(tmp_path, stop)) == 128 + signal.SIGUSR1
    assert (tmp_path / "asked").read_text() == f"requeue 7 {tmp_path}/last.ckpt\n"
    monkeypatch.setenv("SLURM_ARRAY_JOB_ID", "6")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "2")
    requeue(os.environ)
    assert (tmp_path / "asked").read_text().startswith("requeue 6_2")


def test_a_checkpoint_that_cannot_be_written_costs_nothing(tmp_path: Path, whole: Path) -> None:
    def fill_disk() -> None:
        size = (whole / "last.ckpt").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

    def run() -> None:
        with pytest.raises(InputError, match=r"last.ckpt could not be written .*File too large"):
            train(tmp_path, At("on_train_batch_start", 2, fill_disk), every_n_steps=1)

    assert run_forked(run) == 0
    assert {path.name for path in tmp_path.glob("*.ckpt")} == {"last.ckpt", "previous.ckpt"}
    newest = newest_checkpoint(tmp_path)
    assert newest is not None
    assert (newest.path.name, newest.progress.batches) == ("last.ckpt", 2)
    train(tmp_path)
    assert_same_run(tmp_path, whole)


def spoil(path: Path) -> None:
    """Change one byte of a tensor, which torch does not notice."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    """Leave half of the file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("damage", [spoil, cut])
def test_the_newest_intact_checkpoint_is_taken(
    tmp_path: Path, whole: Path, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("last.ckpt", "previous.ckpt"):
        shutil.copyfile(whole / name, tmp_path / name)
    cut(shutil.copyfile(whole / "last.ckpt", tmp_path / ".partial-1.ckpt"))
    expected = [("last.ckpt", 8), ("previous.ckpt", 7)]
    for name, batches in expected:
        newest = newest_checkpoint(tmp_path)
        assert newest is not None
        assert (newest.path, newest.progress.batches) == (tmp_path / name, batches)
        damage(tmp_path / name)
    assert "last.ckpt cannot be read and is left out" in caplog.text
    assert "partial" not in caplog.text
    with pytest.raises(InputError, match=r"none can be read.*delete the folder"):
        newest_checkpoint(tmp_path)
    assert newest_checkpoint(tmp_path / "nowhere") is None


def test_the_metrics_file_holds_every_step_once(tmp_path: Path) -> None:
    file = tmp_path / METRICS
    first = MetricsFile(tmp_path)
    for step in range(4):
        first.log_metrics({"a": step}, step)
    with file.open("a") as half:
        half.write("4,")
    second = MetricsFile(tmp_path)
    second.go_on_after(3)
    second.log_metrics({"b": 30}, 3)
    assert read_rows(file) == (
        ["a", "b", "step"],
        [
            {"a": "0", "b": "", "step": "0"},
            {"a": "1", "b": "", "step": "1"},
            {"a": "2", "b": "", "step": "2"},
            {"a": "", "b": "30", "step": "3"},
        ],
    )


def test_other_settings_are_named_and_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    weights = tmp_path / "vgg19.pth"
    weights.write_text("weights")
    settings = {
        "seed": 0,
        "initial_weights": {"vgg19": str(tmp_path / "vgg19.pth"), "checkpoint": None},
        "data": {"folder": "a", "crop": 64, "real": {"folder": "a"}, "protocol": {"unit": "coc15"}},
        "trainer": {"precision": "32-true", "max_epochs": 3},
        "callbacks": {"average": None},
        "allow_changed_settings": False,
    }
    assert begin(tmp_path, OmegaConf.create(settings)) is None
    newest = Resumable(tmp_path / "last.ckpt", Progress(12, 3, 12))
    monkeypatch.setattr("dmenet.training.resuming.progress.newest_checkpoint", lambda _: newest)

    free = {"data": {"folder": "b", "real": {"folder": "b"}, "protocol": {"unit": "sigma7"}}}
    longer = OmegaConf.merge(settings, free, {"trainer": {"max_epochs": 9}})
    assert begin(tmp_path, longer) == newest

    for name, done, fewer in (("epochs", 3, 2), ("steps", 12, 11)):
        shorter = OmegaConf.merge(settings, {"trainer": {f"max_{name}": fewer}})
        told = rf"{done} {name} already, but trainer.max_{name} is {fewer}"
        with pytest.raises(InputError, match=told):
            begin(tmp_path, shorter)

    other = {
        "initial_weights": {"vgg19": None},
        "trainer": {"precision": "bf16-mixed"},
        "callbacks": {"average": {"decay": 0.9}},
    }
    changed = OmegaConf.merge(settings, other)
    with pytest.raises(InputError) as error:
        begin(tmp_path, changed)
    for part in (
        "callbacks.average.decay was None, is 0.9",
        f"initial_weights.vgg19 was '{content_of('', str(weights))}', is None",
        "trainer.precision was '32-true', is 'bf16-mixed'",
        "allow_changed_settings=true",
    ):
        assert part in str(error.value)
    assert begin(tmp_path, OmegaConf.create(settings)) == newest, "a refusal changes nothing"
    changed.allow_changed_settings = True
    assert begin(tmp_path, changed) == newest
    assert "different settings than before: callbacks.average.decay was None" in caplog.text
    changed.allow_changed_settings = False
    assert begin(tmp_path, changed) == newest, "what was allowed is what it comes of now"

    (tmp_path / "run.json").unlink()
    with pytest.raises(InputError, match=r"trained with are missing from .*run.json"):
        begin(tmp_path, changed)


def test_initial_weights_are_known_by_their_content(tmp_path: Path) -> None:
    def settings(path: str) -> dict[str, object]:
        trainer: dict[str, object] = {}
        initial = {"initial_weights": {"checkpoint": path}, "trainer": trainer}
        return decisive_settings(OmegaConf.create(initial))

    here, moved, other = (str(tmp_path / name) for name in ("a.ckpt", "b.ckpt", "c.ckpt"))
    for path, content in ((here, "one"), (moved, "one"), (other, "two")):
        Path(path).write_text(content)
    assert settings(here) == settings(moved) != settings(other)
    with pytest.raises(InputError, match=r"initial_weights.checkpoint=nowhere.ckpt: No such file"):
        settings("nowhere.ckpt")


def test_with_a_cosine_the_end_decides_what_is_computed() -> None:
    def settings(schedule: str, **trainer: int) -> dict[str, object]:
        return decisive_settings(
            OmegaConf.create({"model": {"schedule": schedule}, "trainer": trainer})
        )

    assert settings("steps", max_epochs=3) == settings("steps", max_epochs=4)
    assert settings("cosine", max_epochs=3) != settings("cosine", max_epochs=4)
    assert settings("cosine", max_steps=3) != settings("cosine", max_steps=4)
