"""Peak memory and seconds of the predict command on a photograph of 12 megapixels, lite network."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from dmenet.networks import BlurEstimator
from dmenet.weights.checkpoint import DESCRIPTION_KEY, describe

WIDTH = 0.25


def main() -> None:
    """Predict a photograph of noise in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        network = BlurEstimator(WIDTH)
        state = {f"blur_estimation.{k}": v for k, v in network.state_dict().items()}
        checkpoint = {"state_dict": state, DESCRIPTION_KEY: describe(network, "sigma7")}
        torch.save(checkpoint, folder / "lite.ckpt")
        pixels = np.random.default_rng(0).integers(0, 256, (3000, 4000, 3), np.uint8)
        Image.fromarray(pixels).save(folder / "photo.jpg")
        for tile in (1024, 2048):
            command = [sys.executable, "-m", "dmenet.commands.predict", "input=photo.jpg"]
            command += ["weights=lite.ckpt", f"tile={tile}", *sys.argv[1:]]
            start = time.perf_counter()
            process = subprocess.Popen(
                command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            assert os.waitstatus_to_exitcode(status) == 0
            gib = usage.ru_maxrss * 1024 / 2**30  # Linux counts in KiB
            print(f"tile={tile}: {seconds:.1f} s, peak {gib:.2f} GiB", flush=True)


if __name__ == "__main__":
    main()
