"""Several processes train as one: equal weights, batches shared, metrics of all images."""

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from dmenet.data.data_set_module import DataSetModule
from dmenet.data.status import Status
from dmenet.errors import InputError
from dmenet.networks.blocks import ShiftBatchNorm2d
from dmenet.sample import Sample
from dmenet.training.resuming.checkpoints import AtomicCheckpointIO, LastCheckpoint
from dmenet.training.resuming.metrics_file import MetricsFile
from dmenet.training.resuming.progress import newest_checkpoint
from forked import run_forked, run_ranks
from tiny import TinyData, noise_samples, tiny_model, tiny_trainer

DDP = {"strategy": "ddp_find_unused_parameters_true", "devices": 2}


class Counted(list[Sample]):
    """Samples that remember which of them were read."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        super().__init__(samples)
        self.read: list[int] = []

    def __getitem__(self, index: Any) -> Any:
        self.read.append(index)
        return super().__getitem__(index)


class UnevenData(DataSetModule):
    """Validates on three maps, which two processes cannot share evenly, and on a single mask."""

    def __init__(self, domains: Sequence[str]) -> None:
        super().__init__(domains=domains, crop=32, batch_size=1)
        self.validated_on = {
            "synthetic": Counted(noise_samples(3, seed=9)),
            "real": Counted(noise_samples(1, seed=9)),
        }

    test_sets: ClassVar[dict[str, Sequence[Sample]]] = {}

    def status(self) -> Status:
        raise NotImplementedError

    def training_samples(self, domain: str) -> Sequence[Sample]:
        return TinyData((domain,)).samples[domain]

    def validation_samples(self, domain: str) -> Sequence[Sample] | None:
        return self.validated_on.get(domain)


class Stop(pl.Callback):
    """Signals its own process after so many steps."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_train_batch_start(self, trainer: pl.Trainer, *unused: object) -> None:
        if trainer.global_step == self.step:
            os.kill(os.getpid(), signal.SIGTERM)


def train(folder: Path, callbacks: Sequence[pl.Callback] = (), **settings: Any) -> dict[str, float]:
    """Two epochs, from the newest checkpoint on, with parameters saved; returns what was logged."""
    folder.mkdir(exist_ok=True)
    newest = newest_checkpoint(folder)
    torch.manual_seed(0)
    module = tiny_model()
    trainer = tiny_trainer(
        folder,
        [LastCheckpoint(folder), *callbacks],
        max_epochs=2,
        plugins=[AtomicCheckpointIO()],
        logger=MetricsFile(folder),
        log_every_n_steps=1,
        **settings,
    )
    data = UnevenData(module.domains)
    trainer.fit(module, data, ckpt_path=newest.path if newest else None, weights_only=True)
    torch.save(dict(module.named_parameters()), folder / "parameters.pt")
    torch.save({k: samples.read for k, samples in data.validated_on.items()}, folder / "read.pt")
    return {name: float(value) for name, value in trainer.callback_metrics.items()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What two ranks left; rank 0 wrote into ``0`` and rank 1 into ``1``."""
    folder = tmp_path_factory.mktemp("whole")

    def rank(number: int) -> None:
        torch.save(train(folder / str(number), **DDP), folder / f"{number}.pt")

    assert run_ranks(rank, 2) == [0, 0]
    return folder


def test_ranks_end_with_the_same_parameters(whole: Path) -> None:
    ours, theirs = (torch.load(whole / rank / "parameters.pt") for rank in "01")
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_only_rank_0_writes(whole: Path) -> None:
    written = {path.name for path in (whole / "0").rglob("*") if path.is_file()}
    assert {"last.ckpt", "previous.ckpt", "metrics.csv"} <= written
    others = {path.name for path in (whole / "1").rglob("*") if path.is_file()}
    assert others == {"parameters.pt", "read.pt"}


def test_validation_is_that_of_one_process(whole: Path) -> None:
    logged = [torch.load(whole / f"{rank}.pt") for rank in range(2)]
    module = tiny_model()
    module.load_state_dict(torch.load(whole / "0/last.ckpt", weights_only=True)["state_dict"])
    data = UnevenData(("synthetic", "real"))
    (maps, masks) = tiny_trainer(whole).validate(module, data, verbose=False)
    expected = {name.partition("/dataloader_idx")[0]: v for name, v in (maps | masks).items()}
    assert {"val/synthetic/mse", "val/real/accuracy"} <= set(expected)
    for name, value in expected.items():
        assert logged[0][name] == logged[1][name] == pytest.approx(value, rel=1e-12), name


def test_every_validation_image_is_read_by_one_process(whole: Path) -> None:
    read = [torch.load(whole / rank / "read.pt") for rank in "01"]
    epochs = 2
    assert [found["synthetic"] for found in read] == [[0, 2] * epochs, [1] * epochs]
    # Rank 1 has no share of the single image and reads it without scoring.
    assert [found["real"] for found in read] == [[0] * epochs] * 2


def test_a_process_without_an_image_does_not_hold_up_the_others(tmp_path: Path) -> None:
    def rank(number: int) -> None:
        module = tiny_model()
        data = UnevenData(module.domains)
        data.validated_on = {"synthetic": Counted(noise_samples(1, seed=9))}
        # Before the first step, when DistributedDataParallel synchronises at its first call.
        sanity = {"num_sanity_val_steps": -1, "limit_train_batches": 1}
        trainer = tiny_trainer(tmp_path, **sanity, **DDP)
        trainer.fit(module, data)
        assert trainer.callback_metrics["val/synthetic/mse"] > 0

    assert run_ranks(rank, 2) == [0, 0]


def test_one_rank_told_to_leave_takes_all_along_and_all_go_on(tmp_path: Path, whole: Path) -> None:
    def leaving(number: int) -> None:
        train(tmp_path, [Stop(5)] if number == 1 else [], **DDP)

    assert run_ranks(leaving, 2) == [128 + signal.SIGTERM] * 2
    newest = newest_checkpoint(tmp_path)
    assert newest is not None
    assert newest.progress.batches == 6

    def other_number() -> None:
        with pytest.raises(InputError, match="processes was 2, is 1"):
            train(tmp_path)

    assert run_forked(other_number) == 0
    assert run_ranks(lambda _: train(tmp_path, **DDP) and None, 2) == [0, 0]
    ours, theirs = (
        torch.load(folder / "last.ckpt", weights_only=True) for folder in (tmp_path, whole / "0")
    )
    assert ours["global_step"] == theirs["global_step"] == 8
    for name, tensor in theirs["state_dict"].items():
        assert torch.equal(ours["state_dict"][name], tensor), name
    metrics = "csv/version_0/metrics.csv"
    assert (tmp_path / metrics).read_text() == (whole / "0" / metrics).read_text()


def one_epoch(file: Path, batch_size: int, **settings: Any) -> None:
    """Four steps in double precision with batch norm's statistics fixed; saves the parameters."""
    torch.manual_seed(0)
    module = tiny_model(**settings.pop("model", {}))
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eval()
    trainer = tiny_trainer(file.parent, precision="64-true", limit_val_batches=0, **settings)
    trainer.fit(module, TinyData(module.domains, batch_size=batch_size))
    assert trainer.global_step == 4
    torch.save(dict(module.named_parameters()), file)


def assert_same_steps(ours: Path, theirs: Path) -> None:
    start = dict(tiny_model().double().named_parameters())
    a, b = (torch.load(file) for file in (ours, theirs))
    moved = torch.cat([(a[name] - start[name]).flatten() for name in a])
    assert moved.abs().max() > 1e-4
    for name in a:
        torch.testing.assert_close(a[name], b[name], rtol=0, atol=1e-10, msg=name)


def test_two_ranks_step_as_one_of_twice_the_batch(tmp_path: Path) -> None:
    assert run_forked(one_epoch, tmp_path / "one.pt", 2) == 0
    function: Callable[[int], None] = lambda rank: one_epoch(tmp_path / f"{rank}.pt", 1, **DDP)  # noqa: E731
    assert run_ranks(function, 2) == [0, 0]
    torch.manual_seed(0)
    assert_same_steps(tmp_path / "1.pt", tmp_path / "one.pt")


def test_synchronised_batch_norm_still_only_shifts() -> None:
    module = tiny_model("bd")
    layers = sum(isinstance(layer, ShiftBatchNorm2d) for layer in module.modules())
    names = set(module.state_dict())
    converted = nn.SyncBatchNorm.convert_sync_batchnorm(module)
    found = [layer for layer in converted.modules() if isinstance(layer, nn.SyncBatchNorm)]
    assert len(found) == layers > 0
    assert set(converted.state_dict()) == names
    for layer in found:
        assert isinstance(layer.weight, Tensor)
        assert not layer.weight.requires_grad
        assert layer.bias.requires_grad
