from pathlib import Path

import cv2
import numpy as np
import pytest

from configured import built
from dmenet.errors import InputError
from dmenet.synthesis.scenes.shapes import grid
from dmenet.synthesis.scenes.textures import Texturer, Textures, power_law_noise


@pytest.mark.parametrize("exponent", [0.0, 0.8, 1.25, 2.0])
def test_noise_has_its_power_law(exponent: float) -> None:
    noise = power_law_noise(np.random.default_rng(0), 256, exponent)
    amplitudes = np.abs(np.fft.fft2(noise - noise.mean()))
    frequency = np.hypot(np.fft.fftfreq(256)[:, None], np.fft.fftfreq(256)[None, :])
    # From 8 to 64 cycles: below are few waves, above the clipping at 0 and 1 shows.
    octaves = [(frequency >= f) & (frequency < 2 * f) for f in (8 / 256, 16 / 256, 32 / 256)]
    heights = np.log2([np.sqrt(np.mean(amplitudes[octave] ** 2)) for octave in octaves])
    assert -np.polyfit(range(3), heights, 1)[0] == pytest.approx(exponent, abs=0.12)


def test_photographs_of_the_users_are_drawn(tmp_path: Path) -> None:
    red = np.zeros((60, 80, 3), np.uint8)
    red[..., 2] = 255
    cv2.imwrite(str(tmp_path / "red.png"), red)
    textures = Textures(kinds={"photograph": 1.0}, exponents=[1.0], photographs=tmp_path)
    texturer = Texturer(np.random.default_rng(0), 64, textures)
    for _ in range(8):
        colour = texturer.draw(*grid((0, 0, 40, 50)))
        # One of the channels, or all but one where inverted, up to the shade.
        assert sorted((colour.max(axis=(0, 1)) > 0.5).tolist()) in (
            [False, False, True],
            [False, True, True],
        )


@pytest.mark.parametrize(
    ("kinds", "exponents", "named"),
    [
        ({"marble": 1.0}, [1.0], "marble"),
        ({"noise": 0.0}, [1.0], "over 0"),
        (
            {"noise": -1.0, "checks": 2.0},
            [1.0],
            "kinds.noise=-1.0: expected a number of at least 0",
        ),
        ({"noise": 1.0}, [], r"exponents=\[\]: expected a list of at least 1"),
    ],
)
def test_what_is_no_texture_is_an_error(
    kinds: dict[str, float], exponents: list[float], named: str
) -> None:
    with pytest.raises(InputError, match=named):
        built(Textures, kinds=kinds, exponents=exponents)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    textures = Textures(kinds={"noise": 1.0}, exponents=[1.0], photographs=tmp_path / "none")
    with pytest.raises(InputError, match="none"):
        textures.paths()


def test_what_in_a_folder_is_no_photograph_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "more").mkdir()
    for path in (tmp_path / "a.png", tmp_path / "more" / "b.png"):
        cv2.imwrite(str(path), np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "c.gif").touch()
    textures = Textures(kinds={"photograph": 1.0}, exponents=[1.0], photographs=tmp_path)
    with caplog.at_level("INFO"):
        assert [path.name for path in textures.paths()] == ["a.png", "b.png"]
    assert "c.gif: .gif is not read" in caplog.text
