"""Between values as stored (sRGB) and light, which is what a lens blurs. Source: IEC 61966-2-1."""

import numpy as np

from dmenet.sample import Image


def linear_from_srgb(image: Image) -> Image:
    """Light from sRGB values, both in [0, 1]."""
    linear = np.where(image <= 0.04045, image / 12.92, ((image + 0.055) / 1.055) ** 2.4)
    return linear.astype(np.float32)


def srgb_from_linear(light: Image) -> Image:
    """Values in sRGB from light, both in [0, 1]."""
    values = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return values.astype(np.float32)
