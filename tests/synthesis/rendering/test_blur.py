import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmenet.synthesis.rendering.blur import gaussian_kernel, kernel_radius_px


@given(st.floats(0.05, 12))
def test_kernel_has_the_second_moment_it_says(sigma_px: float) -> None:
    kernel = gaussian_kernel(sigma_px)
    place = np.arange(kernel.size) - kernel_radius_px(sigma_px)
    assert kernel.sum() == pytest.approx(1)
    assert np.sqrt((kernel * place**2).sum()) == pytest.approx(sigma_px, rel=1e-4)


def test_no_blur_is_the_identity() -> None:
    assert gaussian_kernel(0).tolist() == [1]
