import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmenet.errors import InputError
from dmenet.synthesis.rendering.camera import ThinLensCamera

GIVEN: dict[str, Any] = {
    "focal_length_mm": 50.0,
    "f_number": 2.0,
    "focus_distance_mm": 1050.0,
    "image_width_px": 720,
}


def test_coc_by_hand() -> None:
    camera = ThinLensCamera(**GIVEN)
    # Aperture 25 mm, magnification 50 / 1000 = 1/20, 20 px per mm: 25 px at infinity.
    expected = [25, 12.5, 0, -25]
    np.testing.assert_allclose(camera.signed_coc_px([math.inf, 2100, 1050, 525]), expected)
    np.testing.assert_allclose(camera.sigma_px([2100, 525]), [12.5 / 4, 25 / 4])


@given(st.lists(st.floats(100, 1e6), min_size=3, max_size=3, unique=True))
def test_coc_is_affine_in_disparity(depths_mm: list[float]) -> None:
    camera = ThinLensCamera(**GIVEN)
    coc = camera.signed_coc_px(depths_mm)
    predicted = 25 * (1 - 1050 / np.array(depths_mm))
    np.testing.assert_allclose(coc, predicted, rtol=1e-9, atol=1e-9)


@given(st.floats(0.1, 60), st.floats(200, 3000), st.floats(1, 20), st.floats(0, 1))
def test_f_number_is_solved_for(
    max_coc_px: float, nearest_mm: float, ratio: float, share: float
) -> None:
    farthest_mm = nearest_mm * (ratio + 0.1)
    focus_mm = nearest_mm + share * (farthest_mm - nearest_mm)
    camera = ThinLensCamera.for_max_coc(
        max_coc_px=max_coc_px,
        nearest_mm=nearest_mm,
        farthest_mm=farthest_mm,
        focal_length_mm=50,
        focus_distance_mm=focus_mm,
        image_width_px=192,
    )
    depths_mm = np.linspace(nearest_mm, farthest_mm, 50)
    assert np.abs(camera.signed_coc_px(depths_mm)).max() == pytest.approx(max_coc_px)


def test_pinhole_blurs_nothing() -> None:
    camera = ThinLensCamera(**GIVEN | {"f_number": math.inf})
    assert (camera.sigma_px([500, 5000]) == 0).all()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"focal_length_mm": 0}, "focal_length_mm"),
        ({"f_number": -1}, "f_number"),
        ({"f_number": math.nan}, "f_number"),
        ({"focus_distance_mm": 50}, "focus_distance_mm"),
        ({"focus_distance_mm": math.inf}, "focus_distance_mm"),
        ({"image_width_px": 0}, "image_width_px"),
        ({"sensor_width_mm": -36}, "sensor_width_mm"),
    ],
)
def test_impossible_cameras(change: dict[str, float], named: str) -> None:
    with pytest.raises(InputError, match=named):
        ThinLensCamera(**GIVEN | change)


@pytest.mark.parametrize("depth_mm", [0, -1, math.nan])
def test_unknown_depth_is_an_error(depth_mm: float) -> None:
    with pytest.raises(InputError, match="depth map: 1 values"):
        ThinLensCamera(**GIVEN).signed_coc_px([1000, depth_mm])


def test_scene_all_in_focus_cannot_reach_a_coc() -> None:
    with pytest.raises(InputError, match="wholly at the focus distance"):
        ThinLensCamera.for_max_coc(
            max_coc_px=20,
            nearest_mm=1000,
            farthest_mm=1000,
            focal_length_mm=50,
            focus_distance_mm=1000,
            image_width_px=100,
        )
