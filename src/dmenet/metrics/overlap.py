"""How well the pixels above a threshold cover those that count: F-measure and IoU.

All functions take maps in [0, 1] and masks with 1 at the pixels to be found, N x 1 x H x W. For the
sharp pixels of a defocus map, give 1 - map and 1 - mask.
"""

import torch
from torch import Tensor
from torchmetrics.functional.classification import binary_precision_recall_curve

from dmenet.metrics.detection import check_mask, check_scores

BETA_SQUARED = 0.3
"""Precision counts more than recall: what saliency and blur detection have in common."""

HALF = 0.5
"""The fixed threshold."""


def adaptive_threshold(pred: Tensor) -> Tensor:
    """Twice the mean of each map, at most 1 (Achanta et al., CVPR 2009): N, float64."""
    check_scores(pred, "the adaptive threshold")
    return (2 * pred.double().flatten(1).mean(1)).clamp(max=1)


def f_measure(pred: Tensor, mask: Tensor, threshold: float | Tensor = HALF) -> Tensor:
    """F-measure of each image, (1 + b) P R / (b P + R) with b = ``BETA_SQUARED``.

    Args:
        pred: map values in [0, 1], N x 1 x H x W.
        mask: 1 at the pixels to be found, else 0, of the same shape.
        threshold: pixels of at least this value are called found; one for all images, or N.

    Returns:
        N values, float64; 0 where no pixel is rightly found, nan where none is to be found.

    Raises:
        ValueError: the shapes are not as above, or one of the arguments has other values.
    """
    hits, called, wanted = _overlap(pred, mask, threshold)
    return (1 + BETA_SQUARED) * hits / (called + BETA_SQUARED * wanted).where(wanted > 0, torch.nan)


def best_f_measure(pred: Tensor, mask: Tensor) -> Tensor:
    """F-measure of each image at the threshold that suits the image best, of all that differ.

    Arguments, errors and nan as in ``f_measure``. An upper bound: the truth chooses it.
    """
    check_mask(pred, mask)
    check_scores(pred, "the F-measure")
    values = []
    for scores, wanted in zip(pred.flatten(1), mask.long().flatten(1), strict=True):
        if not wanted.any():
            values.append(pred.new_tensor(torch.nan, dtype=torch.float64))
            continue
        precision, recall, _ = binary_precision_recall_curve(scores, wanted, thresholds=None)
        product = (1 + BETA_SQUARED) * precision.double() * recall.double()
        values.append((product / (BETA_SQUARED * precision + recall)).nan_to_num().max())
    return torch.stack(values)


def intersection_over_union(pred: Tensor, mask: Tensor, threshold: float | Tensor = HALF) -> Tensor:
    """IoU of each image; arguments and errors as in ``f_measure``.

    Returns:
        N values, float64; nan where no pixel is to be found and none is called found.
    """
    hits, called, wanted = _overlap(pred, mask, threshold)
    return hits / (called + wanted - hits)


def _overlap(
    pred: Tensor, mask: Tensor, threshold: float | Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Numbers of pixels of each image rightly found, called found and to be found, float64."""
    check_mask(pred, mask)
    check_scores(pred, "the F-measure")
    limits = torch.as_tensor(threshold, dtype=torch.float64).reshape(-1, 1)
    called = pred.double().flatten(1) >= limits
    wanted = mask.bool().flatten(1)
    return (
        (called & wanted).sum(1).double(),
        called.sum(1).double(),
        wanted.sum(1).double(),
    )


OVERLAP_SCORES = ("f_half", "f_adaptive", "f_best", "iou")


def overlap_scores(pred: Tensor, mask: Tensor) -> dict[str, Tensor]:
    """``OVERLAP_SCORES`` of each image; arguments and errors as in ``f_measure``."""
    values = (
        f_measure(pred, mask),
        f_measure(pred, mask, adaptive_threshold(pred)),
        best_f_measure(pred, mask) if len(pred) else pred.new_zeros(0, dtype=torch.float64),
        intersection_over_union(pred, mask),
    )
    return dict(zip(OVERLAP_SCORES, values, strict=True))
