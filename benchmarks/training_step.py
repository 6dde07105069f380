"""What a training step costs: against the naive step, outside the networks, and to feed.

1. Our step against the same step as the released code runs it: B once for D, once for B and S, and
   once more, with all losses, for what is logged. Same networks and batches, in turns.
2. Where the time of `dmenet train` goes, with its loader, logging and checkpoints.
3. How fast a loader's workers make batches, and how many of them keep up with the steps.
"""

import logging
import os
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytorch_lightning as pl
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import DictConfig
from pytorch_lightning.utilities.combined_loader import CombinedLoader
from torch.utils.data import DataLoader

from dmenet.commands.hydra.composing import ROOT_VARIABLE, configuration_root
from dmenet.data.augmentation import TrainingTransform
from dmenet.data.domain_mix import AugmentedDataset, domain_mix, obey_parent_alone
from dmenet.data.sampling import StreamSampler
from dmenet.images import photographs
from dmenet.sample import SamplesOnDisk
from dmenet.training import DMENet
from dmenet.training import module as training_module
from dmenet.training.module import Batch
from dmenet.training.optimisation import place_in_step
from dmenet.training.resuming.checkpoints import AtomicCheckpointIO, LastCheckpoint
from dmenet.training.resuming.metrics_file import MetricsFile

os.environ[ROOT_VARIABLE] = str(configuration_root())
logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
warnings.filterwarnings("ignore")
DOMAINS = ("synthetic", "real", "unlabelled")
ROUNDS = 3


def composed(*overrides: str) -> DictConfig:
    """The configuration of ``dmenet train``, whose own folder nothing here asks for."""
    with initialize_config_dir(str(configuration_root() / "conf"), version_base="1.3"):
        return compose("train", list(overrides))


class NaiveDMENet(DMENet):
    """The same updates by three runs of the networks instead of one."""

    def training_step(self, batch: Batch, batch_idx: int) -> None:
        """B without gradients for D, B with them for itself and S, and everything for the log."""
        main, adversary = self._optimisers()
        group = place_in_step(self.trainer, batch_idx, self.accumulate_batches)
        self._do_not_count_steps(adversary)
        with torch.no_grad():
            estimates = self._estimates(batch)
        self.toggle_optimizer(adversary)
        self._step(adversary, self._discriminator_losses(estimates), group)
        self.untoggle_optimizer(adversary)
        self.toggle_optimizer(main)
        self._step(main, self._main_losses(batch, self._estimates(batch)), group)
        self.untoggle_optimizer(main)
        with torch.no_grad():
            estimates = self._estimates(batch)
            logged = self._discriminator_losses(estimates) | self._main_losses(batch, estimates)
        self.log_dict({f"train/{name}": value for name, value in logged.items()})

    def _estimates(self, batch: Batch) -> dict[str, Any]:
        return {domain: self.blur_estimation(batch[domain]["image"]) for domain in self.domains}


class RandomBatches(pl.LightningDataModule):
    """The same random batch again and again."""

    validation_sets = ()

    def __init__(self, count: int, size: int, crop: int) -> None:
        super().__init__()
        batch = {domain: {"image": torch.rand(size, 3, crop, crop)} for domain in DOMAINS}
        batch["synthetic"]["defocus"] = torch.rand(size, 1, crop, crop)
        batch["real"]["mask"] = torch.rand(size, 1, crop, crop).round()
        self.batches = [batch] * count

    def train_dataloader(self) -> DataLoader:
        return DataLoader(self.batches, batch_size=None)


class StepSeconds(pl.Callback):
    """Wall and CPU time of each training step."""

    def __init__(self) -> None:
        self.seconds: list[tuple[float, float]] = []

    def on_train_batch_start(self, *unused: object) -> None:
        self.start = time.perf_counter(), time.process_time()

    def on_train_batch_end(self, *unused: object) -> None:
        wall, cpu = self.start
        self.seconds.append((time.perf_counter() - wall, time.process_time() - cpu))


def seconds_of_steps(module: DMENet, data: pl.LightningDataModule) -> list[tuple[float, float]]:
    """All but the first, which also makes what the optimisers keep."""
    steps = StepSeconds()
    pl.Trainer(
        accelerator="cpu",
        max_epochs=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[steps],
    ).fit(module, data)
    return steps.seconds[1:]


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def ours_against_naive(width: str, size: int, crop: int, steps: int) -> None:
    """Print a row: seconds of both steps and the ratio of ours to the naive one."""
    model = composed(f"model/blur_estimation={width}").model
    ours = instantiate(model)
    model._target_ = f"{__name__}.NaiveDMENet"
    naive = instantiate(model)
    naive.load_state_dict(ours.state_dict())
    data = RandomBatches(steps + 1, size, crop)
    found: dict[str, list[tuple[float, float]]] = {"ours": [], "naive": []}
    for _ in range(ROUNDS):
        found["ours"] += seconds_of_steps(ours, data)
        found["naive"] += seconds_of_steps(naive, data)
    wall = {name: median([w for w, _ in seconds]) for name, seconds in found.items()}
    cpu = {name: median([c for _, c in seconds]) for name, seconds in found.items()}
    print(
        f"| {width}, {crop}x{crop}, {size} per domain | {wall['ours']:.3f} | {wall['naive']:.3f} | "
        f"{wall['ours'] / wall['naive']:.2f} | {cpu['ours'] / cpu['naive']:.2f} |",
        flush=True,
    )


class Clock:
    """Adds up the time spent in named parts, without that of the parts inside them."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.inner: list[float] = [0.0]

    @contextmanager
    def time(self, name: str) -> Iterator[None]:
        """Count the block towards ``name``."""
        start = time.perf_counter()
        self.inner.append(0.0)
        try:
            yield
        finally:
            whole = time.perf_counter() - start
            self.seconds[name] += whole - self.inner.pop()
            self.inner[-1] += whole

    def watch(self, owner: Any, attribute: str, name: str) -> None:
        """Time every call of a method of ``owner``."""
        function: Callable[..., Any] = getattr(owner, attribute)

        def timed(*arguments: Any, **keywords: Any) -> Any:
            with self.time(name):
                return function(*arguments, **keywords)

        setattr(owner, attribute, timed)


class WholeEpochs(pl.Callback):
    """Times the epochs after the first, from their first batch on."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.steps = 0

    def on_train_batch_start(
        self, trainer: pl.Trainer, module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if trainer.current_epoch == 1 and batch_idx == 0:
            self.clock.seconds.clear()
            self.start = time.perf_counter()
            self.before = trainer.global_step

    def on_train_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        self.whole = time.perf_counter() - self.start
        self.steps = trainer.global_step - self.before


def where_the_time_goes(epochs: int = 6) -> tuple[float, pl.LightningDataModule]:
    """Print the parts of a step of the demo's run; returns its seconds, and the data."""
    configuration = composed("subnetworks=bdcs")
    data = instantiate(configuration.data, domains=DOMAINS)
    data.prepare_data()
    module: DMENet = instantiate(configuration.model)
    clock = Clock()
    whole = WholeEpochs(clock)
    clock.watch(module, "training_step", "networks: forward, losses, optimisers")
    clock.watch(module, "manual_backward", "networks: backward")
    clock.watch(training_module, "checked_gradient_norm", "check of losses and gradients")
    clock.watch(module, "log_dict", "logging")
    clock.watch(module, "log", "logging")
    clock.watch(MetricsFile, "log_metrics", "logging")
    clock.watch(AugmentedDataset, "__getitem__", "loader, in this process")
    clock.watch(AtomicCheckpointIO, "save_checkpoint", "checkpoints")
    with tempfile.TemporaryDirectory() as folder:
        trainer = pl.Trainer(
            accelerator="cpu",
            max_epochs=epochs,
            limit_val_batches=0,
            enable_model_summary=False,
            log_every_n_steps=configuration.trainer.log_every_n_steps,
            use_distributed_sampler=False,
            default_root_dir=folder,
            logger=MetricsFile(folder),
            callbacks=[LastCheckpoint(folder), whole],
            plugins=[AtomicCheckpointIO()],
        )
        trainer.fit(module, data)
    parts = dict(clock.seconds.items())
    parts["the rest: Lightning, progress bar"] = whole.whole - sum(parts.values())
    print("\n| part of a step | ms | share |\n|---|---:|---:|")
    for name, seconds in sorted(parts.items(), key=lambda part: -part[1]):
        print(f"| {name} | {1e3 * seconds / whole.steps:.2f} | {seconds / whole.whole:.2%} |")
    outside = sum(seconds for name, seconds in parts.items() if not name.startswith("networks"))
    print(f"| everything outside the networks | {1e3 * outside / whole.steps:.2f} | "
          f"{outside / whole.whole:.2%} |", flush=True)  # fmt: skip
    return whole.whole / whole.steps, data


def batches_per_second(loader: CombinedLoader | DataLoader) -> float:
    """After the first, with which the workers start."""
    batches = iter(loader)
    next(batches)
    start = time.perf_counter()
    count = sum(1 for _ in batches)
    return count / (time.perf_counter() - start)


def photographs_on_disk(workers: int, batches: int = 24) -> DataLoader:
    """Batches of three 240 x 240 crops of photographs, each read from its file."""
    samples = SamplesOnDisk(photographs.paths(photographs.UNLABELLED), photographs.read_photograph)
    return DataLoader(
        AugmentedDataset(samples, None, TrainingTransform(240), 0),
        batch_sampler=StreamSampler(len(samples), 3, batches, 0),
        num_workers=workers,
        worker_init_fn=obey_parent_alone,
    )


def loaders(step: float, data: Any) -> None:
    """Print how fast workers make batches, alone on the machine, and how many the step needs."""
    print("\n| workers | embedded, 8 crops of 48x48 of 3 domains: batches/s | of 1 domain from "
          "files, 3 crops of 240x240: batches/s |\n|---:|---:|---:|")  # fmt: skip
    rates = {}
    for workers in (0, 1, 2):
        mix = domain_mix(
            data._training_samples,
            crop=data.crop,
            batch_size=data.batch_size,
            seed=0,
            num_workers=workers,
        )
        rates[workers] = batches_per_second(mix)
        files = batches_per_second(photographs_on_disk(workers))
        print(f"| {workers} | {rates[workers]:.1f} | {files:.1f} |", flush=True)
    print(f"\nA step takes {step:.3f} s here: one worker per domain makes {rates[1] * step:.1f} "
          f"batches meanwhile, this process alone {rates[0] * step:.1f}.")  # fmt: skip


if __name__ == "__main__":
    print(f"{torch.get_num_threads()} threads\n\n| networks and batch | ours, s | naive, s | "
          "ours / naive, wall | ours / naive, CPU |\n|---|---:|---:|---:|---:|")  # fmt: skip
    ours_against_naive("lite", 8, 48, 4)
    ours_against_naive("official", 2, 64, 2)
    loaders(*where_the_time_goes())
