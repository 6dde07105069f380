from collections.abc import Callable

import cv2
import numpy as np
import pytest

from dmenet.synthesis.scenes.shapes import THIN, grid, leaf, scale_invariant

ROWS, COLUMNS = (axis - 60 for axis in grid((0, 0, 121, 121)))


@pytest.mark.parametrize("draw", THIN, ids=lambda draw: draw.__name__)
@pytest.mark.parametrize("width_px", [2.0, 5.0])
@pytest.mark.parametrize("seed", range(4))
def test_thin_things_are_as_wide_as_they_should_be(
    draw: Callable[..., np.ndarray], width_px: float, seed: int
) -> None:
    alpha = draw(np.random.default_rng(seed), ROWS, COLUMNS, 58.0, width_px)
    solid = (alpha > 0.5).astype(np.uint8)
    assert solid.sum() > 40 * width_px
    # Twice the distance to the nearest pixel outside. Where parts meet, it is a little more.
    across = 2 * cv2.distanceTransform(np.pad(solid, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    assert np.quantile(across[solid == 1], 0.9) <= width_px + 2
    assert across.max() >= width_px - 1.5
    assert not alpha[np.hypot(ROWS, COLUMNS) > 100].any()


@pytest.mark.parametrize("seed", range(8))
def test_leaves_lie_in_their_disc(seed: int) -> None:
    alpha = leaf(np.random.default_rng(seed), ROWS, COLUMNS, 50.0)
    assert alpha.max() == 1
    assert not alpha[np.hypot(ROWS, COLUMNS) > 52].any()


def test_each_scale_covers_as_much() -> None:
    rng = np.random.default_rng(0)
    radii = np.array([scale_invariant(rng, 5, 80) for _ in range(40_000)])
    assert 5 <= radii.min() <= radii.max() <= 80
    octaves = [np.sum(radii[(radii >= r) & (radii < 2 * r)] ** 2) for r in (5, 10, 20, 40)]
    assert min(octaves) > 0.75 * max(octaves)
