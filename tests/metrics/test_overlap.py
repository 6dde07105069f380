import numpy as np
import pytest
import torch
from sklearn.metrics import fbeta_score, jaccard_score
from torch import Tensor

from dmenet.metrics.overlap import (
    BETA_SQUARED,
    adaptive_threshold,
    best_f_measure,
    f_measure,
    intersection_over_union,
    overlap_scores,
)


def pair(*shape: int, seed: int = 0, levels: int = 0) -> tuple[Tensor, Tensor]:
    """Map and mask, related; with ``levels``, the map has so many different values only."""
    generator = torch.Generator().manual_seed(seed)
    mask = (torch.rand(*shape, generator=generator) < 0.4).float()
    pred = 0.7 * torch.rand(*shape, generator=generator) + 0.3 * mask
    return (pred * levels).round() / levels if levels else pred, mask


def sklearn_f(mask: Tensor, called: Tensor) -> float:
    return float(
        fbeta_score(mask.flatten(), called.flatten(), beta=BETA_SQUARED**0.5, zero_division=0)
    )


def test_f_measure_and_iou_equal_sklearn() -> None:
    pred, mask = pair(3, 1, 30, 40)
    limits = adaptive_threshold(pred * 0.8)
    for i in range(3):
        half = (pred[i] >= 0.5).int()
        assert f_measure(pred, mask)[i].item() == pytest.approx(sklearn_f(mask[i], half))
        assert intersection_over_union(pred, mask)[i].item() == pytest.approx(
            jaccard_score(mask[i].flatten(), half.flatten())
        )
        scaled = pred[i].numpy() * np.float32(0.8)
        threshold = 2 * scaled.mean(dtype=np.float64)
        assert limits[i].item() == pytest.approx(threshold)
        adaptive = torch.from_numpy((scaled >= threshold).astype(int))
        value = f_measure(pred * 0.8, mask, limits)[i].item()
        assert value == pytest.approx(sklearn_f(mask[i], adaptive))


def test_the_adaptive_threshold_is_at_most_1() -> None:
    """Where most is blurred, twice the mean is over 1: what is left is the brightest."""
    pred = torch.tensor([0.8, 1.0, 0.9, 1.0]).reshape(1, 1, 2, 2)
    assert adaptive_threshold(pred).tolist() == [1]
    mask = torch.tensor([0.0, 1.0, 0.0, 1.0]).reshape(1, 1, 2, 2)
    assert f_measure(pred, mask, adaptive_threshold(pred)).tolist() == [1]


@pytest.mark.parametrize("levels", [0, 5])
def test_the_best_f_measure_is_that_of_the_best_threshold(levels: int) -> None:
    pred, mask = pair(2, 1, 9, 11, levels=levels)
    for i, value in enumerate(best_f_measure(pred, mask)):
        every = [sklearn_f(mask[i], (pred[i] >= t).int()) for t in pred[i].unique()]
        assert value.item() == pytest.approx(max(every), rel=1e-5)


def test_by_hand() -> None:
    pred = torch.tensor([0.1, 0.2, 0.5, 0.9]).reshape(1, 1, 2, 2)
    mask = torch.tensor([0.0, 1.0, 0.0, 1.0]).reshape(1, 1, 2, 2)
    assert intersection_over_union(pred, mask).tolist() == [pytest.approx(1 / 3)]
    assert f_measure(pred, mask).tolist() == [pytest.approx(0.5)]
    # At 0.9: precision 1, recall 1/2; at 0.2: 2/3 and 1.
    assert best_f_measure(pred, mask).item() == pytest.approx(1.3 * 0.5 / 0.8)


def test_images_without_pixels_to_be_found() -> None:
    pred, mask = pair(3, 1, 6, 7)
    mask[1] = 0
    for values in overlap_scores(pred, mask).values():
        assert values[[0, 2]].isfinite().all()
    assert f_measure(pred, mask)[1].isnan()
    assert best_f_measure(pred, mask)[1].isnan()
    assert intersection_over_union(pred, mask)[1] == 0
    assert intersection_over_union(0 * pred, mask)[1].isnan()


@pytest.mark.parametrize("function", [f_measure, best_f_measure, intersection_over_union])
def test_wrong_values_are_refused(function) -> None:  # type: ignore[no-untyped-def]
    pred, mask = pair(1, 1, 4, 5)
    with pytest.raises(ValueError, match=r"map values in \[0, 1\]"):
        function(pred + 1, mask)
    with pytest.raises(ValueError, match="expected a mask of 0"):
        function(pred, mask * 255)
