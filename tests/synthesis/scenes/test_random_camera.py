from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configured import built
from dmenet.errors import InputError
from dmenet.synthesis.released.layers import cut_layers, push_back
from dmenet.synthesis.scenes.random_camera import RandomCamera, released_camera
from dmenet.synthesis.scenes.scene import Scene
from dmenet.synthesis.scenes.sources import motorcycle

THIN_LENS: dict[str, Any] = {"focal_lengths_mm": [50.0, 85.0], "largest_sigma_px": [1.5, 7.0]}
PLANE_MM = np.linspace(800, 9000, 50 * 60).reshape(50, 60)


def scene_of(depth_mm: np.ndarray, focal_length_mm: float | None = None) -> Scene:
    image = np.zeros((*depth_mm.shape, 3), np.float32)
    pinhole = lambda: (image, depth_mm)  # noqa: E731
    return Scene("made", depth_mm, 60, focal_length_mm, lambda camera: None, pinhole)  # type: ignore[arg-type, return-value]


@settings(max_examples=50)
@given(st.integers(0, 10**6), st.tuples(st.floats(0.3, 7), st.floats(0.3, 7)).map(sorted))
def test_largest_sigma_is_in_the_range_asked_for(seed: int, largest: list[float]) -> None:
    choice = RandomCamera(**THIN_LENS | {"largest_sigma_px": largest})
    camera = choice(scene_of(PLANE_MM), np.random.default_rng(seed))
    assert camera == choice(scene_of(PLANE_MM), np.random.default_rng(seed))
    assert camera.focal_length_mm in (50, 85)
    assert largest[0] * 0.999 <= camera.sigma_px(PLANE_MM).max() <= largest[1] * 1.001


def test_f_numbers_are_drawn_by_equal_stops() -> None:
    choice = RandomCamera(focal_lengths_mm=[50.0], f_numbers=[1.0, 16.0])
    rng = np.random.default_rng(0)
    drawn = np.array([choice(scene_of(PLANE_MM), rng).f_number for _ in range(400)])
    assert drawn.min() >= 1
    assert drawn.max() <= 16
    # f/4 is halfway.
    assert (drawn < 4).mean() == pytest.approx(0.5, abs=0.1)


def test_pointed_at_a_pixel_the_camera_is_sharp_there() -> None:
    choice = RandomCamera(**THIN_LENS, focus_pixel=[0.5, 1.0])
    camera = choice(scene_of(PLANE_MM), np.random.default_rng(0))
    assert camera.sigma_px(PLANE_MM)[25, 59] == 0


def test_focus_quantile() -> None:
    choice = RandomCamera(**THIN_LENS, focus_quantile=[0.25, 0.25])
    camera = choice(scene_of(PLANE_MM), np.random.default_rng(0))
    assert camera.focus_distance_mm == pytest.approx(np.quantile(PLANE_MM, 0.25))


def test_apertures_are_drawn() -> None:
    choice = RandomCamera(**THIN_LENS, apertures=["disc", "polygon"], blades=[5, 7])
    rng = np.random.default_rng(0)
    drawn = [choice(scene_of(PLANE_MM), rng).aperture for _ in range(60)]
    assert {aperture.shape for aperture in drawn} == {"disc", "polygon"}
    assert {a.blades for a in drawn if a.shape == "polygon"} == {5, 6, 7}


def test_scene_may_know_its_focal_length() -> None:
    choice = RandomCamera(focal_lengths_mm=[], largest_sigma_px=[3, 3], sensor_width_mm=18)
    assert choice(scene_of(PLANE_MM, 40.0), np.random.default_rng(0)).focal_length_mm == 20
    with pytest.raises(InputError, match=r"scene made: .* give camera.focal_lengths_mm"):
        choice(scene_of(PLANE_MM), np.random.default_rng(0))


def test_metres_taken_for_millimetres_are_an_error() -> None:
    with pytest.raises(InputError, match=r"scene made: .* check the unit"):
        RandomCamera(**THIN_LENS)(scene_of(PLANE_MM / 1000), np.random.default_rng(0))


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"f_numbers": [1.4, 8.0]}, "f_numbers=.* with largest_sigma_px=.*: expected one of them"),
        ({"largest_sigma_px": None}, "f_numbers=.* with largest_sigma_px=.*: expected one of them"),
        ({"largest_sigma_px": [7.0, 1.5]}, "largest_sigma_px"),
        ({"focus_quantile": [0.0, 1.5]}, "focus_quantile"),
        ({"focus_pixel": [100, 200]}, "focus_pixel"),
        ({"apertures": ["square"]}, "apertures"),
        ({"blades": [2, 5]}, "blades"),
        ({"largest_sigma_px": None, "f_numbers": [0.0, 8.0]}, "f_numbers"),
    ],
)
def test_contradictions_are_errors(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        built(RandomCamera, **THIN_LENS | settings)


def test_released_camera_favours_near_depths_and_reaches_29_px() -> None:
    # So few depths make too few layers, and the last draw is taken without regard to them.
    depths_mm = np.repeat(np.linspace(800, 9000, 50), 20).reshape(25, 40)
    scene = scene_of(depths_mm)
    cameras = [released_camera(scene, np.random.default_rng(seed)) for seed in range(150)]
    focal = [camera.focal_length_mm for camera in cameras]
    assert focal.count(50) < focal.count(70)
    focus = np.array([camera.focus_distance_mm for camera in cameras])
    # A half-Gaussian of half the range: erf(1 / sqrt 2) / erf(sqrt 2) lies in the nearer half.
    assert (focus < np.median(depths_mm)).mean() == pytest.approx(0.715, abs=0.09)
    for camera in cameras[:10]:
        depth_mm = push_back(depths_mm, camera.focal_length_mm)
        assert np.abs(camera.signed_coc_px(depth_mm)).max() == pytest.approx(29, rel=1e-6)


def test_released_camera_is_drawn_again_for_its_layers() -> None:
    scene = motorcycle([0])
    layers = []
    for seed in range(6):
        camera = released_camera(scene, np.random.default_rng(seed))
        depth_mm = push_back(scene.depth_mm, camera.focal_length_mm)
        layers.append(cut_layers(depth_mm, camera).cocs_px.size)
    assert 200 <= min(layers)
    assert max(layers) <= 350
