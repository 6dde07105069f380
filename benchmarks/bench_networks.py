"""Seconds of a training step and of forwards at full width, and their share of a product's rate.

The ratio to a large matrix product in the same run says more than seconds: machines differ.
"""

import os
import time
from collections.abc import Callable

import pytorch_lightning as pl
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode

from dmenet.commands.hydra.composing import ROOT_VARIABLE, configuration_root
from dmenet.networks import BlurEstimator

MATRIX = 3072
os.environ[ROOT_VARIABLE] = str(configuration_root())


def median_seconds(call: Callable[[], object], runs: int = 5) -> float:
    """Of so many runs after one that does not count."""
    seconds = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds[1:])[runs // 2]


def matrix_product_rate() -> float:
    """Floating point operations per second of a large matrix product."""
    a = torch.randn(MATRIX, MATRIX)
    return 2 * MATRIX**3 / median_seconds(lambda: a @ a)


def report(name: str, seconds: float, operations: int) -> None:
    """Print a row; the matrix product is timed again beside it."""
    rate, reference = operations / seconds, matrix_product_rate()
    print(f"| {name} | {seconds:.3f} | {rate / 1e9:.1f} | {rate / reference:.2f} |", flush=True)


class Batches(pl.LightningDataModule):
    """Random batches of two 64 x 64 crops per domain."""

    validation_sets = ()

    def __init__(self, count: int) -> None:
        super().__init__()
        images = {
            d: {"image": torch.rand(2, 3, 64, 64)} for d in ("synthetic", "real", "unlabelled")
        }
        images["synthetic"]["defocus"] = torch.rand(2, 1, 64, 64)
        images["real"]["mask"] = torch.rand(2, 1, 64, 64).round()
        self.batches = [images] * count

    def train_dataloader(self) -> DataLoader:
        return DataLoader(self.batches, batch_size=None)


class StepTimes(pl.Callback):
    """Time from the start to the end of each batch, and operations of the first."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.operations = 0

    def on_train_batch_start(self, *unused: object) -> None:
        self.counter = FlopCounterMode(display=False) if not self.seconds else None
        if self.counter:
            self.counter.__enter__()
        self.start = time.perf_counter()

    def on_train_batch_end(self, *unused: object) -> None:
        self.seconds.append(time.perf_counter() - self.start)
        if self.counter:
            self.counter.__exit__(None, None, None)
            self.operations = self.counter.get_total_flops()


def training_step() -> None:
    """The whole of DMENet at full width."""
    with initialize_config_dir(str(configuration_root() / "conf"), version_base="1.3"):
        module = instantiate(compose("train", ["experiment=paper"]).model)
    times = StepTimes()
    pl.Trainer(
        accelerator="cpu",
        max_epochs=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[times],
    ).fit(module, Batches(7))
    counted = sorted(times.seconds[2:])
    report("training step, 64x64, 2 per domain", counted[len(counted) // 2], times.operations)


def forward(height: int, width: int) -> None:
    """B alone on one image."""
    network, image = BlurEstimator().eval(), torch.rand(1, 3, height, width)
    with torch.inference_mode():
        with FlopCounterMode(display=False) as counter:
            network(image)
        seconds = median_seconds(lambda: network(image), 3)
    report(f"forward, {height}x{width}", seconds, counter.get_total_flops())


if __name__ == "__main__":
    print(f"{torch.get_num_threads()} threads; a {MATRIX}x{MATRIX} product runs at "
          f"{matrix_product_rate() / 1e9:.1f} GFLOP/s\n")  # fmt: skip
    print("| what | seconds | GFLOP/s | share of a matrix product's rate |\n|---|---:|---:|---:|")
    training_step()
    forward(240, 240)
    forward(480, 640)
