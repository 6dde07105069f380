"""Errors of a defocus map against the truth, as in the paper's evaluation on SYNDOF and RTF."""

import torch
from torch import Tensor
from torchmetrics import Metric


def check_shapes(pred: Tensor, target: Tensor) -> None:
    """Raise ``ValueError`` unless both are N x 1 x H x W, and of the same shape."""
    if pred.shape != target.shape or pred.ndim != 4 or pred.shape[1] != 1:
        raise ValueError(
            f"expected two batches of N x 1 x H x W, got {tuple(pred.shape)} and "
            f"{tuple(target.shape)}"
        )


def map_errors(pred: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Mean squared and mean absolute error of each image.

    Args:
        pred: map values in [0, 1], N x 1 x H x W.
        target: likewise.

    Returns:
        MSE and MAE, N each, float64.

    Raises:
        ValueError: the shapes are not as above.
    """
    check_shapes(pred, target)
    difference = (pred.double() - target.double()).flatten(1)
    return difference.square().mean(1), difference.abs().mean(1)


class DefocusMapErrors(Metric):
    """``{"mse": ..., "mae": ...}`` of map values in [0, 1]: per image, then the mean over images.

    Images count alike, whatever their size. Computing before any image was seen raises
    ``RuntimeError``.
    """

    full_state_update = False
    higher_is_better = False

    squared: Tensor
    absolute: Tensor
    images: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name in ("squared", "absolute", "images"):
            self.add_state(name, torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, pred: Tensor, target: Tensor) -> None:
        """Take in a batch; arguments and errors as in ``map_errors``."""
        squared, absolute = map_errors(pred, target)
        self.squared += squared.sum()
        self.absolute += absolute.sum()
        self.images += len(pred)

    def compute(self) -> dict[str, Tensor]:
        """Means over all images, float64 scalars."""
        if self.images == 0:
            raise RuntimeError("no image to average the errors over: call update first")
        return {"mse": self.squared / self.images, "mae": self.absolute / self.images}
