"""``make gpu``: what a CUDA card makes of estimates and training; without a card, it says so.

Steps of B alone in every precision; steps of ``dmenet train`` by ``trainer=ddp`` (NCCL and
synchronised batch norm) in one process and on all cards; estimates by tiles at once; photographs of
``predict``.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import cv2
import pytorch_lightning as pl
import skimage.data
import torch

from bench_training_settings import CASES, Case, seconds_of_a_step
from dmenet.commands.predict import Writer, estimate_all
from dmenet.estimators import DMENetEstimator
from dmenet.networks.inference import TILES_AT_ONCE, DefocusInference
from dmenet.networks.precision import Precision
from dmenet.weights.checkpoint import load_blur_estimator
from dmenet.weights.shipping import shipped

TRAINER_PRECISIONS = {"float32": "32-true", "bfloat16": "bf16-mixed", "float16": "16-mixed"}
INFERENCE_PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")
RUNS = 3


@dataclass(frozen=True)
class Inputs:
    """What is measured.

    Attributes:
        cases: of steps of B, by name.
        size: height and width of the photographs in px.
        photographs: so many are estimated by ``predict``.
        processes: of ``dmenet train``: a row for each number.
        steps: of ``dmenet train``; the first half does not count.
        training: further settings of ``dmenet train``.
    """

    cases: dict[str, Case]
    size: tuple[int, int]
    photographs: int
    processes: list[int]
    steps: int
    training: tuple[str, ...] = ()


class StepSeconds(pl.Callback):
    """Writes the median seconds from the end of a step to that of the next into a file."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.ends: list[float] = []

    def on_train_batch_end(self, *unused: object) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.ends.append(time.perf_counter())

    def on_train_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        ends = self.ends[len(self.ends) // 2 :]
        if trainer.is_global_zero:
            self.path.write_text(json.dumps(median(b - a for a, b in pairwise(ends))))


def seconds_of_training(inputs: Inputs, device: str, processes: int, precision: str) -> float:
    """Of a step of ``dmenet train`` in several processes, which share its batches."""
    with TemporaryDirectory() as folder:
        words = (
            f"trainer={'ddp' if device == 'cuda' else 'ddp_cpu'}",
            f"trainer.devices={processes}",
            f"trainer.precision={TRAINER_PRECISIONS[precision]}",
            f"trainer.max_steps={inputs.steps}",
            "+trainer.limit_val_batches=0",
            "+trainer.enable_progress_bar=false",
            "+callbacks.seconds._target_=gpu.StepSeconds",
            f"+callbacks.seconds.path={folder}/seconds",
            "~callbacks.best",
            "logger=none",
            f"hydra.run.dir={folder}/run",
            *inputs.training,
        )
        paths = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        subprocess.run(
            [sys.executable, "-m", "dmenet.commands.train", *words],
            check=True,
            stdout=sys.stderr,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        )
        seconds: float = json.loads(Path(folder, "seconds").read_text())
    return seconds


def seconds_of_an_estimate(
    size: tuple[int, int], device: str, precision: Precision, tiles_at_once: int
) -> float:
    """Of the shipped network on one image, the best of some."""
    loaded = load_blur_estimator(shipped()["mobile"])
    inference = DefocusInference(*loaded, precision=precision, device=device)
    inference.tiles_at_once = tiles_at_once
    image = torch.rand(1, 3, *size)
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        inference(image)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def seconds_of_a_photograph(inputs: Inputs, device: str, precision: Precision) -> float:
    """As ``dmenet predict`` reads, estimates and writes several, with all sizes that they need."""
    estimator = DMENetEstimator.from_checkpoint(
        "mobile", precision=precision, scales="auto", device=device
    )
    with TemporaryDirectory() as folder:
        path = Path(folder, "photograph.png")
        cv2.imwrite(str(path), cv2.resize(skimage.data.coffee(), inputs.size[::-1]))
        writer = Writer(Path(folder), "npy", None, None)
        estimate_all(estimator, [(path, "first")], writer, skipped=0)
        names = [str(number) for number in range(inputs.photographs)]
        start = time.perf_counter()
        estimate_all(estimator, [(path, name) for name in names], writer, skipped=0)
        return (time.perf_counter() - start) / len(names)


def rows(inputs: Inputs, device: str) -> Iterator[tuple[str, dict[str, float]]]:
    """What was done, and its seconds by precision."""
    for name, case in inputs.cases.items():
        yield (
            f"a step of B: {name}, {case.crops} crops of {case.side}",
            {p: seconds_of_a_step(case, ("channels_last", p), device) for p in TRAINER_PRECISIONS},
        )
    for processes in inputs.processes:
        yield (
            f"a step of `dmenet train`, processes: {processes}",
            {p: seconds_of_training(inputs, device, processes, p) for p in TRAINER_PRECISIONS},
        )
    height, width = inputs.size
    for tiles_at_once in (1, TILES_AT_ONCE, 4 * TILES_AT_ONCE):
        yield (
            f"an estimate of {width} x {height}, {tiles_at_once} tiles at once",
            {
                p: seconds_of_an_estimate(inputs.size, device, p, tiles_at_once)
                for p in INFERENCE_PRECISIONS
            },
        )
    yield (
        f"a photograph of {width} x {height} of several, by `dmenet predict`",
        {p: seconds_of_a_photograph(inputs, device, p) for p in INFERENCE_PRECISIONS},
    )


def table(inputs: Inputs, device: str, card: str) -> str:
    """Seconds as Markdown; rows are shown as they come."""
    lines = [
        f"| seconds on {card} | {' | '.join(TRAINER_PRECISIONS)} |",
        "| --- |" + " ---: |" * len(TRAINER_PRECISIONS),
    ]
    print("\n".join(lines))
    for name, seconds in rows(inputs, device):
        cells = [f"{seconds[p]:.4f}" if p in seconds else "" for p in TRAINER_PRECISIONS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


def main() -> None:
    """Print a table for the card of this machine."""
    if not torch.cuda.is_available():
        print("No CUDA card here: nothing of what needs one was measured.")
        return
    inputs = Inputs(
        cases=CASES,
        size=(3000, 4000),
        photographs=16,
        processes=sorted({1, torch.cuda.device_count()}),
        steps=200,
        training=("model/blur_estimation=mobile",),
    )
    table(inputs, "cuda", f"{torch.cuda.get_device_name()}, torch {torch.__version__}")


if __name__ == "__main__":
    main()
