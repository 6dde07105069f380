import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmenet.errors import InputError
from dmenet.reporting.inspection import (
    EDGE_COLOUR,
    depth_ticks,
    example_camera,
    inspection_block,
    inspection_row,
)
from dmenet.synthesis.readers.reader import RGBD
from made_rgbd import room


def scene(depth_mm: np.ndarray, focal_length_px: float | None = None) -> RGBD:
    image = np.full((*depth_mm.shape, 3), 0.5, np.float32)
    known = np.ones(depth_mm.shape, np.bool_)
    return RGBD("scene", image, depth_mm, known, focal_length_px)


def test_the_row_holds_the_largest_blur_of_the_example_camera() -> None:
    rgbd = scene(room(240, 320), focal_length_px=300)
    row = inspection_row(rgbd)
    # f and px per mm: any sensor of 320 px, with its own focal length, blurs alike.
    focal_px, focus = 300, np.median(rgbd.depth_mm)
    diameter_mm = focal_px / (320 / 36) / 2
    coc_px = diameter_mm * focal_px / (focus - 2 * diameter_mm) * np.abs(1 - focus / rgbd.depth_mm)
    assert row["σ max (px)"] == f"{coc_px.max() / 4:.1f}"
    assert row["f (mm)"] == "33.8"
    assert row["unknown"] == "0.0%"
    assert example_camera(rgbd).f_number == 2


def test_a_scene_too_near_for_its_lens_is_an_error() -> None:
    with pytest.raises(InputError, match="a lens cannot focus nearer"):
        inspection_row(scene(np.full((80, 80), 150.0), focal_length_px=400))


def test_pictures_show_holes_edges_and_the_colours_of_depth() -> None:
    depth = np.full((300, 300), 4000.0)
    depth[100:200, 100:200] = 2000
    rgbd = scene(depth)
    rgbd.known[:50] = False
    _, shown, edges = inspection_block(rgbd).panels
    np.testing.assert_array_equal(shown.picture.mask, ~rgbd.known)
    assert shown.colours is not None
    assert shown.norm is not None
    near, far = (shown.colours(shown.norm(metres))[:3] for metres in (2, 4))
    assert sum(near) > sum(far) + 0.4
    assert (shown.ticks[0], shown.ticks[-1]) == (2, 4)
    drawn = (edges.picture == EDGE_COLOUR).all(axis=-1)
    outline = np.zeros_like(drawn)
    outline[99:201, 99:201] = True
    outline[101:199, 101:199] = False
    outline[[99, 99, 200, 200], [99, 200, 99, 200]] = False
    np.testing.assert_array_equal(drawn, outline)


@given(st.floats(0.01, 1000), st.floats(1.02, 1e6))
def test_ticks_are_few_and_inside(near: float, ratio: float) -> None:
    ticks = depth_ticks(near, near * ratio)
    assert 1 <= len(ticks) <= 8
    assert all(near <= tick <= near * ratio for tick in ticks)
