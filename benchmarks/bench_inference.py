"""Estimating photographs: CPU seconds, memory and rate of every network, before and now.

Each measurement runs in a process of its own, since the allocator's setting and the peak of memory
belong to a process. Ratios are taken within one run of this script: machines differ, and so does
what else runs on them. ``bench_inference.py docs/performance.md`` puts the table into that page.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import skimage.data
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch import Tensor, nn

from dmenet.allocator import keep_freed_memory
from dmenet.networks import BlurEstimator, BlurNetwork
from dmenet.networks.inference import DefocusInference, crop, pad
from dmenet.networks.precision import has_bfloat16
from dmenet.networks.reach import reach_of
from dmenet.tiles import tiles, whole
from dmenet.weights.checkpoint import load_blur_estimator
from dmenet.weights.shipping import shipped
from pages import put_into

SMALL, LARGE = (480, 640), (3000, 4000)
MATRIX = 2048
OLD_TILE = 1024
NETWORKS: dict[str, Callable[[], BlurNetwork]] = {
    "mobile": lambda: load_blur_estimator(shipped()["mobile"]).network,
    "lite": lambda: BlurEstimator(0.25).eval(),
    "official": lambda: BlurEstimator().eval(),
}
CLASSICAL = ("karaali_jung_2018", "zhuo_sim_2011")
ESTIMATORS = Path(__file__).parents[1] / "conf/estimator"
BEFORE = "before"


def cases() -> list[tuple[str, tuple[int, int], str]]:
    """What is measured: network, size, and how it is run."""
    ways = ["float32", *(["bfloat16"] if has_bfloat16(torch.device("cpu")) else [])]
    return [
        *((name, SMALL, way) for name in NETWORKS for way in (BEFORE, *ways)),
        *(("mobile", LARGE, way) for way in (BEFORE, *ways, "float32, scales=auto")),
        *(("lite", LARGE, way) for way in (BEFORE, *ways)),
    ]


@torch.inference_mode()
def as_before(network: BlurNetwork, image: Tensor) -> Tensor:
    """The network as it is trained, in tiles that overlap by all that it can see."""
    padded = pad(image, network)
    defocus = image.new_empty(1, 1, *padded.shape[-2:])
    for tile in tiles(whole(padded.shape), padded.shape, OLD_TILE, reach_of(network).whole):
        seen = network(padded[(..., *tile.seen)]).defocus
        defocus[(..., *tile.part)] = seen[(..., *tile.inside)]
    return crop(defocus, image, network)


def measure(name: str, height: int, width: int, way: str) -> dict[str, float]:
    """CPU and wall seconds of one estimate, and the peak of memory of this process in GiB."""
    torch.manual_seed(0)
    image = torch.rand(1, 3, height, width)
    if name in CLASSICAL:
        (settings,) = OmegaConf.load(ESTIMATORS / f"{name}.yaml").values()
        method = instantiate(settings)
        # Of edges, which are what they measure, noise has too many.
        pixels = cv2.resize(skimage.data.coffee(), (width, height)).astype(np.float32) / 255
        run: Callable[[], object] = lambda: method(pixels)  # noqa: E731
    elif way == BEFORE:
        network = NETWORKS[name]()
        run = lambda: as_before(network, image)  # noqa: E731
    else:
        keep_freed_memory()
        precision, _, scales = way.partition(", scales=")
        inference = DefocusInference(
            NETWORKS[name](), "sigma7", precision=precision, scales=scales or "one"
        )
        run = lambda: inference(image)  # noqa: E731
    seconds = []
    # The first run of a small image also prepares the convolutions.
    for _ in range(1 if height * width > 1e6 or name in CLASSICAL else 3):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        seconds.append((time.process_time() - cpu, time.perf_counter() - wall))
    cpu, wall = min(seconds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # Linux counts in KiB
    return {"cpu": cpu, "wall": wall, "gib": peak, "product": product_rate()}


def product_rate() -> float:
    """Floating point operations per CPU second of a large matrix product in float32."""
    a = torch.randn(MATRIX, MATRIX)
    seconds = []
    for _ in range(3):
        start = time.process_time()
        a @ a
        seconds.append(time.process_time() - start)
    return 2 * MATRIX**3 / min(seconds)


def operations_per_px(network: BlurNetwork, side: int = 256) -> float:
    """Floating point operations of the convolutions, two for each multiplication and addition."""
    total = 0

    def count(layer: nn.Conv2d, _: object, out: Tensor) -> None:
        nonlocal total
        total += 2 * out[0].numel() * layer.weight[0].numel()

    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(count)
    with torch.inference_mode():
        network(torch.rand(1, 3, side, side))
    return total / side**2


def in_own_process(name: str, size: tuple[int, int], way: str) -> dict[str, float]:
    words = [name, *map(str, size), way]
    command = [sys.executable, __file__, "one", *words]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def table() -> str:
    """All measurements as Markdown; rows are shown as they come."""
    lines = [
        "| network | size | how | CPU s | wall s | peak GiB | of a product's rate | to before |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    operations = {name: operations_per_px(make()) for name, make in NETWORKS.items()}
    before: dict[tuple[str, tuple[int, int]], float] = {}
    classical = [(name, SMALL, "as published") for name in CLASSICAL]
    for name, size, way in [*cases(), *classical]:
        found = in_own_process(name, size, way)
        share = ratio = ""
        if name in operations:
            if way == BEFORE:
                before[name, size] = found["cpu"]
            if (name, size) in before:
                ratio = f"{found['cpu'] / before[name, size]:.2f}"
            if "auto" not in way:
                rate = operations[name] * size[0] * size[1] / found["cpu"]
                share = f"{rate / found['product']:.2f}"
        lines.append(
            f"| {name} | {size[1]} x {size[0]} | {way} | {found['cpu']:.2f} | "
            f"{found['wall']:.2f} | {found['gib']:.2f} | {share} | {ratio} |"
        )
        print(lines[-1], flush=True)
    return "\n".join(lines)


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        _, _, name, height, width, way = sys.argv
        print(json.dumps(measure(name, int(height), int(width), way)))
    else:
        text = table()
        for page in sys.argv[1:]:
            put_into(Path(page), "bench", text)
