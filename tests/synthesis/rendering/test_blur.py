import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import correlate1d

from dmenet.synthesis.rendering.blur import blur_grown, gaussian_kernel, kernel_radius_px


@given(st.floats(0.05, 12))
def test_kernel_has_the_second_moment_it_says(sigma_px: float) -> None:
    kernel = gaussian_kernel(sigma_px)
    place = np.arange(kernel.size) - kernel_radius_px(sigma_px)
    assert kernel.sum() == pytest.approx(1)
    assert np.sqrt((kernel * place**2).sum()) == pytest.approx(sigma_px, rel=1e-4)


def test_no_blur_is_the_identity() -> None:
    assert gaussian_kernel(0).tolist() == [1]


@pytest.mark.parametrize("sigma_px", [0.3, 1.0, 6.5])
@pytest.mark.parametrize("shape", [(4, 1, 1), (3, 7, 130), (5, 100, 51)])
def test_blur_is_the_separable_convolution(sigma_px: float, shape: tuple[int, int, int]) -> None:
    stack = np.random.default_rng(0).random(shape, dtype=np.float32)
    kernel, radius = gaussian_kernel(sigma_px), kernel_radius_px(sigma_px)
    padded = np.pad(stack, ((0, 0), (radius, radius), (radius, radius)))
    expected = correlate1d(correlate1d(padded, kernel, 1, mode="constant"), kernel, 2)
    np.testing.assert_allclose(blur_grown(stack, sigma_px), expected, atol=2e-6)
