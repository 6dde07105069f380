import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, fbeta_score, jaccard_score
from torch import Tensor

from dmenet.metrics.detection import (
    BETA_SQUARED,
    BlurDetection,
    adaptive_threshold,
    average_precision,
    best_f_measure,
    blur_accuracy,
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


@pytest.mark.parametrize("levels", [0, 5])
def test_average_precision_equals_sklearn(levels: int) -> None:
    pred, mask = pair(3, 1, 30, 40, levels=levels)
    for i, value in enumerate(average_precision(pred, mask)):
        expected = average_precision_score(mask[i].flatten(), pred[i].flatten())
        assert value.item() == pytest.approx(expected, abs=1e-6)


def test_average_precision_of_clustered_scores() -> None:
    """Binned curves fail here: all scores lie within one bin of 200."""
    pred, mask = pair(1, 1, 30, 40)
    clustered = 0.5 + pred * 1e-3
    expected = average_precision_score(mask.flatten(), clustered.flatten())
    assert average_precision(clustered, mask).item() == pytest.approx(expected, abs=1e-6)
    assert expected > mask.mean() + 0.1


def test_accuracy_equals_the_papers_formula() -> None:
    pred, mask = pair(3, 1, 30, 40)
    for i, value in enumerate(blur_accuracy(pred, mask)):
        scores = pred[i].double().numpy()
        tau = 0.3 * scores.max() + 0.7 * scores.min()
        assert value.item() == np.mean((scores > tau) == (mask[i].numpy() == 1))


def test_by_hand() -> None:
    pred = torch.tensor([0.1, 0.2, 0.5, 0.9]).reshape(1, 1, 2, 2)
    mask = torch.tensor([0.0, 1.0, 0.0, 1.0]).reshape(1, 1, 2, 2)
    assert blur_accuracy(pred, mask).tolist() == [0.5]  # tau = 0.34
    assert average_precision(pred, mask).item() == pytest.approx((1 + 2 / 3) / 2)


@pytest.mark.parametrize("value", [0.0, 0.1, 0.3, 0.7, 1.0])
def test_constant_map_is_called_sharp(value: float) -> None:
    mask = torch.tensor([0.0, 0.0, 0.0, 1.0]).reshape(1, 1, 2, 2)
    assert blur_accuracy(torch.full((1, 1, 2, 2), value), mask).tolist() == [0.75]


@settings(max_examples=100)
@given(
    values=arrays(
        np.float64,
        array_shapes(min_dims=2, max_dims=2, max_side=8),
        elements=st.integers(0, 1000).map(float),
    ),
    scale=st.floats(1e-3, 1e3),
    shift=st.floats(-10, 10),
    seed=st.integers(0, 99),
)
def test_accuracy_does_not_change_under_rescaling(
    values: NDArray[np.float64], scale: float, shift: float, seed: int
) -> None:
    tau = 0.3 * values.max() + 0.7 * values.min()
    # Where tau is the value of a pixel, rounding decides; a constant map is another test.
    assume(values.min() < values.max() and abs(values - tau).min() > 1e-3)
    pred = torch.from_numpy(values)[None, None]
    mask = torch.rand(pred.shape, generator=torch.Generator().manual_seed(seed)) < 0.5
    assert blur_accuracy(pred, mask) == blur_accuracy(scale * pred + shift, mask)


def test_masks_of_bool_and_float_are_the_same() -> None:
    pred, mask = pair(2, 1, 6, 7)
    assert torch.equal(blur_accuracy(pred, mask), blur_accuracy(pred, mask.bool()))
    assert torch.equal(average_precision(pred, mask), average_precision(pred, mask.bool()))


def test_all_sharp_and_all_blurred_masks() -> None:
    pred, _ = pair(2, 1, 6, 7)
    mask = torch.stack([torch.zeros(1, 6, 7), torch.ones(1, 6, 7)])
    precision = average_precision(pred, mask)
    assert precision.isnan().tolist() == [True, False]
    assert precision[1].item() == pytest.approx(1)


def test_metric_leaves_out_and_counts_images_without_blur() -> None:
    metric = BlurDetection()
    pred, mask = pair(3, 1, 6, 7)
    mask[1] = 0
    metric.update(pred, mask)
    values = metric.compute()
    assert values["images_without_ap"] == 1
    expected = average_precision(pred[[0, 2]], mask[[0, 2]]).mean().item()
    assert values["ap_per_image"].item() == pytest.approx(expected, rel=1e-12)
    assert values["accuracy"].item() == pytest.approx(blur_accuracy(pred, mask).mean().item())


def test_metric_of_sharp_images_alone() -> None:
    metric = BlurDetection()
    metric.update(pair(2, 1, 6, 7)[0], torch.zeros(2, 1, 6, 7))
    values = metric.compute()
    assert values["ap_per_image"].isnan()
    assert values["images_without_ap"] == 2
    assert values["accuracy"].isfinite()


def test_images_of_different_sizes_count_alike() -> None:
    metric = BlurDetection()
    batches = [pair(3, 1, 8, 8, seed=1), pair(1, 1, 40, 30, seed=2), pair(2, 1, 5, 9, seed=3)]
    for pred, mask in batches:
        metric.update(pred, mask)
    accuracy = torch.cat([blur_accuracy(*maps) for maps in batches]).mean().item()
    precision = torch.cat([average_precision(*maps) for maps in batches]).mean().item()
    assert metric.compute()["accuracy"].item() == pytest.approx(accuracy, rel=1e-12)
    assert metric.compute()["ap_per_image"].item() == pytest.approx(precision, rel=1e-12)
    assert all(value.dtype == torch.float64 for value in metric.metric_state.values())


@pytest.mark.parametrize("wrong", [-0.01, 1.01, float("nan")])
def test_scores_outside_0_1_are_refused(wrong: float) -> None:
    pred, mask = pair(2, 1, 6, 7)
    pred[1, 0, 2, 3] = wrong
    metric = BlurDetection()
    with pytest.raises(ValueError, match=r"map values in \[0, 1\]"):
        metric.update(pred, mask)
    assert not metric.images.any()


@pytest.mark.parametrize("wrong", [255.0, 0.5, -1.0, float("nan")])
def test_other_masks_are_refused(wrong: float) -> None:
    pred, mask = pair(2, 1, 6, 7)
    mask[1, 0, 2, 3] = wrong
    with pytest.raises(ValueError, match="expected a mask of 0"):
        blur_accuracy(pred, mask)
    with pytest.raises(ValueError, match="expected a mask of 0"):
        average_precision(pred, mask)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="N x 1 x H x W"):
        BlurDetection().update(torch.zeros(2, 1, 4, 5), torch.zeros(2, 1, 5, 4))


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
def test_compute_needs_an_update() -> None:
    with pytest.raises(RuntimeError, match="call update first"):
        BlurDetection().compute()


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


def test_overlap_by_hand() -> None:
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
