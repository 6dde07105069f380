"""``make gpu``: steps and estimates on a CUDA card in every precision; without one, it says so."""

import sys
import time

import torch

from bench_training_settings import CASES, seconds_of_a_step
from dmenet.networks.inference import DefocusInference
from dmenet.networks.precision import Precision
from dmenet.weights.checkpoint import load_blur_estimator
from dmenet.weights.shipping import shipped

SIZE = (3000, 4000)


def seconds_of_an_estimate(precision: Precision, device: str, size: tuple[int, int]) -> float:
    """Wall seconds of the shipped network on one image, the best of three."""
    loaded = load_blur_estimator(shipped()["mobile"])
    inference = DefocusInference(*loaded, precision=precision, device=device)
    image = torch.rand(1, 3, *size)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        inference(image)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def main(device: str = "cuda", size: tuple[int, int] = SIZE) -> None:
    """Print a table for this card."""
    if device == "cuda" and not torch.cuda.is_available():
        print("No CUDA card here: nothing of what needs one was measured.")
        return
    card = torch.cuda.get_device_name() if device == "cuda" else device
    print(f"| on {card} | float32 | bfloat16 |\n| --- | ---: | ---: |")
    estimates = [seconds_of_an_estimate(p, device, size) for p in ("float32", "bfloat16")]
    cells = " | ".join(f"{seconds:.3f} s" for seconds in estimates)
    print(f"| mobile, {size[1]} x {size[0]}, estimate | {cells} |")
    for case, (_, _, count, side) in CASES.items():
        kinds = ("channels_last, fused", "channels_last, fused, bfloat16")
        cells = " | ".join(f"{seconds_of_a_step(case, kind, device):.3f} s" for kind in kinds)
        print(f"| {case}, {count} crops of {side}, step | {cells} |")


if __name__ == "__main__":
    main(*sys.argv[1:2])
