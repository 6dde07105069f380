import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import brute_force
from dmenet.errors import InputError
from dmenet.images.light import linear_from_srgb
from dmenet.synthesis.rendering.apertures import Aperture, kernel
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.image_with_depth import render_rgbd
from dmenet.synthesis.rendering.surfaces import Surface, render_surfaces
from dmenet.synthesis.scenes.dead_leaves import dead_leaves_surfaces


def test_slanted_surface_has_the_blur_its_map_says(
    camera: ThinLensCamera, depth_of: Any, slanted_plane: Any
) -> None:
    signed = slanted_plane.signed_sigma_px
    surface = Surface(0, 0, slanted_plane.image, np.ones_like(signed), depth_of(signed))
    rendering = render_surfaces([surface], signed.shape, camera)
    ratios = slanted_plane.std_over_label(rendering.image)
    # Measured: 0.999 to 1.015.
    assert ratios.min() > 0.98
    assert ratios.max() < 1.02


def test_curved_surface_has_the_blur_its_map_says(camera: ThinLensCamera, depth_of: Any) -> None:
    """Bent to the lens on one side, away on the other; at its rims twice as steep as a plane."""
    place = np.linspace(-1, 1, 600)
    bent = brute_force.impulses_on(8.5 * place * np.abs(place))
    signed = bent.signed_sigma_px
    surface = Surface(0, 0, bent.image, np.ones_like(signed), depth_of(signed))
    for rendering in (
        render_surfaces([surface], signed.shape, camera),
        render_rgbd(bent.image, surface.depth_mm, camera),
    ):
        ratios = bent.std_over_label(rendering.image)
        assert ratios.min() > 0.96
        assert ratios.max() < 1.04


def test_two_planes_against_brute_force(
    camera: ThinLensCamera, depth_of: Any, two_planes: Any
) -> None:
    front, back = (depth_of(np.full((128, 128), sigma)) for sigma in two_planes.sigmas_px)
    ones = np.ones((128, 128), np.float32)
    surfaces = [
        Surface(0, 0, two_planes.back, ones, back),
        Surface(0, 0, two_planes.front, two_planes.alpha, front),
    ]
    rendering = render_surfaces(surfaces, (128, 128), camera)
    np.testing.assert_allclose(rendering.sharp, two_planes.sharp, atol=1e-6)
    error = two_planes.rms(rendering.image)
    # Exact if one of them is sharp, else 0.0083 and 0.0056 (without layers 0.020).
    assert error < (1e-4 if 0 in two_planes.sigmas_px else 0.01)
    assert error < 0.5 * two_planes.rms(two_planes.gather())


@settings(max_examples=10)
@given(st.integers(0, 1000), st.floats(0, 1), st.floats(300, 5000))
def test_one_colour_stays_one_colour(seed: int, grey: float, focus_mm: float) -> None:
    camera = ThinLensCamera(
        focal_length_mm=50, f_number=1, focus_distance_mm=focus_mm, image_width_px=64
    )
    surfaces = [
        replace(surface, colour=np.full_like(surface.colour, grey))
        for surface in dead_leaves_surfaces(seed, 32, 48)
    ]
    rendering = render_surfaces(surfaces, (32, 48), camera)
    np.testing.assert_allclose(rendering.image, grey, atol=1e-5)


def test_pinhole_sees_the_sharp_scene(camera: ThinLensCamera) -> None:
    pinhole = replace(camera, f_number=math.inf)
    rendering = render_surfaces(dead_leaves_surfaces(3, 48, 48), (48, 48), pinhole)
    np.testing.assert_array_equal(rendering.image, rendering.sharp)
    assert (rendering.sigma_px == 0).all()


def test_map_is_the_cameras_at_the_depth_that_a_pinhole_sees(camera: ThinLensCamera) -> None:
    rendering = render_surfaces(dead_leaves_surfaces(3, 48, 48), (48, 48), camera)
    np.testing.assert_array_equal(rendering.sigma_px, camera.sigma_px(rendering.depth_mm))


def test_holes_are_an_error(camera: ThinLensCamera) -> None:
    ones = np.ones((8, 8), np.float32)
    surface = Surface(0, 2, np.zeros((8, 8, 3), np.float32), ones, 1000 * ones)
    with pytest.raises(InputError, match="16 pixels show no surface"):
        render_surfaces([surface], (8, 8), camera)
    with pytest.raises(InputError, match="no surface"):
        render_surfaces([], (8, 8), camera)


def test_light_is_blurred_where_asked_for(camera: ThinLensCamera, depth_of: Any) -> None:
    """A bright point on a dark ground keeps its light, and looks larger than its stored values."""
    image = np.full((61, 61, 3), 0.2, np.float32)
    image[30, 30] = 1
    depth_mm = depth_of(np.full((61, 61), 3.0))
    surface = Surface(0, 0, image, np.ones((61, 61), np.float32), depth_mm)
    stored = render_rgbd(image, depth_mm, camera).image
    light = linear_from_srgb(image)
    for rendering in (
        render_surfaces([surface], (61, 61), camera, linear_light=True),
        render_rgbd(image, depth_mm, camera, linear_light=True),
    ):
        expected = render_rgbd(light, depth_mm, camera).image
        inner = np.s_[15:-15, 15:-15]
        np.testing.assert_allclose(
            linear_from_srgb(rendering.image)[inner], expected[inner], atol=1e-5
        )
        np.testing.assert_array_equal(rendering.sharp, image)
        assert rendering.image[30, 30, 0] - 0.2 > 1.5 * (stored[30, 30, 0] - 0.2)


@pytest.mark.parametrize("aperture", [Aperture("disc"), Aperture("polygon", blades=5)])
def test_a_point_is_the_image_of_the_aperture(depth_of: Any, aperture: Aperture) -> None:
    camera = replace(brute_force.CAMERA, aperture=aperture)
    image = np.zeros((41, 41, 3), np.float32)
    image[20, 20] = 1
    depth_mm = depth_of(np.full((41, 41), 3.0))
    surface = Surface(0, 0, image, np.ones((41, 41), np.float32), depth_mm)
    expected = np.zeros((41, 41))
    blur = kernel(aperture, float(camera.sigma_px(depth_mm)[0, 0]))
    reach = blur.shape[0] // 2
    expected[20 - reach : 21 + reach, 20 - reach : 21 + reach] = blur
    for rendering in (
        render_surfaces([surface], (41, 41), camera),
        render_rgbd(image, depth_mm, camera),
    ):
        np.testing.assert_allclose(rendering.image[..., 0], expected, atol=1e-5)
