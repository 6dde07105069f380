"""The protocol of RTF, against its words in NumPy, and the facts of a real image."""

import os
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from configured import built
from dmenet.errors import InputError
from dmenet.metrics.protocols import RtfProtocol
from dmenet.metrics.protocols.rtf import LARGEST_SIGMA_PX
from dmenet.sample import DefocusMap, Map, Sample


def truth(height: int, width: int) -> Sample:
    rng = np.random.default_rng(0)
    levels = np.array([0.3, 0.65, 1.8, 3.275], np.float32)
    return {
        "name": "made",
        "image": rng.random((36, 36, 3), np.float32),
        "sigma_px": rng.choice(levels, (height, width)),
    }


def noise(height: int, width: int) -> Map:
    return 6 * np.random.default_rng(1).random((height, width), np.float32)


def test_both_are_clipped_scaled_and_cropped_to_their_common_top_left() -> None:
    sample, estimate = truth(36, 34), noise(30, 36)
    scores = RtfProtocol().score(estimate, sample)
    clipped = np.minimum(estimate[:, :34].astype(np.float64), 3.275)
    difference = clipped - sample["sigma_px"][:30]
    assert scores["mae_px"] == pytest.approx(np.abs(difference).mean())
    assert scores["mse_px"] == pytest.approx(np.square(difference).mean())
    assert scores["rmse_px"] == pytest.approx(np.square(difference).mean() ** 0.5)
    assert scores["mae"] == pytest.approx(scores["mae_px"] / 3.275)
    assert scores["mse"] == pytest.approx(scores["mse_px"] / 3.275**2)


def test_quantisation_rounds_the_networks_own_map() -> None:
    sample = truth(36, 36)
    values = np.random.default_rng(2).random((36, 36), np.float32)
    own = DefocusMap(values, "coc15")
    sigma_px = ((15 * values - 1) / 2).clip(0).astype(np.float32)
    exact = RtfProtocol().score(sigma_px, sample, own)
    rounded = RtfProtocol(quantize="8bit").score(sigma_px, sample, own)
    stored = np.round(values * 255).astype(np.uint8)
    expected = ((15 * (stored / 255) - 1) / 2).clip(0, 3.275)
    mae_px = np.abs(expected - sample["sigma_px"]).mean()
    assert rounded["mae_px"] == pytest.approx(mae_px, abs=1e-6)
    assert 0 < abs(rounded["mae_px"] - exact["mae_px"]) < 7.5 / 255


def test_quantisation_of_a_method_without_map_values() -> None:
    """256 levels of sigma / 7 px."""
    estimate = np.full((36, 36), 7.3 / 255, np.float32)
    sample = truth(36, 36)
    as_7_255 = RtfProtocol().score(np.full((36, 36), 7 / 255, np.float32), sample)
    assert RtfProtocol(quantize="8bit").score(estimate, sample) == pytest.approx(
        as_7_255, nan_ok=True
    )


def test_another_quantisation_is_refused() -> None:
    with pytest.raises(InputError, match="quantize=16bit: expected '8bit' or null"):
        built(RtfProtocol, quantize="16bit")


@pytest.mark.skipif("DMENET_DATA" not in os.environ, reason="DMENET_DATA is unset")
def test_sigma_1_on_the_real_image_01() -> None:
    """In units of 3.275 px a constant of 1 px has an MAE of 0.11 on the easiest image."""
    folder = Path(os.environ["DMENET_DATA"]) / "rtf"
    sigmas, radii = scipy.io.loadmat(folder / "convertion.mat")["convertion"].T
    radius = scipy.io.loadmat(folder / "gt/0/map_01.mat")["blurMap"]
    sigma_px = sigmas[np.abs(radius[..., None] - radii).argmin(-1)].astype(np.float32)
    sample: Sample = {"name": "01", "image": np.zeros((360, 360, 3)), "sigma_px": sigma_px}
    scores = RtfProtocol().score(np.ones((360, 360), np.float32), sample)
    assert scores["mae"] == pytest.approx(0.11, abs=0.0005)
    assert scores["mae"] * LARGEST_SIGMA_PX == pytest.approx(scores["mae_px"])
    assert np.isnan(scores["rank_correlation"])
