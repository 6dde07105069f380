"""How well a defocus map tells blurred pixels from sharp ones, as in the evaluation on CUHK."""

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.functional.classification import binary_average_precision

from dmenet.metrics.regression import check_shapes

THRESHOLD = 0.3
"""A pixel is blurred above this fraction of the range of its image's map: the paper's for CUHK."""


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


class BlurDetection(Metric):
    """Accuracy and average precision of maps as detectors of blur: per image, then the mean.

    ``compute`` gives ``accuracy``, ``ap_per_image`` (over the images with blurred pixels; nan if
    there are none) and ``images_without_ap``, the number of images that it leaves out. Computing
    before any image was seen raises ``RuntimeError``.
    """

    full_state_update = False
    higher_is_better = True

    accuracy: Tensor
    precision: Tensor
    images: Tensor
    images_without_ap: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name in ("accuracy", "precision", "images", "images_without_ap"):
            self.add_state(name, torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, pred: Tensor, mask: Tensor) -> None:
        """Add a batch; arguments and errors as in ``average_precision``."""
        precision = average_precision(pred, mask)
        self.accuracy += blur_accuracy(pred, mask).sum()
        self.precision += precision.nansum()
        self.images += len(pred)
        self.images_without_ap += precision.isnan().sum()

    def compute(self) -> dict[str, Tensor]:
        """Means over images and the number left out, float64 scalars."""
        if self.images == 0:
            raise RuntimeError("no image to average the detection over: call update first")
        return {
            "accuracy": self.accuracy / self.images,
            "ap_per_image": self.precision / (self.images - self.images_without_ap),
            "images_without_ap": self.images_without_ap.clone(),
        }
