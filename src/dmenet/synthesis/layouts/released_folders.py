"""The layout ``released``: the folders, names and values of the released SYNDOF data."""

import json
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dmenet.data.layouts import (
    BINARY_MAPS,
    CAMERAS,
    IMAGES,
    MAPS,
    RELEASED_VALUE_OF_1,
    number_of_released,
)
from dmenet.images.encoding import encode_png
from dmenet.synthesis.layouts.layout import PENDING, LabelledImage, Layout
from dmenet.synthesis.released.compositing import ReleasedRendering
from dmenet.units import MAX_SIGMA_PX, Unit, map_from_sigma_px, sigma_px_from_coc_px

_SAYS = {
    "sigma7": "10 x Gaussian sigma of the blur in px",
    "coc15": "10 x CoC in px, where Gaussian sigma in px = (CoC - 1) / 2",
}


@dataclass(frozen=True)
class ReleasedFolders(Layout):
    """``image/``, ``blur_map/`` and ``blur_map_binary/``, for code that reads the released data.

    Maps are 16-bit PNG files of three equal channels, in tenths, with sigma clipped to 7 px: an
    error of up to 0.05 px under ``sigma7``, and of 0.025 px under ``coc15``. A name is
    ``<scene>_<number>_f_<focal length>_fp_<share in front of the focal plane>_A_<f-number>``.
    ``camera/`` is ours.

    Args:
        unit: ``sigma7`` is what the released generator writes; ``coc15`` what the released training
            code, which divides values by 150, and its checkpoint mean.

    Source: the released generator and training code of Lee et al. 2019.
    """

    unit: Unit = "sigma7"

    def describe(self) -> dict[str, Any]:
        """As ``Layout``."""
        return {
            "layout": "released",
            "unit": self.unit,
            "map": f"{MAPS}: 16-bit PNG of {_SAYS[self.unit]}, three equal channels; sigma is "
            f"clipped to {MAX_SIGMA_PX:g} px. {BINARY_MAPS}: 255 where the CoC is over 1 px",
        }

    def written(self, folder: Path, numbers: Collection[int]) -> set[int]:
        """As ``Layout``."""
        found = {number_of_released(path.stem) for path in (folder / CAMERAS).glob("*.json")}
        return {number for number in numbers if number in found}

    def write(self, folder: Path, number: int, photograph: LabelledImage) -> None:
        """As ``Layout``. The camera's file is the last, so that it says that all are there."""
        name = released_name(number, photograph)
        values, blurred = released_maps(photograph, self.unit)
        facts = json.dumps({**photograph.facts(), "unit": self.unit}, indent=2) + "\n"
        files = {
            f"{IMAGES}/{name}.png": encode_png(photograph.rendering.image_u8()),
            f"{MAPS}/{name}.png": encode_png(np.stack([values] * 3, axis=-1), _SAYS[self.unit]),
            f"{BINARY_MAPS}/{name}_binary.png": encode_png(blurred),
            f"{CAMERAS}/{name}.json": facts.encode(),
        }
        # Not beside the final files: the released code takes any file of a folder for an image.
        pending = folder / PENDING.format(f"{number:06d}")
        shutil.rmtree(pending, ignore_errors=True)
        pending.mkdir(parents=True)
        try:
            for file, data in files.items():
                temporary = pending / "partial"
                temporary.write_bytes(data)
                (folder / file).parent.mkdir(exist_ok=True)
                temporary.replace(folder / file)
        finally:
            shutil.rmtree(pending, ignore_errors=True)


def released_name(number: int, photograph: LabelledImage) -> str:
    """The stem of an image's files; distinct for distinct numbers.

    Values have two significant digits and a "_" for the point, as the released ones have.
    """
    camera = photograph.camera
    in_front = np.mean(photograph.rendering.depth_mm < camera.focus_distance_mm)
    values = f"f_{camera.focal_length_mm:g}_fp_{in_front:.2g}_A_{camera.f_number:.2g}"
    return f"{photograph.scene}_{number:06d}_{values}".replace(".", "_")


def released_maps(
    photograph: LabelledImage, unit: Unit
) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """The values of ``blur_map``, and those of ``blur_map_binary`` (0 or 255)."""
    rendering = photograph.rendering
    if isinstance(rendering, ReleasedRendering):
        blurred = rendering.blur_map_binary
        if unit == "sigma7":
            # As it was before it was rounded to float32, which decides where it lies at a half.
            return rendering.blur_map_u16x10, blurred * np.uint8(255)
    else:
        blurred = (rendering.sigma_px > sigma_px_from_coc_px(1.0)).astype(np.uint8)
    shares = map_from_sigma_px(rendering.sigma_px.astype(np.float64), unit)
    values = np.rint(shares * RELEASED_VALUE_OF_1[unit]).astype(np.uint16)
    return values, blurred * np.uint8(255)
