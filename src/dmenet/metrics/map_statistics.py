"""What the studies ask of a defocus map beside its error: edges, extremes, values.

All maps are H x W, float, map values in [0, 1].
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from dmenet.sample import Map
from dmenet.units import MAX_SIGMA_PX

EDGE_STEP = 0.5 / MAX_SIGMA_PX
"""Neighbouring pixels whose true values differ by more lie on an edge: half a px of sigma."""

EDGE_BAND_PX = 5.0
"""So far from an edge reaches its band: half as far as ten layers of 3x3 in S look."""

EXTREME = 0.05
"""A value counts as extreme within this of 0 or 1."""

BINS = 100
"""Of the histogram of map values."""


def edge_band(truth: Map) -> NDArray[np.bool_]:
    """Whether a pixel is at most ``EDGE_BAND_PX`` from an edge of the true map."""
    edge = np.zeros(truth.shape, bool)
    down = np.abs(np.diff(truth, axis=0)) > EDGE_STEP
    across = np.abs(np.diff(truth, axis=1)) > EDGE_STEP
    edge[:-1] |= down
    edge[1:] |= down
    edge[:, :-1] |= across
    edge[:, 1:] |= across
    if not edge.any():
        return edge
    band: NDArray[np.bool_] = distance_transform_edt(~edge) <= EDGE_BAND_PX
    return band


def edge_errors(estimate: Map, truth: Map) -> dict[str, float]:
    """How much a map smudges: its absolute error where the true blur jumps, and elsewhere.

    Returns:
        ``mae_near_edges`` and ``mae_elsewhere``, means over the pixels of the band around the true
        edges and over all others; nan where there are none.
    """
    band = edge_band(truth)
    error = np.abs(estimate.astype(np.float64) - truth)
    return {"mae_near_edges": _mean(error[band]), "mae_elsewhere": _mean(error[~band])}


def share_of_extremes(values: Map) -> float:
    """The share of pixels within ``EXTREME`` of 0 or 1: 1 for a binary map."""
    return float(((values <= EXTREME) | (values >= 1 - EXTREME)).mean())


def value_counts(values: Map) -> NDArray[np.int64]:
    """How many pixels have a value in each of ``BINS`` equal parts of [0, 1]."""
    return np.histogram(values, BINS, (0, 1))[0]


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else float("nan")
