import numpy as np
import pytest

from dmenet.synthesis.rendering.slices import cut, levels_px


@pytest.mark.parametrize("low", [-7.0, -0.2, 0.0, 0.7])
@pytest.mark.parametrize("high", [0.9, 3.0, 11.0])
def test_slices_share_out_each_pixel_and_its_variance(low: float, high: float) -> None:
    signed = np.random.default_rng(0).uniform(low, high, (60, 40)).astype(np.float32)
    coverage, variance = np.zeros_like(signed), np.zeros_like(signed)
    for part in cut(signed, levels_px(signed)):
        box = part.box
        assert part.weight.min() >= 0
        coverage[box] += part.weight
        variance[box] += part.weight * part.sigma_px**2
    np.testing.assert_allclose(coverage, 1, atol=1e-6)
    np.testing.assert_allclose(variance, signed**2, rtol=1e-4, atol=1e-4)


def test_slices_come_nearest_first() -> None:
    signed = np.linspace(-3, 3, 50, dtype=np.float32).reshape(1, 50)
    starts = [part.box[1].start for part in cut(signed, levels_px(signed))]
    assert starts == sorted(starts)


def test_parallel_planes_keep_their_sigma() -> None:
    signed = np.array([[-2.3, -2.3, 0.4, 5.17]], np.float32)
    np.testing.assert_allclose(levels_px(signed), [-2.3, 0.4, 5.17], rtol=1e-6)
