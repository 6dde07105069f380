"""Average precision of the pixels of all images together, in memory that does not grow.

Exact average precision keeps every pixel. Here scores in [0, 1] are counted in ``BINS`` equal bins,
as if the pixels of a bin had equal scores: the order within a bin is all that is lost.
"""

import torch
from torch import Tensor

from dmenet.metrics.detection import BETA_SQUARED, check_mask, check_scores

BINS = 2**14
"""Of sigma up to 7 px, a bin is less than half a thousandth of a pixel wide."""


def score_counts(pred: Tensor, mask: Tensor) -> Tensor:
    """How many sharp (row 0) and blurred (row 1) pixels have their score in each bin.

    Args:
        pred: map values in [0, 1], N x 1 x H x W.
        mask: 1 where blurred, 0 where sharp, of the same shape.

    Returns:
        2 x ``BINS``, int64; the counts of several batches are added.

    Raises:
        ValueError: the shapes are not as above, or one of the arguments has other values.
    """
    check_mask(pred, mask)
    check_scores(pred, "pooled average precision")
    bins = (pred.double() * BINS).long().clamp(max=BINS - 1)
    return torch.bincount((bins + BINS * mask.long()).flatten(), minlength=2 * BINS).view(2, BINS)


def of_sharp_pixels(counts: Tensor) -> Tensor:
    """The counts that 1 - map and 1 - mask have: for scores of sharp pixels."""
    return counts.flip(0, 1)


def precision_recall(counts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Precision and recall of blurred pixels at every threshold that tells pixels apart.

    Args:
        counts: of ``score_counts``, 2 x bins.

    Returns:
        Precision, recall and threshold (the lower end of a bin), from the highest threshold to the
        lowest, float64; empty without any blurred pixel.
    """
    negatives, positives = counts.flip(1).double().cumsum(1)
    filled = counts.flip(1).sum(0) > 0
    if positives[-1] == 0:
        filled = torch.zeros_like(filled)
    bins = counts.shape[1]
    thresholds = torch.arange(bins - 1, -1, -1, dtype=torch.float64) / bins
    precision = positives / (positives + negatives)
    recall = positives / positives[-1]
    return precision[filled], recall[filled], thresholds[filled]


def average_precision_of(counts: Tensor) -> Tensor:
    """Average precision, the sum of precision times the gain of recall; nan without blur."""
    precision, recall, _ = precision_recall(counts)
    if len(recall) == 0:
        return torch.tensor(torch.nan, dtype=torch.float64)
    return (precision * recall.diff(prepend=recall.new_zeros(1))).sum()


def best_f_measure_of(counts: Tensor) -> tuple[Tensor, Tensor]:
    """The best F-measure that one threshold for all images reaches, and it; nan without blur."""
    precision, recall, thresholds = precision_recall(counts)
    if len(recall) == 0:
        return (torch.tensor(torch.nan, dtype=torch.float64),) * 2
    product = (1 + BETA_SQUARED) * precision * recall
    values = (product / (BETA_SQUARED * precision + recall)).nan_to_num()
    best = values.argmax()
    return values[best], thresholds[best]


def pooled_scores(counts: Tensor) -> dict[str, Tensor]:
    """Average precision and the best F-measure of the pixels of all images together.

    Args:
        counts: of ``score_counts``, summed over images.

    Returns:
        ``ap_pooled``, ``f_best_pooled`` and its ``f_best_threshold``, nan where all pixels are
        sharp; ``ap_sharp_pooled``, nan where all are blurred. Float64 scalars.
    """
    best, threshold = best_f_measure_of(counts)
    return {
        "ap_pooled": average_precision_of(counts),
        "ap_sharp_pooled": average_precision_of(of_sharp_pixels(counts)),
        "f_best_pooled": best,
        "f_best_threshold": threshold,
    }
