import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from dmenet.synthesis.readers.steps import dequantised

SIZE = 200
ROUNDING_RMS = 12**-0.5


@pytest.mark.parametrize(
    "slopes", [(0.02, 0.01), (0.05, 0), (0, 0.1), (0.3, -0.2), (0.9, 0.3), (1.4, 0), (0, 2.7)]
)
def test_a_rounded_plane_comes_back(slopes: tuple[float, float]) -> None:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    plane = 500 + slopes[0] * rows + slopes[1] * columns
    step = 4.0
    rounded = np.rint(plane) * step
    error = (dequantised(rounded, step) / step - plane)[20:-20, 20:-20]
    assert np.sqrt(np.square(error).mean()) < 0.1 < ROUNDING_RMS


@pytest.mark.parametrize("jump", [2, 3, 10])
def test_depth_edges_stay(jump: int) -> None:
    rows, columns = np.mgrid[:SIZE, :SIZE]
    sides = 50.013 + 0.02 * rows + jump * (columns >= SIZE // 2)
    smooth = dequantised(np.rint(sides), 1.0)
    steps = np.diff(smooth, axis=1)[20:-20]
    np.testing.assert_allclose(steps[:, SIZE // 2 - 1], jump, atol=0.2)
    assert np.abs(np.delete(steps, SIZE // 2 - 1, axis=1)).max() < 0.1


@settings(max_examples=30)
@given(
    arrays(np.int64, array_shapes(min_dims=2, max_dims=2, max_side=40), elements=st.integers(0, 9)),
    st.floats(0.01, 100),
)
def test_no_value_moves_more_than_half_a_step(rounded: np.ndarray, step: float) -> None:
    moved = np.abs(dequantised(rounded * step, step) - rounded * step)
    assert moved.max() <= 0.5 * step * (1 + 1e-9)
