"""An image of ``dmenet synthesize sensor=camera``: CPU seconds of its parts, by aperture.

``bench_synthesis.py docs/performance.md`` puts the table into that page. Scenes of NYUv2 are among
them where DMENET_DATA names the folder with rgbd/nyuv2.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from dmenet.reporting.text_tables import markdown_table
from dmenet.synthesis.generation import CAMERA_STREAM, SENSOR_STREAM
from dmenet.synthesis.layouts.image_files import ImageFiles
from dmenet.synthesis.layouts.layout import LabelledImage
from dmenet.synthesis.layouts.tar_shards import TarShards
from dmenet.synthesis.readers.nyuv2 import NYUv2
from dmenet.synthesis.rendering.sensor import Sensor
from dmenet.synthesis.scenes.procedural import Procedural
from dmenet.synthesis.scenes.random_camera import RandomCamera
from dmenet.synthesis.scenes.scene import Source
from dmenet.synthesis.scenes.sources import rgbd
from pages import put_into

IMAGES = 6


def sources() -> Iterator[tuple[str, Source]]:
    """What is photographed at 608 x 448 px, with the settings of ``conf/source``."""
    folder = Path(os.environ.get("DMENET_DATA", "")) / "rgbd" / "nyuv2"
    if (folder / "image").is_dir():
        yield "NYUv2", partial(rgbd, reader=NYUv2(folder))
    yield (
        "procedural",
        Procedural(
            height=448,
            width=608,
            nearest_mm=(500, 1500),
            farthest_mm=(4000, 20000),
            things=(30, 70),
            radii=(0.06, 0.4),
            slanted=0.35,
            curved=0.3,
            thin=0.2,
            thin_px=(1.5, 6),
        ),
    )


T = TypeVar("T")


def _timed(taken: dict[str, float], part: str, call: Callable[[], T]) -> T:
    start = time.process_time()
    result = call()
    taken[part] += time.process_time() - start
    return result


def rows() -> Iterator[dict[str, str]]:
    """Of each kind of scene and aperture, CPU seconds an image."""
    sensor = Sensor(full_well=(500, 20000), read_noise=(0.0005, 0.005), jpeg_quality=(75, 98))
    layouts = {"files": ImageFiles(), "shards": TarShards()}
    for name, source in sources():
        for aperture in ("gaussian", "disc", "polygon"):
            draw = RandomCamera(
                focal_lengths_mm=(50, 70, 85), largest_sigma_px=(1.5, 7), apertures=(aperture,)
            )
            taken = dict.fromkeys(("scene", "rendering", "sensor", *layouts), 0.0)

            with tempfile.TemporaryDirectory() as folder:
                for number in range(IMAGES + 1):
                    if number == 1:  # the first one imports what it needs
                        taken = dict.fromkeys(taken, 0.0)
                    seed = [0, number]
                    scene = _timed(taken, "scene", partial(source, seed))
                    camera = draw(scene, np.random.default_rng([*seed, CAMERA_STREAM]))
                    rendering = _timed(taken, "rendering", partial(scene.photograph, camera))
                    rng = np.random.default_rng([*seed, SENSOR_STREAM])
                    image, drawn = _timed(taken, "sensor", partial(sensor, rendering.image, rng))
                    photograph = LabelledImage(
                        scene.name, replace(rendering, image=image), camera, drawn
                    )
                    for layout, writer in layouts.items():
                        write = partial(writer.write, Path(folder) / layout, number, photograph)
                        _timed(taken, layout, write)
            made = taken["scene"] + taken["rendering"] + taken["sensor"]
            yield {
                "scenes": name,
                "aperture": aperture,
                **{part: f"{seconds / IMAGES:.3f}" for part, seconds in taken.items()},
                "all, files": f"{(made + taken['files']) / IMAGES:.3f}",
                "all, shards": f"{(made + taken['shards']) / IMAGES:.3f}",
            }


if __name__ == "__main__":
    cv2.setNumThreads(1)
    table = markdown_table(list(rows()))
    print(table)
    for page in sys.argv[1:]:
        put_into(Path(page), "synthesis", table)
