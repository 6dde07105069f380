"""What the page shows of an estimate, as HTML and pictures of 8 bits."""

from base64 import b64encode
from html import escape

import numpy as np
from numpy.typing import NDArray

from dmenet.api import Result
from dmenet.images.encoding import encode_png
from dmenet.images.preview import LABEL, colourise, resized, ticks, upper_bound
from dmenet.sample import Image, Map

Pixels = NDArray[np.uint8]

VALUES_PER_PX = 1000
"""Of sigma, in the picture of values that the page reads under the cursor: thousandths of a px."""

_SCALE_STEPS = 256
_TICKS = 6


def map_html(sigma_px: Map, reduction: float) -> str:
    """A map in colours with its scale, and the values that the page's script shows.

    Args:
        sigma_px: H x W.
        reduction: how many times smaller than the photograph the map is, at least 1.
    """
    shown = resized(sigma_px)
    bound = upper_bound(sigma_px)
    scale = np.linspace(0, bound, _SCALE_STEPS, dtype=np.float32)[None]
    marks = "".join(
        f'<span style="left:{100 * tick / bound:.2f}%">{tick:g}</span>'
        for tick in ticks(bound, _TICKS)
    )
    height, width = shown.shape
    return (
        f'<figure class="dmenet-map" data-values="{_png(packed(shown))}" '
        f'data-per-px="{VALUES_PER_PX}" data-reduction="{reduction:.4f}" '
        f'style="--aspect:{width / height:.4f}">'
        f'<img class="dmenet-colours" alt="Blur of every pixel" width="{width}" height="{height}" '
        f'src="{_png(colourise(shown, bound))}">'
        f'<figcaption><img class="dmenet-scale" alt="" src="{_png(colourise(scale, bound))}">'
        f'<div class="dmenet-ticks">{marks}</div>'
        f'<div class="dmenet-caption">{LABEL}: <output>point at the map</output></div>'
        "</figcaption></figure>"
    )


def description(result: Result, method: str) -> str:
    """A line on an estimate, in Markdown."""
    height, width = result.sigma_px.shape
    low, middle, high = np.quantile(result.sigma_px, [0, 0.5, 1])
    return (
        f"**{escape(result.name)}**, {width} x {height} px, by {method}: blur from {low:.1f} to "
        f"{high:.1f} px, median {middle:.1f} px"
    )


def packed(sigma_px: Map) -> Pixels:
    """Values as a picture without loss: red holds the 256s of ``VALUES_PER_PX``, green the rest."""
    values = np.rint(sigma_px * VALUES_PER_PX).clip(0, 2**16 - 1).astype(np.uint16)
    return np.stack([values >> 8, values & 255, np.zeros_like(values)], axis=-1).astype(np.uint8)


def as_pixels(image: Image) -> Pixels:
    """H x W x 3 in [0, 1] as 8 bits."""
    pixels: Pixels = np.rint(image.clip(0, 1) * 255).astype(np.uint8)
    return pixels


def what_is_sharp(image: Image, blurred: NDArray[np.bool_]) -> Image:
    """A photograph whose blurred part is faded.

    Args:
        image: H x W x 3 in [0, 1].
        blurred: H x W.
    """
    grey = image.mean(axis=2, keepdims=True)
    faded = (0.75 + 0.2 * grey).astype(np.float32)
    return np.where(blurred[..., None], faded, image)


def _png(pixels: Pixels) -> str:
    return f"data:image/png;base64,{b64encode(encode_png(pixels)).decode()}"
