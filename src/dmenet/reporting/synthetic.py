"""What an image of a synthetic set looks like beside its map: a row of numbers, a block of a sheet.

The eye is the judge: what the map calls sharp has to look sharp, and edges have to lie where the
map's are.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Normalize

from dmenet.images.preview import COLORMAP, LABEL, ticks, upper_bound
from dmenet.reporting.sheets import Block, Panel
from dmenet.sample import Sample
from dmenet.units import BLURRED_ABOVE_SIGMA_PX

SIGMA_QUANTILES = {"min": 0.0, "50 %": 0.5, "max": 1.0}
MOST_TICKS = 7
IN_FOCUS = f"σ up to {BLURRED_ABOVE_SIGMA_PX:g}"


def synthetic_row(number: int, sample: Sample, facts: Mapping[str, Any]) -> dict[str, str]:
    """One line of the table, by column.

    Args:
        number: of the image in its set.
        sample: with ``sigma_px``.
        facts: what is kept beside it; empty where nothing is.
    """
    sigma_px = sample["sigma_px"]
    quantiles = np.quantile(sigma_px, list(SIGMA_QUANTILES.values()))
    camera = facts.get("camera")
    return {
        "image": str(number),
        "scene": facts.get("scene", sample["name"]),
        "size": f"{sigma_px.shape[1]} x {sigma_px.shape[0]}",
        "camera": _lens(camera) if camera else "-",
        "focus (m)": f"{camera['focus_distance_mm'] / 1000:.3g}" if camera else "-",
        **{f"σ {n} (px)": f"{q:.2f}" for n, q in zip(SIGMA_QUANTILES, quantiles, strict=True)},
        IN_FOCUS: f"{np.mean(sigma_px <= BLURRED_ABOVE_SIGMA_PX):.0%}",
    }


def synthetic_block(
    number: int, sample: Sample, facts: Mapping[str, Any], shown_up_to_px: float | None = None
) -> Block:
    """The image, its map in colours with their scale, and what the map calls sharp.

    Args:
        number: of the image in its set.
        sample: with ``image`` and ``sigma_px``.
        facts: what is kept beside it; empty where nothing is.
        shown_up_to_px: the sigma of the brightest colour; None takes what fits the map.
    """
    sigma_px = sample["sigma_px"]
    pixels = np.rint(sample["image"] * 255).astype(np.uint8)
    # Pale and grey where blurred, so that what the map calls sharp stands out.
    pale = 150 + pixels.mean(axis=2, keepdims=True) * (255 - 150) / 255
    sharp = sigma_px[..., np.newaxis] <= BLURRED_ABOVE_SIGMA_PX
    in_focus = np.where(sharp, pixels, pale).astype(np.uint8)
    bound = upper_bound(sigma_px) if shown_up_to_px is None else shown_up_to_px
    scale = Normalize(0, bound)
    return Block(
        _title(number, sample, facts),
        (
            Panel(pixels, "image"),
            Panel(sigma_px, "px", colormaps[COLORMAP], scale, ticks(bound, MOST_TICKS)),
            Panel(in_focus, f"where its {LABEL} is at most {BLURRED_ABOVE_SIGMA_PX:g}"),
        ),
    )


def _lens(camera: Mapping[str, Any]) -> str:
    aperture = camera["aperture"]
    shape = aperture["shape"]
    if shape == "polygon":
        shape = f"{aperture['blades']} blades"
    return f"{camera['focal_length_mm']:.3g} mm f/{camera['f_number']:.2g}, {shape}"


def _title(number: int, sample: Sample, facts: Mapping[str, Any]) -> str:
    height, width = sample["sigma_px"].shape
    title = f"{number} {facts.get('scene', sample['name'])}, {width} x {height} px"
    camera = facts.get("camera")
    if camera is None:
        return title
    return f"{title}: {_lens(camera)}, at {camera['focus_distance_mm'] / 1000:.3g} m"
