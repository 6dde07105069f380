"""The terms of DMENet's objective, each a function of tensors (paper Section 4.2).

Maps and logits are N x 1 x H x W; every mean is over all elements. The weights of the terms stand
in ``conf/model``.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss


def defocus_loss(defocus: Tensor, truth: Tensor) -> Tensor:
    """L_B: squared error of the map of a synthetic image, both in [0, 1]."""
    return mse_loss(defocus, truth)


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


def auxiliary_loss(maps: Sequence[Tensor], truth: Tensor) -> Tensor:
    """L_aux: sum over the auxiliary heads of the squared error at their resolution."""
    return torch.stack(
        [mse_loss(map_, subsample_label(truth, *map_.shape[-2:])) for map_ in maps]
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
