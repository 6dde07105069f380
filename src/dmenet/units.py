"""How map values, circles of confusion and Gaussian sigmas relate; nothing else knows the numbers.

Three quantities describe how blurred a pixel is:

- ``coc_px``: diameter of the circle of confusion, in pixels;
- ``sigma_px``: standard deviation, per axis and in pixels, of the Gaussian that blurs as much;
- the *map value* in [0, 1] that a network learns, under one of two schemes (``Unit``):
  ``"coc15"`` is the released data and checkpoint (CoC / 15, where sigma = (CoC - 1) / 2);
  ``"sigma7"`` is the paper's own runs and every data set generated here (sigma / 7).

All functions are element-wise and take a NumPy array or a torch tensor, float, of any shape.
"""

from typing import Any, Literal, TypeVar, get_args

from dmenet.errors import InputError

Unit = Literal["coc15", "sigma7"]
UNITS: tuple[Unit, ...] = get_args(Unit)

MAX_SIGMA_PX = 7.0
MAX_RELEASED_COC_PX = 15.0
BLURRED_ABOVE_SIGMA_PX = 0.5
"""A pixel counts as blurred in masks made here when its sigma exceeds this: about what one sees."""

Array = TypeVar("Array", bound=Any)


def check_unit(unit: str) -> None:
    """Raise ``InputError`` unless ``unit`` is one of ``UNITS``."""
    if unit not in UNITS:
        raise InputError(f"unknown unit {unit!r} of a defocus map: expected one of {list(UNITS)}")


def sigma_px_from_map(defocus: Array, unit: Unit) -> Array:
    """Map values in [0, 1] to sigma in px, in [0, 7]."""
    check_unit(unit)
    sigma_px: Array = defocus * MAX_SIGMA_PX
    if unit == "coc15":
        sigma_px = ((defocus * MAX_RELEASED_COC_PX - 1) / 2).clip(0, MAX_SIGMA_PX)
    return sigma_px


def map_from_sigma_px(sigma_px: Array, unit: Unit) -> Array:
    """Sigma in px to map values in [0, 1]; sigmas over 7 px are clipped.

    Under ``coc15`` every CoC of at most 1 px has sigma 0; 0 maps to CoC 1, the largest of them.
    """
    check_unit(unit)
    clipped: Array = sigma_px.clip(0, MAX_SIGMA_PX)
    defocus: Array = clipped / MAX_SIGMA_PX
    if unit == "coc15":
        defocus = (clipped * 2 + 1) / MAX_RELEASED_COC_PX
    return defocus


def sigma_px_from_coc_px(coc_px: Array) -> Array:
    """CoC diameter in px to the sigma of the Gaussian with the second moment of a uniform disc.

    A disc of diameter c has variance (c/2)^2 / 4 along each axis, hence sigma = c / 4.
    """
    sigma_px: Array = coc_px / 4
    return sigma_px
