"""Edges, extremes and histograms of maps."""

import numpy as np
import pytest

from dmenet.reporting.studies.map_statistics import (
    EDGE_BAND_PX,
    edge_band,
    edge_errors,
    share_of_extremes,
    value_counts,
)

STEP = np.zeros((20, 60), np.float32)
STEP[:, 30:] = 0.6


def test_the_band_lies_around_jumps_of_the_true_blur() -> None:
    band = edge_band(STEP)
    reach = int(EDGE_BAND_PX)
    expected = np.zeros_like(band)
    expected[:, 29 - reach : 31 + reach] = True
    np.testing.assert_array_equal(band, expected)
    np.testing.assert_array_equal(edge_band(STEP.T), expected.T)
    slope = np.tile(np.linspace(0, 1, 60, dtype=np.float32), (20, 1))
    assert not edge_band(slope).any()


def test_a_smudged_edge_is_told_from_an_offset() -> None:
    smudged = STEP.copy()
    smudged[:, 25:35] = 0.3
    assert edge_errors(smudged, STEP)["mae_elsewhere"] == 0
    assert edge_errors(smudged, STEP)["mae_near_edges"] == pytest.approx(0.3 * 10 / 12)
    offset = edge_errors(STEP + np.float32(0.1), STEP)
    assert offset["mae_near_edges"] == pytest.approx(offset["mae_elsewhere"], rel=1e-6)


def test_a_map_without_edges_has_no_error_near_them() -> None:
    flat = np.full((8, 8), 0.5, np.float32)
    errors = edge_errors(flat, flat)
    assert np.isnan(errors["mae_near_edges"])
    assert errors["mae_elsewhere"] == 0


def test_extremes() -> None:
    assert share_of_extremes(np.array([[0.0, 0.04, 0.5, 0.96]], np.float32)) == 0.75


def test_counts_of_values() -> None:
    counts = value_counts(np.array([[0.0, 0.005, 0.995, 1.0]], np.float32))
    assert (counts[0], counts[-1], counts.sum()) == (2, 2, 4)
