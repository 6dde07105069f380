import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import correlate1d, zoom

from dmenet.errors import InputError
from dmenet.synthesis.blur import gaussian_kernel
from dmenet.synthesis.camera import ThinLensCamera
from dmenet.synthesis.rgbd import render_rgbd


@pytest.mark.parametrize("sigma_px", [-5.0, -0.3, 0.4, 7.0])
def test_plane_is_a_gaussian_blur(camera: ThinLensCamera, depth_of: Any, sigma_px: float) -> None:
    image = np.random.default_rng(0).random((40, 60, 3), dtype=np.float32)
    rendering = render_rgbd(image, depth_of(np.full((40, 60), sigma_px)), camera)
    kernel = gaussian_kernel(abs(sigma_px))
    expected = correlate1d(correlate1d(image, kernel, 0), kernel, 1)
    np.testing.assert_allclose(rendering.image, expected, atol=1e-5)
    np.testing.assert_allclose(rendering.sigma_px, abs(sigma_px), rtol=1e-4)


def test_slanted_plane_has_the_blur_its_map_says(
    camera: ThinLensCamera, depth_of: Any, slanted_plane: Any
) -> None:
    depth_mm = depth_of(slanted_plane.signed_sigma_px)
    ratios = slanted_plane.std_over_label(render_rgbd(slanted_plane.image, depth_mm, camera).image)
    # Measured: 0.981 to 1.002 (the released generator: up to 2 before the focal plane).
    assert ratios.min() > 0.97
    assert ratios.max() < 1.03


def test_two_planes_against_brute_force(
    camera: ThinLensCamera, depth_of: Any, two_planes: Any
) -> None:
    rendering = render_rgbd(two_planes.sharp, depth_of(two_planes.signed_sigma_px), camera)
    # Measured: 0.0164, 0.0075, 0.0076, 0.0034, by the guess of the hidden texture (the next test);
    # without layers 0.046, 0.041, 0.020, 0.020.
    error = two_planes.rms(rendering.image)
    assert error < 0.018
    assert error < 0.5 * two_planes.rms(two_planes.gather())


def test_two_flat_planes_against_brute_force(
    camera: ThinLensCamera, depth_of: Any, two_flat_planes: Any
) -> None:
    depth_mm = depth_of(two_flat_planes.signed_sigma_px)
    rendering = render_rgbd(two_flat_planes.sharp, depth_mm, camera)
    assert two_flat_planes.rms(rendering.image) < 1e-3
    assert two_flat_planes.rms(two_flat_planes.gather()) > 0.08


@settings(max_examples=25, deadline=None)
@given(
    arrays(np.float32, (3, 4), elements=st.floats(300, 8000, width=32)),
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)),
    st.sampled_from([0, 1]),
)
def test_one_colour_stays_one_colour(
    coarse_mm: np.ndarray, colour: tuple[float, float, float], order: int
) -> None:
    camera = ThinLensCamera(
        focal_length_mm=50, f_number=2, focus_distance_mm=1000, image_width_px=400
    )
    depth_mm = zoom(coarse_mm, 10, order=order, mode="nearest")
    image = np.broadcast_to(np.array(colour, np.float32), (*depth_mm.shape, 3))
    np.testing.assert_allclose(render_rgbd(image, depth_mm, camera).image, image, atol=1e-5)


def test_pinhole_leaves_the_image(camera: ThinLensCamera) -> None:
    rng = np.random.default_rng(0)
    image = rng.random((20, 30, 3), dtype=np.float32)
    depth_mm = rng.uniform(500, 5000, (20, 30)).astype(np.float32)
    rendering = render_rgbd(image, depth_mm, replace(camera, f_number=math.inf))
    np.testing.assert_array_equal(rendering.image, image)
    assert (rendering.sigma_px == 0).all()


def test_map_is_the_cameras(camera: ThinLensCamera) -> None:
    depth_mm = np.random.default_rng(0).uniform(500, 5000, (20, 30)).astype(np.float32)
    rendering = render_rgbd(np.zeros((20, 30, 3), np.float32), depth_mm, camera)
    np.testing.assert_array_equal(rendering.sigma_px, camera.sigma_px(depth_mm))


def test_shapes_must_agree(camera: ThinLensCamera) -> None:
    with pytest.raises(InputError, match="H x W x 3"):
        render_rgbd(np.zeros((20, 30, 3), np.float32), np.ones((20, 31), np.float32), camera)
