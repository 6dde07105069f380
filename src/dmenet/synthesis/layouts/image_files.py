"""The layout ``files``: an image, its sigmas as float32, its camera, and a picture of the map."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tifffile

from dmenet.data.layouts import CAMERA_SUFFIX, IMAGE_SUFFIX, SIGMA_SUFFIX
from dmenet.files import replacing
from dmenet.images.encoding import encode_png
from dmenet.images.preview import write_preview
from dmenet.synthesis.layouts.layout import LabelledImage, Layout

SIGMA_DESCRIPTION = "Gaussian sigma of the defocus blur per axis, in pixels of this image"


@dataclass(frozen=True)
class ImageFiles(Layout):
    """``<number>_image.png``, ``_sigma_px.tiff``, ``_camera.json`` and ``_preview.png``.

    Maps are stored as they are rendered; the easiest to look at, and to read with anything.

    Args:
        previews: whether the pictures of the maps are written, too.
    """

    previews: bool = True

    def describe(self) -> dict[str, Any]:
        """As ``Layout``."""
        return {
            "layout": "files",
            "unit": "sigma_px",
            "map": f"{SIGMA_SUFFIX}: float32, {SIGMA_DESCRIPTION}",
        }

    def written(self, folder: Path, numbers: Collection[int]) -> set[int]:
        """As ``Layout``."""
        suffixes = (IMAGE_SUFFIX, SIGMA_SUFFIX, CAMERA_SUFFIX)
        return {
            number
            for number in numbers
            if all((folder / f"{number:04d}{suffix}").is_file() for suffix in suffixes)
        }

    def write(self, folder: Path, number: int, photograph: LabelledImage) -> None:
        """As ``Layout``. Each file is whole or missing; the camera's is the last."""
        folder.mkdir(parents=True, exist_ok=True)
        start, rendering = folder / f"{number:04d}", photograph.rendering
        if self.previews:
            write_preview(_beside(start, "_preview.png"), rendering.image, rendering.sigma_px)
        with replacing(_beside(start, IMAGE_SUFFIX)) as temporary:
            temporary.write_bytes(encode_png(rendering.image_u8()))
        # No date and no software tag: the same rendering gives the same bytes.
        with replacing(_beside(start, SIGMA_SUFFIX)) as temporary:
            tifffile.imwrite(
                temporary,
                rendering.sigma_px,
                description=SIGMA_DESCRIPTION,
                metadata=None,
                software=False,
            )
        with replacing(_beside(start, CAMERA_SUFFIX)) as temporary:
            temporary.write_text(json.dumps(photograph.facts(), indent=2) + "\n", "utf-8")


def _beside(start: Path, suffix: str) -> Path:
    return start.with_name(f"{start.name}{suffix}")
