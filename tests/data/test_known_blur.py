"""Photographs blurred by a known amount."""

import cv2
import numpy as np
import pytest

from dmenet.data.augmentation import PIXEL_SIGMA_PX
from dmenet.data.known_blur import (
    KnownBlur,
    blur,
    blur_in_layers,
    disc_kernel,
    mirrored,
    sharp_part,
)
from dmenet.sample import Sample


def noise(height: int = 90, width: int = 120) -> Sample:
    rng = np.random.default_rng(0)
    return {
        "name": "noise",
        "image": rng.random((height, width, 3), np.float32),
        "defocus": rng.random((height, width), np.float32),
    }


def masked(sharp: bool) -> Sample:
    image = noise(200, 240)["image"]
    return {"name": "m", "image": image, "mask": np.full((200, 240), not sharp, np.float32)}


def test_a_disc_has_the_second_moment_of_its_sigma() -> None:
    kernel = disc_kernel(6.0)
    at = np.arange(len(kernel)) - len(kernel) // 2
    assert float(kernel.sum()) == pytest.approx(1)
    assert float(np.sqrt((kernel * at**2).sum())) == pytest.approx(3.0, rel=0.01)


def test_layers_are_blurred_by_what_the_label_says() -> None:
    sharp = noise(128, 128)["image"]
    seen = 0
    for seed in range(60):
        image, sigma_px = blur_in_layers(sharp, np.random.default_rng(seed))
        assert float(sigma_px.min()) >= PIXEL_SIGMA_PX - 1e-6
        if np.ptp(sigma_px) == 0 and sigma_px[0, 0] > 1:
            # Noise of variance v, blurred by a Gaussian, keeps about v / (4 pi sigma^2).
            sigma = float(np.sqrt(sigma_px[0, 0] ** 2 - PIXEL_SIGMA_PX**2))
            kept = float(image[20:-20, 20:-20].var() / sharp.var())
            assert kept == pytest.approx(1 / (4 * np.pi * sigma**2), rel=0.5)
            seen += 1
    assert seen


def test_only_sharp_parts_are_taken() -> None:
    rng = np.random.default_rng(0)
    part = sharp_part(masked(sharp=True), 48, rng)
    assert part is not None
    assert part.shape == (48, 48, 3)
    assert sharp_part(masked(sharp=False), 48, rng) is None
    assert sharp_part(masked(sharp=True), 500, rng) is None


def test_a_small_sharp_part_is_found() -> None:
    """Chance alone hardly ever found one in a photograph whose background is blurred."""
    photograph = masked(sharp=False)
    photograph["mask"][20:60, 10:50] = 0
    photograph["image"][20:60, 10:50] = 0.5
    part = sharp_part(photograph, 12, np.random.default_rng(0))
    assert part is not None
    assert part == pytest.approx(0.5, abs=1e-3)


def test_a_sharp_part_is_mirrored_to_fill_the_crop() -> None:
    part = noise(20, 20)["image"]
    rng = np.random.default_rng(0)
    for _ in range(5):
        whole = mirrored(part, 50, rng)
        assert whole.shape == (50, 50, 3)
        places = [(i, j) for i in range(31) for j in range(31)]
        assert any(np.array_equal(whole[i : i + 20, j : j + 20], part) for i, j in places)
    assert np.array_equal(mirrored(part, 20, rng), part)


def test_known_blur_takes_the_place_of_renderings() -> None:
    samples = [noise()]
    never, always = (KnownBlur(samples, [masked(True)], s, 48, "sigma7") for s in (0.0, 1.0))
    assert never.draw(0, 5)["image"] is samples[0]["image"]
    drawn = always.draw(0, 5)
    assert drawn["name"] == "m"
    assert drawn["defocus"].shape == (48, 48)
    assert np.array_equal(drawn["image"], always.draw(0, 5)["image"])
    assert always[0] is samples[0], "validation is on the renderings"
    nothing_sharp = KnownBlur(samples, [masked(False)], 1.0, 48, "sigma7")
    assert nothing_sharp.draw(0, 5)["image"] is samples[0]["image"]


def test_labels_of_renderings_count_the_blur_that_photographs_had() -> None:
    sigmas_px = np.array([[0.0, 0.6, 6.0]], np.float32)
    rendered: Sample = {
        "name": "r",
        "image": np.zeros((1, 3, 3), np.float32),
        "defocus": sigmas_px / 7,
    }
    drawn = KnownBlur([rendered], [], 0.0, 48, "sigma7").draw(0, 0)
    assert drawn["defocus"][0] * 7 == pytest.approx([0.4, 0.7211, 6.0133], abs=1e-3)


def test_blur_of_nothing_changes_nothing() -> None:
    image = noise()["image"]
    assert blur(image, 0.0, True) is image
    assert np.array_equal(
        blur(image, 2.0, False), cv2.GaussianBlur(image, (0, 0), 2.0, borderType=cv2.BORDER_REFLECT)
    )
