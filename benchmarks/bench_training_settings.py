"""What the allocator, channels_last, bfloat16 and fused Adam do to a step of B, alone and together.

A step here is B's forward, a squared loss, backward and Adam, each kind in a process of its own.
``bench_training_settings.py docs/performance.md`` puts the table into that page.
"""

import json
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import torch

from dmenet.allocator import keep_freed_memory
from dmenet.networks import blur_estimator
from dmenet.networks.blocks import Variant
from dmenet.networks.precision import has_bfloat16
from pages import put_into

STEPS = 3
CASES: dict[str, tuple[float, Variant, int, int]] = {
    "mobile": (1.0, "mobile", 8, 224),
    "lite": (0.25, "official", 4, 224),
}
"""Width, variant, crops a step, and their side in px."""

NAIVE = "as torch comes"
KINDS = (
    NAIVE, "allocator", "allocator, fused", "allocator, channels_last", "allocator, bfloat16",
    "allocator, channels_last, bfloat16",
)  # fmt: skip


def seconds_of_a_step(case: str, kind: str, device: str = "cpu") -> float:
    """CPU seconds of the best of some steps (wall seconds on a GPU)."""
    width, variant, count, side = CASES[case]
    if "allocator" in kind:
        keep_freed_memory()
    torch.manual_seed(0)
    network = blur_estimator(width, variant).to(device)
    image = torch.rand(count, 3, side, side, device=device)
    truth = torch.rand(count, 1, side, side, device=device)
    if "channels_last" in kind:
        network = network.to(memory_format=torch.channels_last)
        image = image.contiguous(memory_format=torch.channels_last)
    adam = torch.optim.Adam(network.parameters(), fused="fused" in kind)
    low = torch.autocast(device, torch.bfloat16) if "bfloat16" in kind else nullcontext()
    clock = time.process_time if device == "cpu" else time.perf_counter
    seconds = []
    for _ in range(STEPS + 1):
        start = clock()
        with low:
            loss = (network(image).defocus.float() - truth).square().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        if device != "cpu":
            torch.cuda.synchronize()
        seconds.append(clock() - start)
    return min(seconds[1:])


def table() -> str:
    """All of them as Markdown; rows are shown as they come."""
    names = [f"{case}, {count} crops of {side}" for case, (_, _, count, side) in CASES.items()]
    lines = ["| a step | " + " | ".join(f"{n}: CPU s | ratio" for n in names) + " |"]
    lines.append("| --- |" + " ---: | ---: |" * len(names))
    naive: dict[str, float] = {}
    for kind in KINDS:
        if "bfloat16" in kind and not has_bfloat16(torch.device("cpu")):
            continue
        cells = []
        for case in CASES:
            command = [sys.executable, __file__, "one", case, kind]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            seconds: float = json.loads(done.stdout)
            cells.append(f"{seconds:.2f} | {seconds / naive.setdefault(case, seconds):.2f}")
        lines.append(f"| {kind} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        print(json.dumps(seconds_of_a_step(*sys.argv[2:])))
    else:
        text = table()
        for page in map(Path, sys.argv[1:]):
            put_into(page, "training", text)
