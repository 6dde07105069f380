"""Making a data set: which process makes which images, and making them one by one."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from dmenet.errors import InputError, OutputError
from dmenet.sample import Image
from dmenet.synthesis.layouts.layout import (
    LabelledImage,
    Layout,
    Skipped,
    forget_skipped,
    note_skipped,
    writing_into,
)
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.canvas import Rendering
from dmenet.synthesis.scenes.scene import Scene

CAMERA_STREAM, SENSOR_STREAM = 1, 2
"""Each purpose draws from its own stream, so that none repeats the draws of another."""

SIGMA_BINS_PX = (0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, float("inf"))

Sensor = Callable[[Image, np.random.Generator], tuple[Image, dict[str, Any]]]


@dataclass(frozen=True)
class Recipe:
    """How an image is made: as a function of the seed and its number alone.

    Args:
        source: makes the scene of a seed.
        camera: draws the camera for a scene.
        renderer: takes the photograph.
        sensor: adds to the image what a sensor adds, and says what it drew (JSON values).
        seed: of the data set.
    """

    source: Callable[[Sequence[int]], Scene]
    camera: Callable[[Scene, np.random.Generator], ThinLensCamera]
    renderer: Callable[[Scene, ThinLensCamera], Rendering]
    sensor: Sensor
    seed: int

    def scene(self, number: int) -> Scene:
        """What image ``number`` shows."""
        return self.source([self.seed, number])

    def photograph(self, number: int, scene: Scene) -> LabelledImage:
        """Image ``number``, of its scene."""
        seed = [self.seed, number]
        camera = self.camera(scene, np.random.default_rng([*seed, CAMERA_STREAM]))
        rendering = self.renderer(scene, camera)
        rng = np.random.default_rng([*seed, SENSOR_STREAM])
        image, drawn = self.sensor(rendering.image, rng)
        origin = {"seed": seed, "sensor": drawn}
        return LabelledImage(scene.name, replace(rendering, image=image), camera, origin)


@dataclass
class Outcome:
    """What a process has done.

    Attributes:
        numbers: how many images are its own.
        found: how many of them were there already.
        made: how many it has made.
        skipped: those that could not be made.
        seconds: how long that took.
        sigmas_px: smallest and largest sigma of what it has made.
        pixels: of what it has made, per bin of ``SIGMA_BINS_PX``.
    """

    numbers: int
    found: int
    made: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    seconds: float = 0.0
    sigmas_px: tuple[float, float] = (np.inf, 0.0)
    pixels: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros(len(SIGMA_BINS_PX) - 1, np.int64)
    )

    def add(self, sigma_px: NDArray[np.float32]) -> None:
        """Count an image that has been made."""
        self.made += 1
        least, most = self.sigmas_px
        self.sigmas_px = min(least, float(sigma_px.min())), max(most, float(sigma_px.max()))
        self.pixels += np.histogram(sigma_px, SIGMA_BINS_PX)[0]


def job_blocks(count: int, block: int, shards: int, shard: int) -> list[range]:
    """The blocks of consecutive numbers that one of several jobs makes.

    Args:
        count: of all images, at least 1.
        block: images per block, at least 1.
        shards: number of jobs, at least 1.
        shard: which of them, from 0.

    Raises:
        InputError: there is no such job.
    """
    if not 0 <= shard < shards:
        raise InputError(
            f"shards={shards} shard={shard}: expected shard from 0 to shards - 1, such as "
            "-m shards=8 'shard=range(8)'"
        )
    starts = range(0, count, block)[shard::shards]
    return [range(start, min(start + block, count)) for start in starts]


def generate(
    folder: Path, layout: Layout, recipe: Recipe, blocks: Sequence[range], *, skip_faulty: bool
) -> Outcome:
    """Make what is missing of the given blocks; show the progress.

    Args:
        folder: where ``claim`` was called.
        layout: how images are written.
        recipe: how they are made.
        blocks: of their numbers; no other process may make any of them at the same time.
        skip_faulty: whether to note an image that cannot be made and to make the next one.

    Raises:
        OutputError: the folder cannot be written to.
        InputError: an image cannot be made, unless skipped.
    """
    numbers = [number for block in blocks for number in block]
    with writing_into(folder):
        done = layout.written(folder, numbers)
    outcome = Outcome(len(numbers), len(done))
    start = time.monotonic()
    with tqdm(total=len(numbers), initial=len(done), desc=str(folder), unit="image") as progress:
        for block in blocks:
            for number in block:
                if number in done:
                    continue
                made = _make(folder, layout, recipe, number, skip_faulty)
                if isinstance(made, Skipped):
                    outcome.skipped.append(made)
                else:
                    outcome.add(made.rendering.sigma_px)
                progress.update()
            with writing_into(folder):
                layout.close(folder, block)
    outcome.seconds = time.monotonic() - start
    return outcome


def _make(
    folder: Path, layout: Layout, recipe: Recipe, number: int, skip_faulty: bool
) -> LabelledImage | Skipped:
    """Write one image, or a note of why it cannot be made."""
    name = None
    try:
        scene = recipe.scene(number)
        name = scene.name
        photograph = recipe.photograph(number, scene)
        with writing_into(folder):
            layout.write(folder, number, photograph)
            forget_skipped(folder, number)
    except OutputError:
        raise
    except InputError as error:
        faulty = Skipped(number, name, str(error))
        if not skip_faulty:
            raise InputError(f"{faulty}. on_error=skip leaves such images out") from error
        with writing_into(folder):
            note_skipped(folder, faulty)
        return faulty
    return photograph


def summary(outcome: Outcome) -> str:
    """What was done, how fast, and how blurred it is."""
    there = outcome.found + outcome.made
    text = f"{there} of {outcome.numbers} images, {outcome.made} of them made now"
    if not outcome.made:
        return text
    least, most = outcome.sigmas_px
    shares = outcome.pixels / outcome.pixels.sum()
    bins = [
        f"{low:g}-{high:g}: {share:.1%}" if high < np.inf else f"over {low:g}: {share:.1%}"
        for low, high, share in zip(SIGMA_BINS_PX, SIGMA_BINS_PX[1:], shares, strict=False)
        if share
    ]
    return (
        f"{text} ({outcome.made / outcome.seconds:.2g} images/s)\n"
        f"sigma from {least:.2f} to {most:.2f} px; pixels by sigma in px: {', '.join(bins)}"
    )
