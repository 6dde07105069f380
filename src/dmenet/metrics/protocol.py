"""How one estimated sigma map is scored against what a test image knows."""

import math

import torch

from dmenet.data.sample import Map, Sample
from dmenet.metrics.detection import average_precision, blur_accuracy
from dmenet.metrics.regression import map_errors
from dmenet.units import Unit, map_from_sigma_px

METRICS = ("mse", "mae", "accuracy", "ap")


def score(sigma_px: Map, sample: Sample, unit: Unit) -> dict[str, float]:
    """Scores of one image.

    Args:
        sigma_px: the estimate, H x W.
        sample: with its ``defocus`` map in ``unit`` and its ``mask``.
        unit: in which the errors are computed, as the paper does for SYNDOF.

    Returns:
        ``mse`` and ``mae`` of the map in [0, 1]; ``accuracy`` and ``ap`` of the map as a detector
        of blurred pixels (``ap`` is nan where none is).
    """
    estimate = map_from_sigma_px(torch.from_numpy(sigma_px), unit)[None, None]
    truth, mask = (torch.from_numpy(sample[key])[None, None] for key in ("defocus", "mask"))
    mse, mae = map_errors(estimate, truth)
    values = (mse, mae, blur_accuracy(estimate, mask), average_precision(estimate, mask))
    return {name: value.item() for name, value in zip(METRICS, values, strict=True)}


def mean_score(rows: list[dict[str, float]]) -> dict[str, float]:
    """Means over images; an image without an average precision is left out of that mean."""
    means = {}
    for name in METRICS:
        known = [row[name] for row in rows if not math.isnan(row[name])]
        means[name] = sum(known) / len(known) if known else math.nan
    return means
