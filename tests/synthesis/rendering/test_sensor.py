from typing import Any

import numpy as np
import pytest

from configured import built
from dmenet.errors import InputError
from dmenet.images.encoding import through_jpeg
from dmenet.images.light import linear_from_srgb, srgb_from_linear
from dmenet.synthesis.rendering.sensor import Sensor, ideal

GREY = np.full((200, 200, 3), 0.5, np.float32)


def test_ideal_sensor_changes_nothing() -> None:
    image, drawn = ideal(GREY, np.random.default_rng(0))
    assert image is GREY
    assert drawn == {}


@pytest.mark.parametrize("value", [0.2, 0.5, 0.8])
def test_noise_in_linear_light_is_as_modelled(value: float) -> None:
    sensor = Sensor(full_well=[1000, 1000], read_noise=[0.01, 0.01])
    image = np.full_like(GREY, value)
    noisy, drawn = sensor(image, np.random.default_rng(0))
    assert drawn == {"full_well": pytest.approx(1000), "read_noise": 0.01}
    light, expected = linear_from_srgb(noisy), float(linear_from_srgb(image)[0, 0, 0])
    assert light.mean() == pytest.approx(expected, rel=0.01)
    assert light.var() == pytest.approx(expected / 1000 + 1e-4, rel=0.03)
    assert noisy.dtype == np.float32


def test_srgb_there_and_back() -> None:
    values = np.linspace(0, 1, 1001, dtype=np.float32)
    np.testing.assert_allclose(srgb_from_linear(linear_from_srgb(values)), values, atol=1e-6)
    # The standard's middle grey.
    assert linear_from_srgb(np.float32(0.5)) == pytest.approx(0.214041, abs=1e-6)


def test_sensor_is_a_function_of_the_generator() -> None:
    sensor = Sensor(full_well=[500, 20000], read_noise=[0, 0.01], jpeg_quality=[60, 90])
    image = np.random.default_rng(0).random((30, 40, 3), dtype=np.float32)
    first, second = (sensor(image, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    assert first[1] == second[1]
    assert 60 <= first[1]["jpeg_quality"] <= 90
    assert 0 <= first[0].min() <= first[0].max() <= 1
    assert not np.array_equal(first[0], sensor(image, np.random.default_rng(5))[0])


def test_jpeg_keeps_colours_in_their_places_and_more_of_them_at_higher_quality() -> None:
    rows = np.linspace(0, 1, 64, dtype=np.float32)[:, None, None]
    image = np.broadcast_to(rows * [1.0, 0.5, 0.1], (64, 64, 3)).astype(np.float32)
    errors = [np.abs(through_jpeg(image, quality) - image).mean() for quality in (20, 95)]
    assert errors[1] < errors[0] < 0.03


@pytest.mark.parametrize(
    "settings", [{"full_well": [0, 5]}, {"read_noise": [0.2, 0.1]}, {"jpeg_quality": [80, 101]}]
)
def test_what_is_no_range_is_an_error(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(settings))):
        built(Sensor, **{"full_well": [500, 500], "read_noise": [0, 0]} | settings)
