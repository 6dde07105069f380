import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, fbeta_score, precision_recall_curve
from torch import Tensor

from dmenet.metrics.overlap import BETA_SQUARED
from dmenet.metrics.pooled import (
    BINS,
    PooledDetection,
    average_precision_bounds,
    average_precision_of,
    best_f_measure_of,
    of_sharp_pixels,
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


@settings(max_examples=150)
@given(
    bins=st.lists(st.integers(0, BINS - 1), min_size=1, max_size=4),
    pixels=st.integers(2, 60),
    seed=st.integers(0, 10**6),
)
def test_the_exact_value_lies_within_the_bounds(bins: list[int], pixels: int, seed: int) -> None:
    """Scores clustered in few bins, the worst that binning can meet."""
    rng = np.random.default_rng(seed)
    scores = (rng.choice(bins, pixels) + rng.random(pixels)) / BINS
    mask = np.append(rng.random(pixels - 1) < 0.5, True)
    counts = score_counts(*(torch.from_numpy(a)[None, None, None] for a in (scores, mask)))
    low, high = average_precision_bounds(counts)
    exact = average_precision_score(mask, scores)
    assert low - 1e-9 <= exact <= high + 1e-9


def test_the_bounds_are_reached() -> None:
    scores = torch.linspace(0.5, 0.5 + 0.9 / BINS, 6, dtype=torch.float64)
    for mask, bound in (([0, 0, 0, 1, 1, 1], 1), ([1, 1, 0, 0, 0, 0], 0)):
        flat = torch.tensor(mask)
        counts = score_counts(scores[None, None, None], flat[None, None, None])
        exact = average_precision_score(flat, scores)
        assert average_precision_bounds(counts)[bound] == pytest.approx(exact)


def test_counting_in_parts_and_memory_that_stays() -> None:
    whole, parts = PooledDetection(), PooledDetection()
    pred, mask = related(6, 1, 20, 30)
    whole.update(pred, mask)
    for start in range(0, 6, 2):
        parts.update(pred[start : start + 2], mask[start : start + 2])
        assert sum(v.numel() * v.element_size() for v in parts.metric_state.values()) < 2**19  # type: ignore[union-attr]
    assert parts.compute() == whole.compute()
    assert parts.counts.sum() == mask.numel()


def test_of_sharp_or_of_blurred_pixels_alone() -> None:
    for value, missing in ((0.0, "ap_pooled"), (1.0, "ap_sharp_pooled")):
        metric = PooledDetection()
        metric.update(torch.rand(1, 1, 4, 5), torch.full((1, 1, 4, 5), value))
        values = metric.compute()
        assert values[missing].isnan()
        assert values[{"ap_pooled": "ap_sharp_pooled"}.get(missing, "ap_pooled")] == 1


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
def test_compute_needs_an_update() -> None:
    with pytest.raises(RuntimeError, match="call update first"):
        PooledDetection().compute()


def test_wrong_scores_are_refused() -> None:
    with pytest.raises(ValueError, match=r"map values in \[0, 1\]"):
        score_counts(torch.full((1, 1, 2, 2), 1.5), torch.ones(1, 1, 2, 2))
