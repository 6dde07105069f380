"""How well a defocus map tells blurred pixels from sharp ones, as in the evaluation on CUHK.

For sharp pixels in place of blurred ones, give 1 - map and 1 - mask.
"""

import torch
from torch import Tensor
from torchmetrics.functional.classification import (
    binary_average_precision,
    binary_precision_recall_curve,
)

from dmenet.metrics.regression import ImageMeans, check_shapes

THRESHOLD = 0.3
"""A pixel is blurred above this fraction of the range of its image's map: the paper's for CUHK."""

BETA_SQUARED = 0.3
"""Precision counts more than recall: what saliency and blur detection have in common."""

HALF = 0.5
"""The fixed threshold."""

OVERLAP_SCORES = ("f_half", "f_adaptive", "f_best", "iou")


def check_mask(pred: Tensor, mask: Tensor) -> None:
    """Raise ``ValueError`` unless both are N x 1 x H x W and the mask has 0 and 1 only."""
    check_shapes(pred, mask)
    if not ((mask == 0) | (mask == 1)).all():
        raise ValueError("expected a mask of 0 (sharp) and 1 (blurred), got other values")


def check_scores(pred: Tensor, what: str) -> None:
    """Raise ``ValueError`` unless all values are in [0, 1]; ``what`` expects them."""
    if not ((pred >= 0) & (pred <= 1)).all():
        raise ValueError(f"{what} expects map values in [0, 1]: rescale or clip the map")


def blur_accuracy(pred: Tensor, mask: Tensor) -> Tensor:
    """Fraction of the pixels of each image that are rightly called blurred or sharp.

    A pixel is called blurred above tau = 0.3 max + 0.7 min of its map; rescaling the map therefore
    changes nothing. In a constant map every pixel is called sharp.

    Args:
        pred: the map in any unit that grows with blur, N x 1 x H x W.
        mask: 1 where blurred, 0 where sharp, of the same shape, bool or float.

    Returns:
        N accuracies, float64.

    Raises:
        ValueError: the shapes are not as above, or the mask has other values.
    """
    check_mask(pred, mask)
    scores = pred.double().flatten(1)
    low, high = scores.amin(1, keepdim=True), scores.amax(1, keepdim=True)
    # Not by tau itself: rounding could put it below a constant map.
    blurred = scores - low > THRESHOLD * (high - low)
    return (blurred == mask.bool().flatten(1)).double().mean(1)


def average_precision(pred: Tensor, mask: Tensor) -> Tensor:
    """Exact average precision of "blurred" in each image, with the map as the score.

    Args:
        pred: map values in [0, 1], N x 1 x H x W.
        mask: 1 where blurred, 0 where sharp, of the same shape, bool or float.

    Returns:
        N average precisions, float64; nan for an image without blurred pixels, which has none.

    Raises:
        ValueError: the shapes are not as above, or one of the arguments has other values.
    """
    check_mask(pred, mask)
    # torchmetrics would silently put a sigmoid over such values, of some images and not of others.
    check_scores(pred, "average precision")
    values = [
        binary_average_precision(scores, blurred, thresholds=None).double()
        if blurred.any()
        else pred.new_tensor(torch.nan, dtype=torch.float64)
        for scores, blurred in zip(pred.flatten(1), mask.long().flatten(1), strict=True)
    ]
    return torch.stack(values)


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


def overlap_scores(pred: Tensor, mask: Tensor) -> dict[str, Tensor]:
    """``OVERLAP_SCORES`` of each image; arguments and errors as in ``f_measure``."""
    values = (
        f_measure(pred, mask),
        f_measure(pred, mask, adaptive_threshold(pred)),
        best_f_measure(pred, mask) if len(pred) else pred.new_zeros(0, dtype=torch.float64),
        intersection_over_union(pred, mask),
    )
    return dict(zip(OVERLAP_SCORES, values, strict=True))


class BlurDetection(ImageMeans):
    """Accuracy and average precision of maps as detectors of blur: per image, then the mean.

    ``compute`` gives ``accuracy``, ``ap_per_image`` (over the images with blurred pixels; nan if
    there are none) and ``images_without_ap``, the number of images that it leaves out.
    """

    names = ("accuracy", "ap_per_image")

    def scores(self, pred: Tensor, target: Tensor) -> tuple[Tensor, ...]:
        """See ``blur_accuracy`` and ``average_precision``."""
        return blur_accuracy(pred, target), average_precision(pred, target)

    def compute(self) -> dict[str, Tensor]:
        """Means over images and the number left out, float64 scalars."""
        return {**super().compute(), "images_without_ap": self.images[0] - self.images[1]}
