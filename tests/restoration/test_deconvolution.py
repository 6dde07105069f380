import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import convolve
from skimage import data

from dmenet.restoration.deconvolution import PRIORS, Prior, deconvolve, shrink
from dmenet.synthesis.rendering.apertures import Aperture, kernel

CAMERA = data.camera()[100:260, 150:310].astype(np.float32) / 255


def error_db(found: np.ndarray, true: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((found - true) ** 2)))


@given(st.floats(-1.5, 1.5), st.floats(1e-4, 0.3))
def test_what_is_shrunk_has_the_least_cost(value: float, weight: float) -> None:
    candidates = np.linspace(-2, 2, 4001)
    exponents: dict[Prior, float] = {"total_variation": 1, "hyper_laplacian": 2 / 3}
    for prior, exponent in exponents.items():

        def cost(x: np.ndarray, power: float = exponent) -> np.ndarray:
            return (x - value) ** 2 / 2 + weight * np.abs(x) ** power

        found = shrink(torch.tensor([value], dtype=torch.float64), weight, prior).numpy()
        assert cost(found)[0] <= cost(candidates).min() + 1e-6


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("shape", ["gaussian", "disc"])
def test_a_known_blur_is_undone_up_to_the_borders(prior: Prior, shape: str) -> None:
    taps = kernel(Aperture(shape), 2.0)  # type: ignore[arg-type]
    blurred = convolve(CAMERA, taps, mode="constant")[16:-16, 16:-16]
    sharp = CAMERA[16:-16, 16:-16]
    noisy = blurred + 0.004 * np.random.default_rng(0).normal(size=blurred.shape)
    planes = torch.from_numpy(noisy.astype(np.float32))[None]
    weights = torch.from_numpy(taps.astype(np.float32))
    found = deconvolve(planes, torch.ones_like(planes[0]), weights, 0.004, prior)[0].numpy()
    assert error_db(found, sharp) > error_db(blurred, sharp) + (2 if prior == "wiener" else 3)
    frame = np.ones(sharp.shape, bool)
    frame[8:-8, 8:-8] = False
    assert error_db(found[frame], sharp[frame]) > error_db(blurred[frame], sharp[frame]) + 1


def test_what_is_not_looked_at_has_no_part_in_the_result() -> None:
    taps = kernel(Aperture(), 2.0)
    blurred = convolve(CAMERA, taps, mode="reflect")
    known = np.ones_like(CAMERA)
    known[60:100, 60:100] = 0
    weights, there = torch.from_numpy(taps.astype(np.float32)), torch.from_numpy(known)
    results = []
    for value in (0.0, 1.0):
        spoilt = np.where(known > 0, blurred, value).astype(np.float32)
        found = deconvolve(torch.from_numpy(spoilt)[None], there, weights, 0.004)
        results.append(found[0].numpy())
    np.testing.assert_array_equal(*results)
    outside = known > 0
    gained = error_db(results[0][outside], CAMERA[outside])
    assert gained > error_db(blurred[outside], CAMERA[outside]) + 2
