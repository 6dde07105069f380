"""Blur beyond 7 px: the relative error of the shipped network by sigma, at one size and several.

Photographs are blurred by a Gaussian of a known sigma, all over.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from scipy.ndimage import gaussian_filter

from dmenet.allocator import keep_freed_memory
from dmenet.images import photographs
from dmenet.images.reading import read_image
from dmenet.networks.inference import DefocusInference
from dmenet.weights.checkpoint import load_blur_estimator
from dmenet.weights.shipping import shipped
from pages import put_into

PHOTOGRAPHS = (("sklearn.datasets.images", "china.jpg"), ("skimage.data", "coffee.png"))
SIGMAS_PX = (1, 2, 3, 4, 5, 7, 10, 14, 20, 28, 40)
OWN_SIGMA_PX = 0.4
"""The photographs' own blur, roughly: what the network says of them."""


def main() -> None:
    """Print the table, and put it into pages."""
    keep_freed_memory()
    loaded = load_blur_estimator(shipped()["mobile"])
    methods = [DefocusInference(*loaded, precision="auto", scales=s) for s in ("one", "auto")]
    images = [
        np.pad(image, [(0, image.shape[0] // 2), (0, image.shape[1] // 2), (0, 0)], "reflect")
        for image in map(read_image, photographs.paths(PHOTOGRAPHS))
    ]
    lines = ["| sigma, px | scales=one | scales=auto |", "| ---: | ---: | ---: |"]
    for sigma in SIGMAS_PX:
        errors: list[list[float]] = [[], []]
        for image in images:
            blurred = gaussian_filter(image, (sigma, sigma, 0)).astype(np.float32)
            tensor = torch.from_numpy(blurred).permute(2, 0, 1)[None]
            truth = float(np.hypot(sigma, OWN_SIGMA_PX))
            for found, method in zip(errors, methods, strict=True):
                found.append(float((method(tensor) / truth - 1).abs().median()))
        lines.append(f"| {sigma} | {np.mean(errors[0]):.2f} | {np.mean(errors[1]):.2f} |")
        print(lines[-1], flush=True)
    for page in sys.argv[1:]:
        put_into(Path(page), "scales", "\n".join(lines))


if __name__ == "__main__":
    main()
