import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.ndimage import correlate1d

from dmenet.synthesis.rendering.apertures import (
    Aperture,
    gaussian_kernel,
    kernel,
    kernel_radius_px,
    radius_px,
    sigma_of_unit_radius,
    spread_grown,
)

APERTURES = st.one_of(
    st.just(Aperture()),
    st.just(Aperture("disc")),
    st.builds(Aperture, st.just("polygon"), st.integers(3, 11), st.floats(0, 360)),
)


@settings(max_examples=60)
@given(APERTURES, st.floats(0.02, 12))
@example(Aperture("polygon", 5), 1.375)
@example(Aperture("polygon", 5, 18.0), 0.4)
@example(Aperture("polygon", 3, 7.0), 0.02)
@example(Aperture("polygon", 3, 90.0), 1.9)
def test_the_mean_is_0_and_the_second_moment_sigma_along_every_axis(
    aperture: Aperture, sigma_px: float
) -> None:
    weights = kernel(aperture, sigma_px)
    reach = radius_px(aperture, sigma_px)
    assert weights.shape == (2 * reach + 1, 2 * reach + 1)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1, abs=1e-9)
    place = np.arange(-reach, reach + 1)
    for axis in (0, 1):
        along = weights.sum(axis=axis)
        assert abs(along @ place) < 1e-9
        # The Gaussian is cut, the others are not.
        exactness = 1e-3 if aperture.shape == "gaussian" else 1e-6
        assert along @ place**2 == pytest.approx(sigma_px**2, rel=exactness)
    assert abs(place @ weights @ place) < 1e-6 * sigma_px**2


@pytest.mark.parametrize("blades", [3, 5, 6, 9])
def test_relation_of_a_polygon_is_that_of_its_area(blades: int) -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(-1, 1, (400_000, 2))
    angles = 2 * np.pi * np.arange(blades) / blades
    across = points @ np.stack([np.cos(angles), np.sin(angles)])
    inside = points[across.max(axis=1) < np.cos(np.pi / blades)]
    expected = sigma_of_unit_radius(Aperture("polygon", blades))
    assert np.sqrt((inside**2).mean()) == pytest.approx(expected, rel=0.005)


def test_disc_is_flat_and_as_wide_as_its_coc() -> None:
    weights = kernel(Aperture("disc"), 5.0)
    reach = weights.shape[0] // 2
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    distance = np.hypot(rows, columns)
    # sigma 5 is a CoC of 20 px.
    assert np.ptp(weights[distance < 9]) == 0
    assert not weights[distance > 11].any()


def test_gaussian_is_the_renderers() -> None:
    taps = gaussian_kernel(2.3)
    np.testing.assert_array_equal(kernel(Aperture(), 2.3), np.outer(taps, taps))


def test_sharp_is_one_pixel() -> None:
    for shape in ("gaussian", "disc", "polygon"):
        np.testing.assert_array_equal(kernel(Aperture(shape), 0.0), [[1]])


@pytest.mark.parametrize("sigma_px", [0.3, 1.0, 6.5])
@pytest.mark.parametrize("shape", [(4, 1, 1), (3, 7, 130), (5, 100, 51)])
def test_a_gaussian_is_spread_by_the_separable_convolution(
    sigma_px: float, shape: tuple[int, int, int]
) -> None:
    stack = np.random.default_rng(0).random(shape, dtype=np.float32)
    kernel, radius = gaussian_kernel(sigma_px), kernel_radius_px(sigma_px)
    padded = np.pad(stack, ((0, 0), (radius, radius), (radius, radius)))
    expected = correlate1d(correlate1d(padded, kernel, 1, mode="constant"), kernel, 2)
    np.testing.assert_allclose(spread_grown(stack, sigma_px, Aperture()), expected, atol=2e-6)


@given(st.floats(0.05, 12))
def test_kernel_has_the_second_moment_it_says(sigma_px: float) -> None:
    kernel = gaussian_kernel(sigma_px)
    place = np.arange(kernel.size) - kernel_radius_px(sigma_px)
    assert kernel.sum() == pytest.approx(1)
    assert np.sqrt((kernel * place**2).sum()) == pytest.approx(sigma_px, rel=1e-4)


def test_no_blur_is_the_identity() -> None:
    assert gaussian_kernel(0).tolist() == [1]
