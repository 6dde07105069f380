"""Against scenes whose sharp picture is known."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from dmenet.errors import InputError
from dmenet.restoration.deblurring import all_in_focus, deblur, estimate_noise
from dmenet.sample import Image, Map
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.canvas import Rendering
from dmenet.synthesis.scenes.dead_leaves import dead_leaves

FLAT = np.full((40, 48, 3), 0.5, np.float32)


def scene(seed: int, noise: float = 0.005) -> tuple[Image, Rendering]:
    """A noisy photograph of 8 bits, and what is known about it."""
    leaves = dead_leaves((seed, 5), 112, 128)
    camera = ThinLensCamera.for_max_coc(
        max_coc_px=12,
        nearest_mm=float(leaves.depth_mm.min()),
        farthest_mm=float(leaves.depth_mm.max()),
        focal_length_mm=50,
        focus_distance_mm=float(np.quantile(leaves.depth_mm, [0, 0.5, 1][seed % 3])),
        image_width_px=128,
    )
    rendering = leaves.photograph(camera)
    drawn = np.random.default_rng(seed).normal(0, noise, rendering.image.shape)
    noisy = np.rint((rendering.image + drawn).clip(0, 1) * 255) / 255
    return noisy.astype(np.float32), rendering


@pytest.mark.parametrize("method", [deblur, all_in_focus])
def test_it_is_nearer_to_the_sharp_picture(method: Callable[..., Image]) -> None:
    more_alike = []
    for seed in range(3):
        photograph, known = scene(seed)
        restored = method(photograph, known.sigma_px)
        assert restored.dtype == np.float32
        assert restored.min() >= 0
        assert restored.max() <= 1
        before, after = (
            peak_signal_noise_ratio(known.sharp, each, data_range=1)
            for each in (photograph, restored)
        )
        assert after > before + 0.3
        before, after = (
            structural_similarity(known.sharp, each, data_range=1, channel_axis=2)
            for each in (photograph, restored)
        )
        more_alike.append(after - before)
    assert np.mean(more_alike) > 0.005


def test_what_is_sharp_stays_as_it_is() -> None:
    photograph, known = scene(1)
    sharp = np.where(np.arange(128) < 64, 0, known.sigma_px).astype(np.float32)
    restored = deblur(photograph, sharp)
    np.testing.assert_allclose(restored[:, :48], photograph[:, :48], atol=1e-6)
    np.testing.assert_allclose(deblur(photograph, sharp * 0), photograph, atol=1e-6)


@pytest.mark.parametrize("sigma_px", [2.0, 4.0])
def test_nothing_rings_at_an_edge_in_depth(sigma_px: float) -> None:
    """A sharp black thing before a grey wall that is blurred: the wall stays grey."""
    photograph = FLAT.copy()
    photograph[10:30, 15:35] = 0
    blur = np.where(photograph[..., 0] > 0, sigma_px, 0).astype(np.float32)
    np.testing.assert_allclose(deblur(photograph, blur), photograph, atol=0.02)


def test_light_is_deconvolved_where_asked() -> None:
    photograph, known = scene(0)
    of_light = deblur(photograph, known.sigma_px, linear_light=True)
    assert np.abs(of_light - deblur(photograph, known.sigma_px)).max() > 0.02
    sharp = deblur(photograph, known.sigma_px * 0, linear_light=True)
    np.testing.assert_allclose(sharp, photograph, atol=1e-5)


def test_progress_adds_up_to_one() -> None:
    shares: list[float] = []
    photograph, known = scene(0)
    deblur(photograph, known.sigma_px, prior="wiener", report=shares.append)
    assert sum(shares) == pytest.approx(1)


@pytest.mark.parametrize("noise", [0.01, 0.03])
def test_noise_is_estimated(noise: float) -> None:
    flower: Image = (data.astronaut()[:200, :200] / 255).astype(np.float32)
    sigma_px: Map = np.zeros((200, 200), np.float32)
    sigma_px[:, 100:] = 3
    flower[:, 100:] = gaussian_filter(flower, (3, 3, 0))[:, 100:]
    noisy = flower + np.random.default_rng(0).normal(0, noise, flower.shape).astype(np.float32)
    assert estimate_noise(noisy, sigma_px) == pytest.approx(noise, rel=0.15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sigma_px": np.zeros((3, 4), np.float32)}, "4 x 3 px: expected equal sizes"),
        ({"prior": "magic"}, "prior=magic"),
        ({"noise": 0}, "noise=0"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, object], message: str) -> None:
    given = {"image": FLAT, "sigma_px": np.ones(FLAT.shape[:2], np.float32)}
    with pytest.raises(InputError, match=message):
        deblur(**{**given, **arguments})  # type: ignore[arg-type]
