"""The layout ``files``: an image, its sigmas as float32, its camera, and a picture of the map."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dmenet.images.preview import write_preview
from dmenet.synthesis.layouts.layout import Photograph
from dmenet.synthesis.layouts.writing import SIGMA_DESCRIPTION, is_written, write_rendering


@dataclass(frozen=True)
class Files:
    """``<number>_image.png``, ``_sigma_px.tiff``, ``_camera.json`` and ``_preview.png``.

    Maps are stored as they are rendered; the easiest to look at, and to read with anything.
    """

    images_per_block = 1

    def describe(self) -> dict[str, Any]:
        """As ``Layout``."""
        return {
            "layout": "files",
            "unit": "sigma_px",
            "map": f"_sigma_px.tiff: float32, {SIGMA_DESCRIPTION}",
        }

    def written(self, folder: Path, numbers: Collection[int]) -> set[int]:
        """As ``Layout``."""
        return {number for number in numbers if is_written(folder, _name(number), {})}

    def write(self, folder: Path, number: int, photograph: Photograph) -> None:
        """As ``Layout``."""
        folder.mkdir(parents=True, exist_ok=True)
        name, rendering = _name(number), photograph.rendering
        write_preview(folder / f"{name}_preview.png", rendering.sigma_px)
        origin = {"scene": photograph.scene, **photograph.origin}
        write_rendering(folder, name, rendering, photograph.camera, origin)

    def close(self, folder: Path, numbers: Sequence[int]) -> None:
        """As ``Layout``: each image is finished by itself."""


def _name(number: int) -> str:
    return f"{number:04d}"
