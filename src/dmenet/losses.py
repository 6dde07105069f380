"""The terms of DMENet's objective, each a function of tensors (paper Section 4.2).

Maps and logits are N x 1 x H x W; every mean is over all elements. The weights of the terms stand
in ``conf/model``.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

from dmenet.units import MAX_SIGMA_PX

REBLURRED_BORDER_PX = 8
"""Not compared in ``reblurring_loss``: what was blurred there is made up."""


def defocus_loss(defocus: Tensor, truth: Tensor) -> Tensor:
    """L_B: squared error of the map of a synthetic image, both in [0, 1]."""
    return mse_loss(defocus, truth)


def charbonnier_loss(defocus: Tensor, truth: Tensor) -> Tensor:
    """In place of L_B: about the absolute error of sqrt(map + 0.01), smooth near 0.

    The square root makes the same error in px count more where blur is small; outliers, such as
    labels at depth edges, count less than in a squared error. 0 for equal maps in [0, 1].
    """
    error = torch.sqrt(defocus + 0.01) - torch.sqrt(truth + 0.01)
    return torch.sqrt(error**2 + 1e-4).mean() - 0.01


def reblurring_loss(defocus: Tensor, of_reblurred: Tensor, added_sigma_px: Tensor) -> Tensor:
    """Variances of blurs add: how far B is from it on photographs that we blur further.

    Args:
        defocus: map of the photographs (unit sigma7), which is taken as it is.
        of_reblurred: map of the same photographs, each blurred by a Gaussian.
        added_sigma_px: of that Gaussian: N.
    """
    added = (added_sigma_px / MAX_SIGMA_PX).view(-1, 1, 1, 1)
    expected = torch.sqrt(defocus.detach() ** 2 + added**2).clamp(max=1)
    inside = slice(REBLURRED_BORDER_PX, -REBLURRED_BORDER_PX)
    return charbonnier_loss(of_reblurred[..., inside, inside], expected[..., inside, inside])


def aligned_rows(size: int, rows: int) -> list[int]:
    """Which of ``size`` rows a label subsampled to ``rows`` keeps: nearest, corners aligned.

    Computed in float32 with halves rounded up, as the released graph does.
    """
    if rows == 1:
        return [0]
    step = np.float32(size - 1) / np.float32(rows - 1)
    positions = np.arange(rows, dtype=np.float32) * step + np.float32(0.5)
    return [int(position) for position in np.floor(positions)]


def subsample_label(truth: Tensor, height: int, width: int) -> Tensor:
    """The map at the resolution of an auxiliary head: N x 1 x ``height`` x ``width``."""
    rows = aligned_rows(truth.shape[-2], height)
    columns = aligned_rows(truth.shape[-1], width)
    return truth[..., rows, :][..., columns]


def auxiliary_loss(
    maps: Sequence[Tensor],
    truth: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor] = defocus_loss,
) -> Tensor:
    """L_aux: sum over the auxiliary heads of L_B (or ``loss``) at their resolution."""
    return torch.stack(
        [loss(map_, subsample_label(truth, *map_.shape[-2:])) for map_ in maps]
    ).sum()


def content_loss(features: Tensor, true_features: Tensor) -> Tensor:
    """L_C: squared error between deep features of the estimated and of the true map."""
    return mse_loss(features, true_features)


def sharpness_loss(logits: Tensor, mask: Tensor) -> Tensor:
    """L_S: cross-entropy of S's logits; ``mask`` is 1 where the real image is blurred, else 0."""
    return binary_cross_entropy_with_logits(logits, mask)


def _against(logits: Tensor, label: float) -> Tensor:
    return binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def adversarial_loss(real_logits: Tensor, unlabelled_logits: Tensor) -> Tensor:
    """L_adv: real features should pass for synthetic ones, whose label is 1."""
    return (_against(real_logits, 1.0) + _against(unlabelled_logits, 1.0)) / 2


def discriminator_loss(
    synthetic_logits: Tensor, real_logits: Tensor, unlabelled_logits: Tensor
) -> Tensor:
    """L_D: synthetic features are labelled 1, real ones 0; synthetic ones count twice."""
    synthetic = 2 * _against(synthetic_logits, 1.0)
    return (synthetic + _against(real_logits, 0.0) + _against(unlabelled_logits, 0.0)) / 2
