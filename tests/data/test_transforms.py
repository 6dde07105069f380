"""Augmentation: maps follow their image, and the seed decides all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmenet.data.augmentation import TrainingTransform
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
