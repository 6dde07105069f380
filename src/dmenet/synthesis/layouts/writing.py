"""Renderings on disk: an 8-bit image, its sigmas as float32, its camera."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from dmenet.files import replacing
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.canvas import Rendering

IMAGE_SUFFIX = "_image.png"
SIGMA_SUFFIX = "_sigma_px.tiff"
CAMERA_SUFFIX = "_camera.json"
SIGMA_DESCRIPTION = "Gaussian sigma of the defocus blur per axis, in pixels of this image"


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
    image = Image.fromarray(image_u8(rendering))
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


def image_u8(rendering: Rendering) -> NDArray[np.uint8]:
    """The image of a rendering in 8 bits, H x W x 3."""
    return np.rint(rendering.image * 255).astype(np.uint8)


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
