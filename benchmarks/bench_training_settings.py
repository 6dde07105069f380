"""What the allocator, channels_last, bfloat16 and fused Adam do to a step of B, alone and together.

A step here is B's forward, a squared loss, backward and Adam, each kind in a process of its own.
``bench_training_settings.py docs/performance.md`` puts the table into that page.
"""

import json
import subprocess
import sys
import time
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import torch

from dmenet.allocator import keep_freed_memory
from dmenet.networks import blur_estimator
from dmenet.networks.blocks import Variant
from dmenet.networks.precision import has_bfloat16
from pages import put_into

STEPS = 3


class Case(NamedTuple):
    """A network, and how many crops a step has, of which side in px."""

    width: float
    variant: Variant
    crops: int
    side: int


CASES = {
    "mobile": Case(1.0, "mobile", 8, 224),
    "lite": Case(0.25, "official", 4, 224),
    "official": Case(1.0, "official", 2, 96),
    "width 0.125": Case(0.125, "official", 8, 48),
}

KINDS: tuple[tuple[str, ...], ...] = (
    (),
    ("allocator",),
    ("allocator", "fused"),
    ("allocator", "channels_last"),
    ("allocator", "bfloat16"),
    ("allocator", "channels_last", "bfloat16"),
)
LOW = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def seconds_of_a_step(case: Case, kind: Collection[str], device: str = "cpu") -> float:
    """CPU seconds of the best of some steps (wall seconds on a GPU)."""
    if "allocator" in kind:
        keep_freed_memory()
    torch.manual_seed(0)
    network = blur_estimator(case.width, case.variant).to(device)
    image = torch.rand(case.crops, 3, case.side, case.side, device=device)
    truth = torch.rand(case.crops, 1, case.side, case.side, device=device)
    if "channels_last" in kind:
        network = network.to(memory_format=torch.channels_last)
        image = image.contiguous(memory_format=torch.channels_last)
    adam = torch.optim.Adam(network.parameters(), fused="fused" in kind)
    low = next((LOW[number] for number in kind if number in LOW), None)
    scaler = torch.amp.GradScaler(device, enabled=low is torch.float16)
    clock = time.process_time if device == "cpu" else time.perf_counter
    seconds = []
    for _ in range(STEPS + 1):
        start = clock()
        with torch.autocast(device, low, enabled=low is not None):
            loss = (network(image).defocus.float() - truth).square().mean()
        adam.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(adam)
        scaler.update()
        if device != "cpu":
            torch.cuda.synchronize()
        seconds.append(clock() - start)
    return min(seconds[1:])


def table() -> str:
    """All of them as Markdown; rows are shown as they come."""
    names = [f"{name}, {case.crops} crops of {case.side}" for name, case in CASES.items()]
    lines = ["| a step | " + " | ".join(f"{n}: CPU s | ratio" for n in names) + " |"]
    lines.append("| --- |" + " ---: | ---: |" * len(names))
    naive: dict[str, float] = {}
    for kind in KINDS:
        if "bfloat16" in kind and not has_bfloat16(torch.device("cpu")):
            continue
        cells = []
        for case in CASES:
            command = [sys.executable, __file__, "one", case, *kind]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            seconds: float = json.loads(done.stdout)
            cells.append(f"{seconds:.2f} | {seconds / naive.setdefault(case, seconds):.2f}")
        lines.append(f"| {', '.join(kind) or 'as torch comes'} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        print(json.dumps(seconds_of_a_step(CASES[sys.argv[2]], sys.argv[3:])))
    else:
        text = table()
        for page in map(Path, sys.argv[1:]):
            put_into(page, "training", text)
