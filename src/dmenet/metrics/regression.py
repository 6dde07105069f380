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
        target: the truth, as ``pred``.

    Returns:
        MSE and MAE, N each, float64.

    Raises:
        ValueError: the shapes are not as above.
    """
    check_shapes(pred, target)
    difference = (pred.double() - target.double()).flatten(1)
    return difference.square().mean(1), difference.abs().mean(1)


def rank_correlation(pred: Tensor, target: Tensor) -> Tensor:
    """Spearman's rank correlation in each image: 1 where the order of all pixels is right.

    It is independent of the unit. Equal values share the mean of their ranks.

    Args:
        pred: the map, N x 1 x H x W, finite.
        target: the truth, as ``pred``.

    Returns:
        N correlations, float64; nan for an image whose map or truth is constant.

    Raises:
        ValueError: the shapes are not as above.
    """
    check_shapes(pred, target)
    values = []
    for pair in zip(pred.flatten(1), target.flatten(1), strict=True):
        ranks = [_ranks(values) for values in pair]
        centred = [r - r.mean() for r in ranks]
        spread = centred[0].norm() * centred[1].norm()
        values.append((centred[0] @ centred[1]) / spread if spread > 0 else spread / 0)
    return torch.stack(values)


def _ranks(values: Tensor) -> Tensor:
    """Ranks from 0, float64; equal values share the mean of theirs."""
    _, group, sizes = torch.unique(values, return_inverse=True, return_counts=True)
    ranks: Tensor = sizes.cumsum(0).double() - 1 - (sizes - 1) / 2
    return ranks[group]


class DefocusMapErrors(Metric):
    """``mse``, ``mae`` and ``rmse`` of map values in [0, 1]: per image, then the mean over images.

    The RMSE is the mean of the images' own, not the root of the mean MSE. Images count alike,
    whatever their size. Computing before any image was seen raises ``RuntimeError``.
    """

    full_state_update = False
    higher_is_better = False

    squared: Tensor
    absolute: Tensor
    root: Tensor
    images: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name in ("squared", "absolute", "root", "images"):
            self.add_state(name, torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, pred: Tensor, target: Tensor) -> None:
        """Add a batch; arguments and errors as in ``map_errors``."""
        squared, absolute = map_errors(pred, target)
        self.squared += squared.sum()
        self.absolute += absolute.sum()
        self.root += squared.sqrt().sum()
        self.images += len(pred)

    def compute(self) -> dict[str, Tensor]:
        """Means over all images, float64 scalars."""
        if self.images == 0:
            raise RuntimeError("no image to average the errors over: call update first")
        return {
            "mse": self.squared / self.images,
            "mae": self.absolute / self.images,
            "rmse": self.root / self.images,
        }
