"""Masks, sharpness, alignment and blurring further."""

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmenet import restoration
from dmenet.errors import InputError
from dmenet.images.light import linear_from_srgb
from dmenet.restoration import masks
from dmenet.restoration.masks import blurred_mask
from dmenet.restoration.refocusing import DISC, magnify, refocus
from dmenet.restoration.sharpness import sharpness
from dmenet.synthesis.rendering.apertures import Aperture
from dmenet.synthesis.rendering.image_with_depth import blur_by_map

RED, BLUE = (0.8, 0.1, 0.1), (0.1, 0.1, 0.8)


def thing_before_wall(sigma_px: float = 2.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A sharp red thing before a blue wall that is blurred."""
    thing = np.zeros((60, 60), bool)
    thing[20:40, 20:40] = True
    image = np.where(thing[..., None], RED, BLUE).astype(np.float32)
    return image, np.where(thing, 0, sigma_px).astype(np.float32), thing


def test_documented_examples_run() -> None:
    for module in (masks, restoration):
        assert doctest.testmod(module).failed == 0


@given(st.integers(0, 50))
def test_specks_and_pinholes_are_cleaned(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sigma_px = np.where(np.arange(60) < 30, 0.2, 3.0) * np.ones((60, 1))
    places = rng.integers(3, 27, (5, 2))
    spoilt = sigma_px.astype(np.float32)
    spoilt[places[:, 0], places[:, 1]] = 5
    spoilt[places[:, 0], places[:, 1] + 30] = 0
    found = blurred_mask(spoilt, 1.0, least_share=0.01)
    np.testing.assert_array_equal(found, sigma_px > 1)


def test_the_sharpest_square_is_found() -> None:
    sigma_px = np.full((100, 150), 4, np.float32)
    sigma_px[30:60, 90:120] = 0.5
    found = sharpness(sigma_px)
    assert found.side == 20
    assert 30 <= found.top <= 40
    assert 90 <= found.left <= 100
    assert found.subject_sigma_px == pytest.approx(0.5)
    assert found.median_sigma_px == 4
    assert found.sharp_share == pytest.approx(900 / 15000)


@pytest.mark.parametrize("aperture", [Aperture("disc"), Aperture("polygon"), Aperture()])
def test_no_colour_of_what_is_sharp_bleeds_into_the_blur_behind(aperture: Aperture) -> None:
    image, sigma_px, thing = thing_before_wall()
    blurred = magnify(image, sigma_px, 3.0, aperture)
    np.testing.assert_allclose(blurred[~thing], image[~thing], atol=0.02)
    np.testing.assert_allclose(blurred[thing], image[thing], atol=0.02)


def test_in_front_it_lies_over_what_is_sharp() -> None:
    image, _, thing = thing_before_wall()
    blurred = magnify(image, np.where(thing, 2, 0).astype(np.float32), 3.0, side="in_front")
    assert blurred[30, 17, 0] > image[30, 17, 0] + 0.05
    assert blurred[30, 50] == pytest.approx(image[30, 50], abs=0.01)


def test_a_highlight_becomes_a_disc_of_its_light() -> None:
    image = np.full((61, 61, 3), 0.05, np.float32)
    image[30, 30] = 1
    blurred = blur_by_map(image, np.full((61, 61), 4, np.float32), DISC)
    light = linear_from_srgb(blurred)[..., 0] - linear_from_srgb(image)[0, 0, 0]
    inside = light[30, 24:37]
    assert inside.min() > 0.9 * inside.max()
    assert light[30, 41] == pytest.approx(0, abs=1e-4)
    assert light.sum() == pytest.approx(linear_from_srgb(image)[30, 30, 0], rel=0.02)


def test_focus_moves_to_what_had_the_blur() -> None:
    rng = np.random.default_rng(0)
    image = rng.random((60, 60, 3)).astype(np.float32)
    _, sigma_px, _ = thing_before_wall()
    moved = refocus(image, sigma_px, 2.0)
    far = np.s_[5:10, 5:55]
    np.testing.assert_allclose(moved[far], image[far], atol=0.01)
    assert moved[25:35, 25:35].std() < 0.5 * image[25:35, 25:35].std()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"factor": 0.5}, "factor=0.5"), ({"side": "above"}, "side=above")],
)
def test_wrong_arguments_are_named(arguments: dict[str, object], message: str) -> None:
    image, sigma_px, _ = thing_before_wall()
    with pytest.raises(InputError, match=message):
        magnify(image, sigma_px, **arguments)  # type: ignore[arg-type]
