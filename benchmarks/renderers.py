"""Speed and memory of both renderers, against the released generator's.

Needs DMENET_DATA, the folder with rgbd/syndof_samples, for the sample pairs; ``--exact`` compares
the fast released rendering with a plain one of the same steps, which takes minutes for each pair.
The generator's seconds were measured once in GNU Octave, in one thread, with separable filters.
"""

import argparse
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dmenet.reporting.text_tables import markdown_table
from dmenet.synthesis.readers.reader import RGBD
from dmenet.synthesis.readers.syndof_input import SyndofInput
from dmenet.synthesis.released.compositing import render_released
from dmenet.synthesis.released.layers import MAX_COC_PX, cut_layers, push_back
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.canvas import Rendering
from dmenet.synthesis.rendering.image_with_depth import render_rgbd

RUNS = 5
CROP_PX = 240
TWELVE_MEGAPIXELS = 3000, 4000
LEVELS = (10, 30, 100, 300, 1000, 10_000)
FOCAL_LENGTH_MM = 50.0

REFERENCE_SECONDS = {"middleburry": 33.0, "MPI": 40.0, "SYNTHIA": 124.0}
"""By the first word of a pair's name."""

FOCUS_QUANTILES = {"middleburry": 0.5, "MPI": 0.3, "SYNTHIA": 0.5}
FOCAL_LENGTHS_MM = {"middleburry": 50.0, "MPI": 70.0, "SYNTHIA": 50.0}

Depth = NDArray[np.float64]
Render = Callable[[NDArray[np.float32], Depth, ThinLensCamera], Rendering]
RENDERERS: dict[str, Render] = {"released": render_released, "faithful": render_rgbd}


@dataclass(frozen=True)
class Frame:
    """A pair and how it is photographed: as the released generator does, up to a CoC of 29 px."""

    name: str
    image: NDArray[np.float32]
    depth_mm: Depth
    camera: ThinLensCamera

    @property
    def size(self) -> str:
        return f"{self.depth_mm.shape[1]} x {self.depth_mm.shape[0]}"


def frame(
    name: str, image: NDArray[np.float32], depth_mm: Depth, focal_length_mm: float, quantile: float
) -> Frame:
    """Focused at a quantile of the depths."""
    depth = push_back(depth_mm, focal_length_mm)
    camera = ThinLensCamera.for_max_coc(
        max_coc_px=MAX_COC_PX,
        nearest_mm=float(depth.min()),
        farthest_mm=float(depth.max()),
        focal_length_mm=focal_length_mm,
        focus_distance_mm=float(np.quantile(depth, quantile, method="nearest")),
        image_width_px=depth.shape[1],
    )
    return Frame(name, image, depth, camera)


def sample_pairs() -> Iterator[Frame]:
    """The three pairs at full size; none if DMENET_DATA is not set."""
    folder = os.environ.get("DMENET_DATA")
    if folder is None:
        print("DMENET_DATA is not set, no sample pairs: it names the folder with rgbd/")
        return
    for pair in SyndofInput(Path(folder) / "rgbd" / "syndof_samples"):
        yield frame_of(pair)


def frame_of(pair: RGBD) -> Frame:
    """A sample pair, photographed as its reference was."""
    kind = pair.name.split("_")[0]
    return frame(kind, pair.image, pair.depth_mm, FOCAL_LENGTHS_MM[kind], FOCUS_QUANTILES[kind])


def made_frame(shape: tuple[int, int], levels: int | None = None) -> Frame:
    """Noise on a slope with 40 boxes before it; depths rounded to so many levels."""
    rng = np.random.default_rng(0)
    height, width = shape
    rows, columns = np.mgrid[:height, :width]
    disparity = 1 / 8000 + (1 / 1500 - 1 / 8000) * 0.6 * rows / height
    for _ in range(40):
        top, left = rng.integers(0, height), rng.integers(0, width)
        box = np.s_[top : top + height // 6, left : left + width // 8]
        slope = 0.1 * columns[box] / width / 1500
        disparity[box] = np.maximum(disparity[box], rng.uniform(1 / 6000, 1 / 2000)) + slope
    if levels is not None:
        step = np.ptp(disparity) / levels
        disparity = np.round(disparity / step) * step
    image = rng.random((height, width, 3), dtype=np.float32)
    return frame(f"{levels} levels", image, 1 / disparity, FOCAL_LENGTH_MM, 0.5)


def best_cpu_seconds(call: Callable[[], object], runs: int = RUNS) -> float:
    """The least disturbed of several runs."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    return min(seconds)


def speed_row(pair: Frame, exact: bool) -> dict[str, str]:
    """CPU seconds of both renderers, and how near the released one is to the plain steps."""
    reference = REFERENCE_SECONDS[pair.name]
    seconds = {
        name: best_cpu_seconds(partial(render, pair.image, pair.depth_mm, pair.camera))
        for name, render in RENDERERS.items()
    }
    layers = cut_layers(pair.depth_mm, pair.camera)
    row = {
        "pair": pair.name,
        "px": pair.size,
        "layers": str(layers.cocs_px.size),
        "generator, CPU s": f"{reference:.0f}",
    }
    for name, taken in seconds.items():
        row |= {
            f"{name}, CPU s": f"{taken:.2f}",
            f"{name}: times less": f"{reference / taken:.0f}",
            f"{name}: images/s": f"{1 / taken:.1f}",
        }
    if exact:
        # Of the tests: PYTHONPATH=tests.
        from plain_released import plain_render

        expected = np.clip(plain_render(pair.image.astype(np.float64), layers), 0, 1)
        rendered = render_released(pair.image, pair.depth_mm, pair.camera).image
        error = rendered - expected
        levels = np.abs(np.rint(rendered * 255) - np.rint(expected * 255))
        row |= {
            "dB": f"{-10 * math.log10(np.square(error).mean()):.1f}",
            "largest error, levels": f"{255 * np.abs(error).max():.2f}",
            "8-bit values off": f"{np.count_nonzero(levels)} of {levels.size}, "
            f"by {levels.max():.0f} at most",
        }
    return row


def crop_row(pair: Frame) -> dict[str, str]:
    """A training crop rendered alone, against the crop of the whole."""
    height, width = pair.depth_mm.shape
    top, left = (height - CROP_PX) // 2, (width - CROP_PX) // 2
    crop = slice(top, top + CROP_PX), slice(left, left + CROP_PX)

    def render() -> Rendering:
        return render_rgbd(pair.image, pair.depth_mm, pair.camera, crop)

    whole = render_rgbd(pair.image, pair.depth_mm, pair.camera).image[crop]
    alone = render().image
    return {
        "pair": pair.name,
        "CPU s": f"{best_cpu_seconds(render, 3 * RUNS):.3f}",
        "largest difference to the whole": f"{np.abs(alone - whole).max():.1e}",
        "8-bit values that differ": str(
            np.count_nonzero(np.rint(alone * 255) != np.rint(whole * 255))
        ),
    }


def levels_row(levels: int) -> dict[str, str]:
    """The same scene with more and more depths."""
    made = made_frame((480, 640), levels)
    row = {"depth levels": str(np.unique(made.depth_mm).size)}
    row["layers, released"] = str(cut_layers(made.depth_mm, made.camera).cocs_px.size)
    for name, render in RENDERERS.items():
        taken = best_cpu_seconds(partial(render, made.image, made.depth_mm, made.camera), 3)
        row[f"{name}, CPU s"] = f"{taken:.2f}"
    return row


def memory_row(name: str) -> dict[str, str]:
    """The peak of a process of its own that renders 12 megapixels."""
    command = [sys.executable, __file__, "--memory", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, before, peak = map(float, done.stdout.split())
    return {
        "renderer": name,
        "CPU s": f"{seconds:.1f}",
        "before rendering, GiB": f"{before:.2f}",
        "peak, GiB": f"{peak:.2f}",
    }


def measure_memory(name: str) -> None:
    """Print CPU seconds, and the process's peak in GiB before and after rendering."""
    made = made_frame(TWELVE_MEGAPIXELS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    seconds = best_cpu_seconds(
        lambda: RENDERERS[name](made.image, made.depth_mm, made.camera), runs=1
    )
    print(seconds, before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)


def main() -> None:
    """Print a table for each question."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exact", action="store_true", help="compare with plain steps (minutes)")
    parser.add_argument("--memory", choices=list(RENDERERS), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    if arguments.memory:
        measure_memory(arguments.memory)
        return
    pairs = list(sample_pairs())
    for title, rows in (
        ("Full frames", (speed_row(pair, arguments.exact) for pair in pairs)),
        (f"A crop of {CROP_PX} px, faithful", (crop_row(pair) for pair in pairs)),
        ("640 x 480 px by number of depths", map(levels_row, LEVELS)),
        ("12 megapixels", map(memory_row, RENDERERS)),
    ):
        if table := list(rows):
            print(f"\n{title}\n\n{markdown_table(table)}", flush=True)


if __name__ == "__main__":
    main()
