import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, fbeta_score, precision_recall_curve
from torch import Tensor

from dmenet.metrics.detection import BETA_SQUARED
from dmenet.metrics.pooled import (
    BINS,
    average_precision_of,
    best_f_measure_of,
    of_sharp_pixels,
    pooled_scores,
    precision_recall,
    score_counts,
)


def related(*shape: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    mask = (torch.rand(*shape, generator=generator) < 0.4).float()
    return 0.7 * torch.rand(*shape, generator=generator) + 0.3 * mask, mask


def binned(pred: Tensor) -> Tensor:
    """Scores that no bin joins, in the middle of bins."""
    return ((pred.double() * BINS).floor() + 0.5) / BINS


def test_scores_in_different_bins_are_exact() -> None:
    pred, mask = related(3, 1, 30, 40)
    counts = score_counts(binned(pred), mask)
    flat = mask.flatten().numpy(), binned(pred).flatten().numpy()
    assert average_precision_of(counts).item() == pytest.approx(average_precision_score(*flat))
    sharp = average_precision_score(1 - flat[0], 1 - flat[1])
    assert average_precision_of(of_sharp_pixels(counts)).item() == pytest.approx(sharp)
    precision, recall, _ = precision_recall_curve(*flat)
    ours = precision_recall(counts)
    np.testing.assert_allclose(ours[0].flip(0), precision[:-1])
    np.testing.assert_allclose(ours[1].flip(0), recall[:-1])
    best, threshold = best_f_measure_of(counts)
    called = flat[1] >= threshold.item()
    expected = fbeta_score(flat[0], called, beta=BETA_SQUARED**0.5)
    assert best.item() == pytest.approx(expected)
    with np.errstate(invalid="ignore"):
        every = (1 + BETA_SQUARED) * precision * recall / (BETA_SQUARED * precision + recall)
    assert best.item() == pytest.approx(np.nanmax(every))


def test_the_error_on_photograph_sized_maps_is_small() -> None:
    pred, mask = related(2, 1, 240, 320)
    exact = average_precision_score(mask.flatten(), pred.flatten())
    assert average_precision_of(score_counts(pred, mask)).item() == pytest.approx(exact, abs=5e-5)


def test_counts_of_batches_add_up() -> None:
    pred, mask = related(6, 1, 20, 30)
    whole = score_counts(pred, mask)
    parts = sum(score_counts(pred[i : i + 2], mask[i : i + 2]) for i in range(0, 6, 2))
    assert (whole == parts).all()
    assert whole.sum() == mask.numel()


def test_of_sharp_or_of_blurred_pixels_alone() -> None:
    for value, missing in ((0.0, "ap_pooled"), (1.0, "ap_sharp_pooled")):
        counts = score_counts(torch.rand(1, 1, 4, 5), torch.full((1, 1, 4, 5), value))
        values = pooled_scores(counts)
        assert values[missing].isnan()
        assert values[{"ap_pooled": "ap_sharp_pooled"}.get(missing, "ap_pooled")] == 1
