"""Errors of a defocus map against the truth, as in the paper's evaluation on SYNDOF and RTF."""

import warnings
from abc import abstractmethod
from typing import ClassVar

import torch
from scipy.stats import ConstantInputWarning, spearmanr
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
    pairs = zip(pred.flatten(1).cpu().numpy(), target.flatten(1).cpu().numpy(), strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConstantInputWarning)
        values = [float(spearmanr(*pair).statistic) for pair in pairs]
    return torch.tensor(values, dtype=torch.float64)


class ImageMeans(Metric):
    """Means over images of scores of each; images count alike, whatever their size.

    An image that has no value (nan) is left out of that score's mean. Computing before any image
    was seen raises ``RuntimeError``.
    """

    full_state_update = False
    names: ClassVar[tuple[str, ...]]
    """Of what ``scores`` gives; the first has a value for every image."""

    sums: Tensor
    images: Tensor

    def __init__(self) -> None:
        super().__init__()
        for state in ("sums", "images"):
            zeros = torch.zeros(len(self.names), dtype=torch.float64)
            self.add_state(state, zeros, dist_reduce_fx="sum")

    @abstractmethod
    def scores(self, pred: Tensor, target: Tensor) -> tuple[Tensor, ...]:
        """For each of ``names`` the scores of N images."""

    def update(self, pred: Tensor, target: Tensor) -> None:
        """Add a batch; arguments and errors as in ``scores``."""
        scores = torch.stack(self.scores(pred, target))
        self.sums += scores.nansum(1)
        self.images += (~scores.isnan()).sum(1)

    def compute(self) -> dict[str, Tensor]:
        """Means over all images, float64 scalars."""
        if self.images[0] == 0:
            raise RuntimeError("no image to average over: call update first")
        return dict(zip(self.names, self.sums / self.images, strict=True))


class DefocusMapErrors(ImageMeans):
    """``mse``, ``mae`` and ``rmse`` of map values in [0, 1]: per image, then the mean over images.

    The RMSE is the mean of the images' own, not the root of the mean MSE.
    """

    names = ("mse", "mae", "rmse")

    def scores(self, pred: Tensor, target: Tensor) -> tuple[Tensor, ...]:
        """See ``map_errors``."""
        squared, absolute = map_errors(pred, target)
        return squared, absolute, squared.sqrt()
