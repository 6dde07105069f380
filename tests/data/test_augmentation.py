"""Augmentation: maps follow their image, and the seed decides all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmenet.data.augmentation import PhotographicTransform, TrainingTransform, reblur
from dmenet.sample import Sample


def sample(height: int, width: int) -> Sample:
    """Every map tells where its pixel was, as the image does."""
    place = np.linspace(0, 1, height * width, dtype=np.float32).reshape(height, width)
    return {
        "name": "ramp",
        "image": np.repeat(place[..., None], 3, axis=2),
        "defocus": place,
        "mask": (place > 0.5).astype(np.float32),
    }


@settings(max_examples=25)
@given(st.integers(16, 60), st.integers(16, 60), st.integers(0, 2**32 - 1))
def test_maps_follow_the_image(height: int, width: int, seed: int) -> None:
    out = TrainingTransform(16)(sample(height, width), seed)
    assert out["image"].shape == (16, 16, 3)
    np.testing.assert_array_equal(out["image"][..., 0], out["defocus"])
    np.testing.assert_array_equal(out["defocus"] > 0.5, out["mask"] == 1)


def test_the_seed_decides() -> None:
    transform, image = TrainingTransform(24), sample(64, 48)
    first = transform(image, 7)["image"]
    transform(image, 8)
    np.testing.assert_array_equal(transform(image, 7)["image"], first)
    np.testing.assert_array_equal(TrainingTransform(24)(image, 7)["image"], first)


def test_every_place_and_turn_comes_up() -> None:
    transform, image = TrainingTransform(2), sample(4, 4)
    crops = {transform(image, seed)["defocus"].tobytes() for seed in range(1500)}
    assert len(crops) == 9 * 8


@pytest.mark.parametrize(("size", "expected"), [((10, 20), 16), ((820, 1000), 16)])
def test_images_too_small_or_too_large_are_resized(size: tuple[int, int], expected: int) -> None:
    out = TrainingTransform(16)(sample(*size), 0)
    assert out["image"].shape == (expected, expected, 3)
    assert set(np.unique(out["mask"])) <= {0.0, 1.0}
    # The ramp's step per row tells the scale: bilinear, values themselves untouched.
    assert 0 <= out["defocus"].min() <= out["defocus"].max() <= 1
    np.testing.assert_allclose(out["image"][..., 0], out["defocus"], atol=1e-6)


def noise(height: int = 90, width: int = 120) -> Sample:
    rng = np.random.default_rng(0)
    return {
        "name": "noise",
        "image": rng.random((height, width, 3), np.float32),
        "defocus": rng.random((height, width), np.float32),
    }


@pytest.mark.parametrize("domain", ["synthetic", "real", "unlabelled"])
@pytest.mark.parametrize("size", [(90, 120), (40, 70), (64, 64)])
def test_crops_are_a_function_of_the_seed(domain: str, size: tuple[int, int]) -> None:
    transform, sample = PhotographicTransform(64, domain), noise(*size)
    if domain == "unlabelled":
        del sample["defocus"]
    first, again, other = (transform(sample, seed) for seed in (1, 1, 2))
    assert first["image"].shape == (64, 64, 3)
    assert first["image"].dtype == np.float32
    assert 0 <= first["image"].min() <= first["image"].max() <= 1
    assert np.array_equal(first["image"], again["image"])
    assert not np.array_equal(first["image"], other["image"])
    assert ("defocus" in first) == (domain != "unlabelled")


def test_geometry_is_shared_and_synthetic_blur_is_not_resized() -> None:
    ramp = np.tile(np.linspace(0, 1, 120, dtype=np.float32), (90, 1))
    sample: Sample = {"name": "r", "image": np.dstack([ramp] * 3), "defocus": ramp}
    for seed in range(10):
        out = PhotographicTransform(64, "synthetic")(sample, seed)
        steps = np.abs(np.diff(out["defocus"], axis=1))
        np.testing.assert_allclose(steps, 1 / 119, atol=1e-6)
        flipped = out["defocus"][0, 0] > out["defocus"][0, -1]
        assert (out["image"][:, :8].mean() > out["image"][:, -8:].mean()) == flipped


def test_photographs_come_in_many_sizes() -> None:
    sample = noise(256, 256)
    sample["image"][:] = (np.indices((256, 256)).sum(0) % 16 < 8)[..., None]
    kept = [
        np.abs(np.diff(PhotographicTransform(64, "real")(sample, seed)["image"], axis=1)).mean()
        for seed in range(20)
    ]
    assert np.std(kept) > 0.02


def test_reblurring_adds_the_sigma_that_it_says() -> None:
    point = np.zeros((65, 65, 3), np.float32)
    point[32, 32] = 1
    image, sigma_px = reblur(point, seed=3)
    moment = (image[..., 0] * (np.arange(65) - 32) ** 2).sum() / image[..., 0].sum()
    assert float(np.sqrt(moment)) == pytest.approx(sigma_px, rel=0.02)
    assert reblur(point, 3)[1] == sigma_px != reblur(point, 4)[1]


def test_masked_photographs_are_hardly_reduced() -> None:
    """What a mask calls blurred, at 1.5 px, is sharp once the photograph is reduced to a third."""
    image, map_ = np.zeros((400, 500, 3), np.float32), np.zeros((400, 500), np.float32)

    def least_side(domain: str) -> int:
        transform, rng = PhotographicTransform(96, domain), np.random.default_rng(0)
        return min(transform._resize(image, map_, rng)[0].shape[0] for _ in range(60))

    assert 280 <= least_side("real") < 300
    assert 96 <= least_side("unlabelled") < 120
