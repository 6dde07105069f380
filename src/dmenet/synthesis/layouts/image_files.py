"""The layout ``files``: an image, its sigmas as float32, its camera, and a picture of the map."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tifffile
from PIL import Image

from dmenet.data.layouts.entries import CAMERA_SUFFIX, IMAGE_SUFFIX, SIGMA_SUFFIX
from dmenet.files import replacing
from dmenet.images.preview import write_preview
from dmenet.synthesis.layouts.layout import Photograph
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.canvas import Rendering

SIGMA_DESCRIPTION = "Gaussian sigma of the defocus blur per axis, in pixels of this image"


@dataclass(frozen=True)
class ImageFiles:
    """``<number>_image.png``, ``_sigma_px.tiff``, ``_camera.json`` and ``_preview.png``.

    Maps are stored as they are rendered; the easiest to look at, and to read with anything.
    """

    images_per_block = 1

    def describe(self) -> dict[str, Any]:
        """As ``Layout``."""
        return {
            "layout": "files",
            "unit": "sigma_px",
            "map": f"{SIGMA_SUFFIX}: float32, {SIGMA_DESCRIPTION}",
        }

    def written(self, folder: Path, numbers: Collection[int]) -> set[int]:
        """As ``Layout``."""
        return {number for number in numbers if is_written(folder, _name(number), {})}

    def write(self, folder: Path, number: int, photograph: Photograph) -> None:
        """As ``Layout``."""
        folder.mkdir(parents=True, exist_ok=True)
        name, rendering = _name(number), photograph.rendering
        write_preview(folder / f"{name}_preview.png", rendering.image, rendering.sigma_px)
        origin = {"scene": photograph.scene, **photograph.origin}
        write_rendering(folder, name, rendering, photograph.camera, origin)

    def close(self, folder: Path, numbers: Sequence[int]) -> None:
        """As ``Layout``: each image is finished by itself."""


def _name(number: int) -> str:
    return f"{number:04d}"


def write_rendering(
    folder: Path,
    name: str,
    rendering: Rendering,
    camera: ThinLensCamera,
    origin: Mapping[str, Any],
) -> None:
    """Write a rendering as ``<name>_image.png``, ``<name>_sigma_px.tiff``, ``<name>_camera.json``.

    Each file is whole or missing. The camera's is the last, so that it says that all are there.

    Args:
        folder: made if missing.
        name: of the item, common to its files.
        rendering: its image is rounded to 8 bits, its sigmas stay float32 px.
        camera: what took it.
        origin: what else to keep with the camera, such as scene and seed; JSON values.
    """
    folder.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(rendering.image_u8())
    with replacing(folder / f"{name}{IMAGE_SUFFIX}") as temporary:
        image.save(temporary, "PNG", compress_level=3)
    # No date and no software tag: the same rendering gives the same bytes.
    with replacing(folder / f"{name}{SIGMA_SUFFIX}") as temporary:
        tifffile.imwrite(
            temporary,
            rendering.sigma_px,
            compression="zlib",
            description=SIGMA_DESCRIPTION,
            metadata=None,
            software=False,
        )
    described = json.dumps({"camera": asdict(camera), **origin}, indent=2) + "\n"
    with replacing(folder / f"{name}{CAMERA_SUFFIX}") as temporary:
        temporary.write_text(described, "utf-8")


def is_written(folder: Path, name: str, origin: Mapping[str, Any]) -> bool:
    """Whether ``write_rendering`` has finished this item, of the same origin.

    Args:
        folder: where it would be.
        name: of the item.
        origin: as given to ``write_rendering``.
    """
    suffixes = (IMAGE_SUFFIX, SIGMA_SUFFIX, CAMERA_SUFFIX)
    if not all((folder / f"{name}{suffix}").is_file() for suffix in suffixes):
        return False
    try:
        described = json.loads((folder / f"{name}{CAMERA_SUFFIX}").read_text("utf-8"))
    except ValueError:
        return False
    return isinstance(described, dict) and all(
        described.get(key) == value for key, value in origin.items()
    )
