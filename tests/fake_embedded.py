"""A small stand-in for the embedded data set, in its real layout; made in no time."""

from pathlib import Path

import numpy as np

from dmenet.synthesis.layouts.image_files import ImageFiles
from dmenet.synthesis.layouts.layout import LabelledImage, claim
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.canvas import Rendering

COUNTS = {
    "synthetic/train": 16,
    "synthetic/test": 2,
    "motorcycle/train": 3,
    "motorcycle/test": 1,
}


def generate(folder: Path) -> None:
    """Write noise whose contrast is the lower the larger its sigma."""
    camera = ThinLensCamera(
        focal_length_mm=50, f_number=2, focus_distance_mm=1000, image_width_px=72
    )
    rng = np.random.default_rng(0)
    layout = ImageFiles(previews=False)
    for part, count in COUNTS.items():
        claim(folder / part, layout.describe(), {})
        for number in range(count):
            sigma_px = np.linspace(0, 7, 72 * 66, dtype=np.float32).reshape(66, 72)
            noise = rng.random((66, 72, 3), np.float32)
            image = (0.5 + (noise - 0.5) / (1 + sigma_px[..., None])).astype(np.float32)
            rendering = Rendering(image, sigma_px, np.ones_like(sigma_px), noise)
            layout.write(folder / part, number, LabelledImage("fake", rendering, camera, {}))
