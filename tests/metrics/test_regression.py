import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor

from dmenet.metrics.regression import (
    DefocusMapErrors,
    map_errors,
    rank_correlation,
)


def pair(*shape: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    pred, target = torch.rand(2, *shape, generator=torch.Generator().manual_seed(seed))
    return pred, target


def test_map_errors_equal_numpy() -> None:
    pred, target = pair(4, 1, 13, 17)
    mse, mae = map_errors(pred, target)
    assert mse.dtype == mae.dtype == torch.float64
    for i in range(4):
        difference = pred[i, 0].numpy().astype(np.float64) - target[i, 0].numpy()
        assert mse[i].item() == pytest.approx(np.mean(difference**2), rel=1e-12)
        assert mae[i].item() == pytest.approx(np.mean(abs(difference)), rel=1e-12)


def test_map_errors_by_hand() -> None:
    pred = torch.tensor([[[[0.0, 1.0]]], [[[0.5, 0.5]]]])
    mse, mae = map_errors(pred, torch.zeros(2, 1, 1, 2))
    assert mse.tolist() == [0.5, 0.25]
    assert mae.tolist() == [0.5, 0.5]


def test_images_of_different_sizes_count_alike() -> None:
    metric = DefocusMapErrors()
    batches = [pair(3, 1, 8, 8, seed=1), pair(1, 1, 40, 30, seed=2), pair(2, 1, 5, 9, seed=3)]
    for pred, target in batches:
        metric.update(pred, target)
    errors = [torch.stack(map_errors(*maps), 1) for maps in batches]
    mse, mae = torch.cat(errors).mean(0).tolist()
    assert metric.compute()["mse"].item() == pytest.approx(mse, rel=1e-12)
    assert metric.compute()["mae"].item() == pytest.approx(mae, rel=1e-12)
    rmse = torch.cat(errors)[:, 0].sqrt().mean().item()
    assert metric.compute()["rmse"].item() == pytest.approx(rmse, rel=1e-12)
    assert all(value.dtype == torch.float64 for value in metric.metric_state.values())


def test_many_small_errors_are_not_lost() -> None:
    """A float32 sum would stop growing."""
    metric = DefocusMapErrors()
    metric.update(torch.ones(1, 1, 1, 1), torch.zeros(1, 1, 1, 1))
    metric.update(torch.full((4096, 1, 1, 1), 1e-8), torch.zeros(4096, 1, 1, 1))
    assert metric.compute()["mae"].item() * 4097 - 1 == pytest.approx(4096e-8, rel=1e-6)


@pytest.mark.parametrize(
    ("pred", "target"),
    [
        ((2, 1, 4, 5), (2, 1, 5, 4)),
        ((2, 1, 4, 5), (1, 1, 4, 5)),
        ((2, 3, 4, 5), (2, 3, 4, 5)),
        ((2, 4, 5), (2, 4, 5)),
    ],
)
def test_wrong_shapes(pred: tuple[int, ...], target: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="N x 1 x H x W"):
        DefocusMapErrors().update(torch.zeros(pred), torch.zeros(target))


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
def test_compute_needs_an_update_also_after_reset() -> None:
    metric = DefocusMapErrors()
    with pytest.raises(RuntimeError, match="call update first"):
        metric.compute()
    metric.update(*pair(1, 1, 3, 3))
    metric.compute()
    metric.reset()
    with pytest.raises(RuntimeError, match="call update first"):
        metric.compute()


def test_forward_gives_the_batch_and_keeps_the_total() -> None:
    metric = DefocusMapErrors()
    first, second = pair(2, 1, 4, 4, seed=1), pair(1, 1, 4, 4, seed=2)
    metric(*first)
    of_batch = metric(*second)
    assert of_batch["mse"].item() == pytest.approx(map_errors(*second)[0].item(), rel=1e-12)
    both = map_errors(*(torch.cat(maps) for maps in zip(first, second, strict=True)))
    assert metric.compute()["mse"].item() == pytest.approx(both[0].mean().item(), rel=1e-12)


@pytest.mark.parametrize("levels", [0, 4])
def test_rank_correlation_equals_scipy(levels: int) -> None:
    pred, target = pair(3, 1, 13, 17)
    pred = 0.5 * pred + target
    if levels:
        pred, target = ((values * levels).round() for values in (pred, target))
    for i, value in enumerate(rank_correlation(pred, target)):
        expected = spearmanr(pred[i].flatten(), target[i].flatten()).statistic
        assert value.item() == pytest.approx(expected, rel=1e-10)


def test_rank_correlation_is_independent_of_the_unit() -> None:
    _, target = pair(1, 1, 8, 9)
    assert rank_correlation(target.exp() * 100, target).item() == pytest.approx(1)
    assert rank_correlation(-target, target).item() == pytest.approx(-1)


def test_constant_maps_have_no_rank_correlation() -> None:
    pred, target = pair(3, 1, 8, 9)
    pred[1] = 0.3
    values = rank_correlation(pred, target)
    assert values.isnan().tolist() == [False, True, False]
