import numpy as np
import pytest

from configured import built
from dmenet.errors import InputError
from dmenet.synthesis.scenes.dead_leaves import (
    FARTHEST_MM,
    MARGIN_PX,
    NEAREST_MM,
    dead_leaves,
    dead_leaves_surfaces,
)


def test_scene_is_a_function_of_its_seed() -> None:
    first, again = dead_leaves_surfaces([0, 7], 64, 96), dead_leaves_surfaces([0, 7], 64, 96)
    other = dead_leaves_surfaces([0, 8], 64, 96)
    assert len(first) == len(again)
    for one, two in zip(first, again, strict=True):
        assert (one.top, one.left) == (two.top, two.left)
        np.testing.assert_array_equal(one.colour, two.colour)
        np.testing.assert_array_equal(one.alpha, two.alpha)
        np.testing.assert_array_equal(one.depth_mm, two.depth_mm)
    assert not np.array_equal(first[0].colour, other[0].colour)


@pytest.mark.parametrize("seed", range(8))
def test_scene_is_whole_and_far_to_near(seed: int) -> None:
    background, *leaves = dead_leaves_surfaces(seed, 64, 96)
    assert (background.top, background.left) == (-MARGIN_PX, -MARGIN_PX)
    assert background.alpha.shape == (64 + 2 * MARGIN_PX, 96 + 2 * MARGIN_PX)
    assert (background.alpha == 1).all()
    # Of a slanted leaf only the middle of the uncut box would tell; flat ones have one depth.
    flat_mm = [leaf.depth_mm[0, 0] for leaf in leaves if np.ptp(leaf.depth_mm) == 0]
    assert flat_mm == sorted(flat_mm, reverse=True)
    for surface in (background, *leaves):
        assert surface.depth_mm.min() > 0.999 * NEAREST_MM[0]
        assert surface.depth_mm.max() < 1.001 * FARTHEST_MM[1]
        assert surface.colour.min() >= 0
        assert surface.colour.max() <= 1
        assert surface.alpha.min() >= 0
        assert surface.alpha.max() <= 1
    for leaf in leaves:
        rows = slice(leaf.top + MARGIN_PX, leaf.top + MARGIN_PX + leaf.alpha.shape[0])
        columns = slice(leaf.left + MARGIN_PX, leaf.left + MARGIN_PX + leaf.alpha.shape[1])
        assert (leaf.depth_mm <= 1.001 * background.depth_mm[rows, columns]).all()


def test_textures_have_contrast() -> None:
    deviations = [
        surface.colour.mean(axis=2).std()
        for seed in range(5)
        for surface in dead_leaves_surfaces(seed, 64, 64)
    ]
    assert np.median(deviations) > 0.08


def test_too_small_a_scene() -> None:
    with pytest.raises(InputError, match="at least 16"):
        built(dead_leaves, seed=[0], height=8, width=64)
