import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import correlate1d, zoom

import brute_force
from dmenet.errors import InputError
from dmenet.synthesis.rendering import image_with_depth
from dmenet.synthesis.rendering.apertures import Aperture, gaussian_kernel
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.image_with_depth import render_rgbd


@pytest.mark.parametrize("sigma_px", [-5.0, -0.3, 0.4, 7.0])
def test_plane_is_a_gaussian_blur(camera: ThinLensCamera, depth_of: Any, sigma_px: float) -> None:
    image = np.random.default_rng(0).random((40, 60, 3), dtype=np.float32)
    rendering = render_rgbd(image, depth_of(np.full((40, 60), sigma_px)), camera)
    kernel = gaussian_kernel(abs(sigma_px))
    expected = correlate1d(correlate1d(image, kernel, 0), kernel, 1)
    np.testing.assert_allclose(rendering.image, expected, atol=1e-5)
    np.testing.assert_allclose(rendering.sigma_px, abs(sigma_px), rtol=1e-4)


@pytest.mark.parametrize("width", [600, 300, 160])
def test_slanted_plane_has_the_blur_its_map_says(width: int) -> None:
    plane = brute_force.slanted_plane(width)
    depth_mm = brute_force.depth_mm(plane.signed_sigma_px)
    ratios = plane.std_over_label(render_rgbd(plane.image, depth_mm, brute_force.CAMERA).image)
    # Measured: 0.993 to 1.002, and 0.969 to 1.004 on the steepest, where sigma changes by 0.11 px
    # per pixel (the released generator: up to 2 before the focal plane).
    assert ratios.min() > 0.96
    assert ratios.max() < 1.03


def test_two_flat_planes_against_brute_force(
    camera: ThinLensCamera, depth_of: Any, two_flat_planes: Any
) -> None:
    depth_mm = depth_of(two_flat_planes.signed_sigma_px)
    rendering = render_rgbd(two_flat_planes.sharp, depth_mm, camera)
    assert two_flat_planes.rms(rendering.image) < 1e-3
    assert two_flat_planes.rms(two_flat_planes.gather()) > 0.08


@settings(max_examples=25)
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


@pytest.mark.parametrize("step_px", [0.05, 0.2, 0.34, 0.5])
@pytest.mark.parametrize("side", [-1, 1])
def test_few_depth_levels_blur_as_their_map_says(side: int, step_px: float) -> None:
    signed = side * np.round(np.linspace(0, 8.5, 300) / step_px) * step_px
    impulses = [np.flatnonzero(signed == level) for level in np.unique(signed)]
    # Under 0.3 px the blur of a pixel is not measured; from 7.5 px on it leaves the image.
    columns = [c[c.size // 2] for c in impulses if 0.3 <= abs(signed[c[0]]) <= 7.5][
        :: len(impulses) // 8
    ]
    height = 64 * len(columns)
    image = np.zeros((height, 300, 3), np.float32)
    image[np.arange(len(columns)) * 64 + 32, columns] = 1
    depth_mm = brute_force.depth_mm(np.tile(signed, (height, 1)))
    rendered = render_rgbd(image, depth_mm, brute_force.CAMERA).image[..., 0].astype(np.float64)
    for row, column in enumerate(columns):
        band = rendered[64 * row : 64 * (row + 1)]
        for profile in (band.sum(axis=0), band.sum(axis=1)):
            place = np.arange(profile.size)
            mean = (profile * place).sum() / profile.sum()
            std = np.sqrt((profile * (place - mean) ** 2).sum() / profile.sum())
            # Measured: 0.98 to 1.012.
            assert std == pytest.approx(abs(signed[column]), rel=0.025)


def steps_and_slopes(shape: tuple[int, int]) -> np.ndarray:
    """Signed sigmas from -6 to 6 with both edges and slopes."""
    rng = np.random.default_rng(3)
    blocks = np.kron(rng.uniform(-5, 5, (8, 8)), np.ones((32, 32)))
    return (blocks + np.linspace(-1, 1, 256))[: shape[0], : shape[1]]


@pytest.mark.parametrize("aperture", [Aperture(), Aperture("polygon", blades=5)])
def test_crop_is_rendered_as_in_the_whole(aperture: Aperture) -> None:
    camera = replace(brute_force.CAMERA, aperture=aperture)
    image = np.random.default_rng(0).random((190, 256, 3), dtype=np.float32)
    depth_mm = brute_force.depth_mm(steps_and_slopes((190, 256)))
    whole = render_rgbd(image, depth_mm, camera)
    for crop in (np.s_[100:130, 90:150], np.s_[0:20, 0:30], np.s_[170:190, 200:256]):
        part = render_rgbd(image, depth_mm, camera, crop)
        # The FFT by which large kernels are applied rounds by the size of what it is given.
        np.testing.assert_allclose(part.image, whole.image[crop], atol=2e-5)
        np.testing.assert_array_equal(part.sigma_px, whole.sigma_px[crop])
        np.testing.assert_array_equal(part.sharp, image[crop])


def test_tiles_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.random.default_rng(0).random((100, 150, 3), dtype=np.float32)
    depth_mm = brute_force.depth_mm(steps_and_slopes((100, 150)))
    whole = render_rgbd(image, depth_mm, brute_force.CAMERA).image
    monkeypatch.setattr(image_with_depth, "TILE_PX", 64)
    in_tiles = render_rgbd(image, depth_mm, brute_force.CAMERA).image
    np.testing.assert_allclose(in_tiles, whole, rtol=0, atol=1e-6)


@pytest.mark.parametrize("crop", [np.s_[0:21, 0:5], np.s_[4:4, 0:5], np.s_[-3:5, 0:5]])
def test_crop_must_lie_in_the_image(crop: tuple[slice, slice]) -> None:
    with pytest.raises(InputError, match="expected a part of 20 x 30"):
        render_rgbd(np.zeros((20, 30, 3), np.float32), np.ones((20, 30)), brute_force.CAMERA, crop)
