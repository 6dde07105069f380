"""Deconvolution of planes that are blurred alike, by priors on their gradients.

A photograph blurred by k is y = k * x + noise. Of all x that explain y, the most probable by a
prior on the differences of neighbours is taken, which minimises

    |M (k * x - y)|^2 / (2 s^2) + strength * sum |dx|^a

``a`` is 2 in a Wiener filter, 1 in total variation, 2/3 in the hyper-Laplacian that photographs
follow. M is 1 where y is known to be blurred by k, and 0 elsewhere: outside the frame, and at
surfaces with another blur. There the prior alone decides, so that neither borders nor edges in
depth ring.

Source: Krishnan and Fergus, Fast image deconvolution using hyper-Laplacian priors, NIPS 2009; for
M, Almeida and Figueiredo, Deconvolving images with unknown boundaries, TIP 2013.
"""

import math
from typing import Literal, NamedTuple

import torch
from scipy.fft import next_fast_len
from torch import Tensor

Prior = Literal["wiener", "total_variation", "hyper_laplacian"]

PRIORS: dict[Prior, float] = {
    "wiener": 600.0,
    "total_variation": 20.0,
    "hyper_laplacian": 10.0,
}
"""How strong each prior is, for planes in [0, 1], chosen by renderings as in docs/restoration.md.

For the noise alone a tenth would do; the rest makes up for maps and kernels that are a bit off."""

STEPS = 12
FIRST_PENALTY, LAST_PENALTY = 10.0, 300.0
"""Of gradients that differ from those of x, in units of the prior's weight, and rising."""

DATA_PENALTY = 0.3
"""Of values that differ from k * x, where those of a known pixel that differ from y cost 1."""


LEAST_WEIGHT = 1e-3


class _Operators(NamedTuple):
    """The blur and the differences to the next pixel, by frequency."""

    blur: Tensor
    down: Tensor
    right: Tensor

    @property
    def differences(self) -> Tensor:
        """The sum of the squares of both differences."""
        return self.down.abs() ** 2 + self.right.abs() ** 2


def deconvolve(
    planes: Tensor,
    known: Tensor,
    kernel: Tensor,
    noise: float,
    prior: Prior = "hyper_laplacian",
    steps: int = STEPS,
) -> Tensor:
    """What was blurred.

    Args:
        planes: C x H x W, in about [0, 1].
        known: H x W in [0, 1]; 0 where a pixel tells nothing.
        kernel: (2 r + 1) x (2 r + 1), of sum 1.
        noise: its standard deviation in ``planes``, over 0.
        prior: on the gradients. ``wiener`` knows no mask, and takes one step.
        steps: more come nearer to the minimum.

    Returns:
        C x H x W.
    """
    height, width = planes.shape[-2:]
    size = [next_fast_len(side + 2 * kernel.shape[0], real=True) for side in (height, width)]
    padded = _padded(planes, size)
    operators = _operators(kernel, size)
    weight = PRIORS[prior] * noise**2
    if prior == "wiener":
        solved = _wiener(padded, operators, 2 * weight)
    else:
        mask = padded.new_zeros(size)
        mask[:height, :width] = known
        solved = _by_splitting(padded, mask, operators, weight, prior, steps)
    return solved[:, :height, :width]


def shrink(values: Tensor, weight: float, prior: Prior) -> Tensor:
    """What minimises (x - value)^2 / 2 + weight * |x|^a.

    Source: for a = 2/3, Cao et al., Fast image deconvolution using closed-form thresholding
    formulas of Lq (q = 1/2, 2/3) regularization, 2013.
    """
    size = values.abs()
    if prior == "total_variation":
        return values.sign() * (size - weight).clamp(min=0)
    doubled = 2 * weight
    over = size > 2 / 3 * (3 * doubled**3) ** 0.25
    # Elsewhere the result is 0, and any value that keeps the roots real will do.
    safe = torch.where(over, size, doubled**0.75)
    angle = torch.acosh((27 / 16 * doubled**-1.5) * safe**2) / 3
    root = (2 / math.sqrt(3) * doubled**0.25) * torch.cosh(angle).sqrt()
    found = ((root + (2 * safe / root - root**2).clamp(min=0).sqrt()) / 2) ** 3
    return torch.where(over, values.sign() * found, torch.zeros_like(values))


def _wiener(blurred: Tensor, operators: _Operators, weight: float) -> Tensor:
    spectrum = operators.blur.conj() * torch.fft.rfft2(blurred)
    power = operators.blur.abs() ** 2 + weight * operators.differences
    solved: Tensor = torch.fft.irfft2(spectrum / power, s=blurred.shape[-2:])
    return solved


def _by_splitting(
    blurred: Tensor,
    known: Tensor,
    operators: _Operators,
    weight: float,
    prior: Prior,
    steps: int,
) -> Tensor:
    """Alternate between x, its gradients as the prior wants them, and k * x as y wants it."""
    size = blurred.shape[-2:]
    again, excess = _filled(blurred, known, operators.blur), torch.zeros_like(blurred)
    x = again
    ratio = (LAST_PENALTY / FIRST_PENALTY) ** (1 / (steps - 1))
    for step in range(steps):
        penalty = weight * FIRST_PENALTY * ratio**step
        down = shrink(x.roll(-1, -2) - x, weight / penalty, prior)
        right = shrink(x.roll(-1, -1) - x, weight / penalty, prior)
        divergence = down.roll(1, -2) - down + right.roll(1, -1) - right
        spectrum = DATA_PENALTY * operators.blur.conj() * torch.fft.rfft2(
            again - excess
        ) + penalty * torch.fft.rfft2(divergence)
        power = DATA_PENALTY * operators.blur.abs() ** 2 + penalty * operators.differences
        power[0, 0] = DATA_PENALTY
        spectrum /= power
        x = torch.fft.irfft2(spectrum, s=size)
        blurred_again = torch.fft.irfft2(spectrum * operators.blur, s=size) + excess
        again = (known * blurred + DATA_PENALTY * blurred_again) / (known + DATA_PENALTY)
        excess = blurred_again - again
    return x


def _filled(planes: Tensor, known: Tensor, blur: Tensor) -> Tensor:
    """What is unknown becomes the mean of what is known around it."""
    weighed = known * planes
    around, weight = (
        torch.fft.irfft2(torch.fft.rfft2(each) * blur, s=planes.shape[-2:])
        for each in (weighed, known)
    )
    # Far from all that is known, the mean of all.
    mean = weighed.sum((-1, -2), keepdim=True) / known.sum().clamp(min=1)
    filled = (around + LEAST_WEIGHT * mean) / (weight.clamp(min=0) + LEAST_WEIGHT)
    mixed: Tensor = torch.lerp(filled, planes, known)
    return mixed


def _operators(kernel: Tensor, size: list[int]) -> _Operators:
    reach = kernel.shape[0] // 2
    centred = kernel.new_zeros(size)
    centred[: kernel.shape[0], : kernel.shape[1]] = kernel
    centred = centred.roll((-reach, -reach), (0, 1))
    down, right = torch.zeros_like(centred), torch.zeros_like(centred)
    down[0, 0], down[-1, 0] = -1, 1
    right[0, 0], right[0, -1] = -1, 1
    return _Operators(*(torch.fft.rfft2(each) for each in (centred, down, right)))


def _padded(planes: Tensor, size: list[int]) -> Tensor:
    """Continued after the last row and column, by mirror images that fade into each other.

    From that of the end to that of the start, so that the first row follows on the last one.
    """
    for axis, whole in zip((-2, -1), size, strict=True):
        side = planes.shape[axis]
        place = torch.arange(whole, device=planes.device)
        from_end, from_start = (
            planes.index_select(axis, _mirrored(each, side)) for each in (place, place - whole)
        )
        fade = ((place - (side - 1)) / (whole - side + 1)).clamp(min=0).to(planes.dtype)
        fade = fade if axis == -1 else fade[:, None]
        planes = from_end + fade * (from_start - from_end)
    return planes


def _mirrored(place: Tensor, side: int) -> Tensor:
    inside = torch.remainder(place, 2 * side)
    return torch.minimum(inside, 2 * side - 1 - inside)
