"""The average of several trainings of one network, parameters and batch norm's statistics alike.

    python docs/weights/average.py OUTPUT.safetensors CHECKPOINT...

All must come from the same weights: averages of networks that were trained apart are of no use.
"""

import sys
from pathlib import Path

import torch

from dmenet.weights.checkpoint import load_blur_estimator
from dmenet.weights.shipping import write_half


def average(output: Path, checkpoints: list[Path]) -> None:
    """Write the mean of each number of B, in half precision."""
    loaded = [load_blur_estimator(path) for path in checkpoints]
    network, unit = loaded[0]
    states = [each.network.state_dict() for each in loaded]
    mean = {
        name: torch.stack([each[name].double() for each in states]).mean(0) for name in states[0]
    }
    network.load_state_dict(mean)
    write_half(output, network, unit)


if __name__ == "__main__":
    output, *checkpoints = map(Path, sys.argv[1:])
    average(output, checkpoints)
