"""The recursive filter of the domain transform: smooths, but not across edges of a guide.

Gastal & Oliveira, "Domain transform for edge-aware image and video processing", ACM Transactions on
Graphics 30(4), 2011: equations 11, 14 and 21.
"""

import numpy as np
from numpy.typing import NDArray

from dmenet.ranges import Count, Positive
from dmenet.sample import Map

Channels = NDArray[np.float32]
"""H x W x C."""


def recursive_filter(
    channels: Channels,
    guide: Channels,
    *,
    spatial_px: Positive,
    colour: Positive,
    iterations: Count,
) -> Channels:
    """Filter every channel separately, under one guide.

    Args:
        channels: what is smoothed.
        guide: whose edges are kept, of the same height and width.
        spatial_px: sigma of the filter where the guide is constant.
        colour: the change of the guide (summed over its channels) that counts as ``spatial_px``.
        iterations: each goes along the rows, then along the columns, with half the sigma of the one
            before, such that all together have ``spatial_px``.
    """
    result = channels.astype(np.float32)
    steps = [_steps(guide, axis, spatial_px / colour) for axis in (1, 0)]
    for iteration in range(iterations):
        share = np.sqrt(3) * 2.0 ** (iterations - 1 - iteration) / np.sqrt(4.0**iterations - 1)
        for axis, step in zip((1, 0), steps, strict=True):
            keep = np.exp(-np.sqrt(2) / (spatial_px * share) * step)[..., None].astype(np.float32)
            result = _both_ways(result.swapaxes(0, axis), keep).swapaxes(0, axis)
    return np.ascontiguousarray(result)


def spread(
    sparse: Map, guide: Channels, *, spatial_px: Positive, colour: Positive, iterations: Count
) -> Map:
    """Averages of the measured values, weighted by the filter: normalised convolution.

    Args:
        sparse: the values, nan where nothing was measured; something was.
        guide, spatial_px, colour, iterations: as of ``recursive_filter``.

    Returns:
        H x W, between the least and the greatest value; their mean where all are out of reach.
    """
    measured = np.isfinite(sparse)
    pair = np.stack([np.where(measured, sparse, 0), measured], axis=-1).astype(np.float32)
    filtered = recursive_filter(
        pair, guide, spatial_px=spatial_px, colour=colour, iterations=iterations
    )
    weighted, weight = filtered[..., 0], filtered[..., 1]
    reached = weight > np.finfo(np.float32).tiny
    average = np.where(reached, weighted / np.where(reached, weight, 1), sparse[measured].mean())
    dense: Map = average.astype(np.float32)
    return dense


def _steps(guide: Channels, axis: int, scale: float) -> NDArray[np.float64]:
    """Distances in the transformed domain from each pixel to the one before, axis first."""
    along = guide.swapaxes(0, axis).astype(np.float64)
    steps = np.ones(along.shape[:2])
    steps[1:] += scale * np.abs(np.diff(along, axis=0)).sum(axis=-1)
    return steps


def _both_ways(channels: Channels, keep: Channels) -> Channels:
    """One pass forth and one back along the first axis."""
    result = channels.copy()
    for i in range(1, len(result)):
        result[i] += keep[i] * (result[i - 1] - result[i])
    for i in range(len(result) - 2, -1, -1):
        result[i] += keep[i + 1] * (result[i + 1] - result[i])
    return result
