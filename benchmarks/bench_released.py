"""CPU seconds of the released rendering of full frames, against those of the released generator.

Needs DMENET_DATA, the folder with rgbd/syndof_samples. The generator's seconds were measured once
in GNU Octave, in one thread, with separable filters.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dmenet.synthesis.camera import ThinLensCamera
from dmenet.synthesis.released import MAX_COC_PX, push_back, render_released

RUNS = 5
WANTED_RATIO = 40


@dataclass(frozen=True)
class Pair:
    """A sample pair, and how it is photographed.

    Attributes:
        image: path below ``image`` in the samples.
        depth: path below ``depth``.
        mm_per_unit: of the depth map.
        focal_length_mm: of the camera.
        focus_quantile: share of the pixels nearer than the focal plane.
        reference_seconds: what the released generator takes.
    """

    image: str
    depth: str
    mm_per_unit: float
    focal_length_mm: float
    focus_quantile: float
    reference_seconds: float


SYNTHIA = "SYNTHIA/SYNTHIA-SEQS-01-NIGHT/Stereo_Right/Omni_F/000000.png"
MIDDLEBURY = "middleburry/2014/Adirondack-perfect"
PAIRS = {
    "Middlebury": Pair(f"{MIDDLEBURY}/im0.png", f"{MIDDLEBURY}/disp0.png", 10, 50, 0.5, 33),
    "Sintel": Pair("MPI/market_2/frame_0001.png", "MPI/market_2/frame_0001.dpt", 1000, 70, 0.3, 40),
    "SYNTHIA": Pair(SYNTHIA, SYNTHIA, 10, 50, 0.5, 124),
}


def read_depth(path: Path) -> NDArray[np.float64]:
    """A ``.dpt`` file (tag, width, height, float32) or a 16-bit PNG of equal channels, in units."""
    if path.suffix != ".dpt":
        values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        return values.reshape(*values.shape[:2], -1)[..., 0].astype(np.float64)
    data = path.read_bytes()
    width, height = np.frombuffer(data, "<i4", count=2, offset=4)
    return np.frombuffer(data, "<f4", offset=12).reshape(height, width).astype(np.float64)


def best_cpu_seconds(call: Callable[[], object]) -> float:
    """The least disturbed of ``RUNS`` runs."""
    seconds = []
    for _ in range(RUNS):
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    return min(seconds)


def report(name: str, pair: Pair, samples: Path) -> None:
    """Print a row."""
    pixels = cv2.imread(str(samples / "image" / pair.image))
    image = (pixels[..., ::-1] / np.float32(255)).astype(np.float32)
    depth = read_depth(samples / "depth" / pair.depth) * pair.mm_per_unit
    depth = push_back(depth, pair.focal_length_mm)
    camera = ThinLensCamera.for_max_coc(
        max_coc_px=MAX_COC_PX,
        nearest_mm=float(depth.min()),
        farthest_mm=float(depth.max()),
        focal_length_mm=pair.focal_length_mm,
        focus_distance_mm=float(np.quantile(depth, pair.focus_quantile, method="nearest")),
        image_width_px=depth.shape[1],
    )
    layers = render_released(image, depth, camera).cocs_px.size
    seconds = best_cpu_seconds(lambda: render_released(image, depth, camera))
    size = f"{depth.shape[1]} x {depth.shape[0]}"
    ratio = pair.reference_seconds / seconds
    print(
        f"| {name} | {size} | {layers} | {seconds:.2f} | {pair.reference_seconds:.0f} | "
        f"{ratio:.0f} | {'yes' if ratio >= WANTED_RATIO else 'NO'} |",
        flush=True,
    )


def main() -> None:
    """Print a table with a row per sample pair."""
    folder = os.environ.get("DMENET_DATA")
    if folder is None:
        print("skipped: DMENET_DATA is not set; it names the folder with rgbd/syndof_samples")
        return
    cv2.setNumThreads(1)
    print(f"| pair | px | layers | CPU s | generator's | times less | {WANTED_RATIO} or more |")
    print("|---|---|---|---|---|---|---|")
    for name, pair in PAIRS.items():
        report(name, pair, Path(folder) / "rgbd" / "syndof_samples")


if __name__ == "__main__":
    main()
