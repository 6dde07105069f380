"""Map values, circles of confusion and sigmas."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dmenet.errors import InputError
from dmenet.units import UNITS, map_from_sigma_px, sigma_px_from_coc_px, sigma_px_from_map


@given(st.sampled_from(UNITS), st.floats(0, 7))
def test_sigma_survives_the_round_trip(unit: str, sigma_px: float) -> None:
    there = map_from_sigma_px(np.float64(sigma_px), unit)
    assert 0 <= there <= 1
    assert sigma_px_from_map(there, unit) == pytest.approx(sigma_px, abs=1e-12)


@given(st.floats(0, 1))
def test_a_map_value_survives_where_sigma_tells_it(value: float) -> None:
    assert map_from_sigma_px(sigma_px_from_map(np.float64(value), "sigma7"), "sigma7") == (
        pytest.approx(value, abs=1e-12)
    )
    # Under coc15 all CoCs of at most 1 px have sigma 0.
    back = map_from_sigma_px(sigma_px_from_map(np.float64(value), "coc15"), "coc15")
    assert back == pytest.approx(max(value, 1 / 15), abs=1e-12)


@pytest.mark.parametrize(
    ("unit", "value", "sigma_px"),
    [
        ("coc15", 0.0, 0.0),
        ("coc15", 1 / 15, 0.0),
        ("coc15", 0.2, 1.0),
        ("coc15", 1.0, 7.0),
        ("sigma7", 0.0, 0.0),
        ("sigma7", 0.5, 3.5),
        ("sigma7", 1.0, 7.0),
    ],
)
def test_known_values(unit: str, value: float, sigma_px: float) -> None:
    assert sigma_px_from_map(np.float64(value), unit) == pytest.approx(sigma_px, abs=1e-12)


@given(st.sampled_from(UNITS), st.floats(7, 1e6))
def test_larger_sigmas_are_clipped(unit: str, sigma_px: float) -> None:
    assert map_from_sigma_px(np.float64(sigma_px), unit) == 1


def test_numpy_and_torch_agree() -> None:
    values = np.linspace(0, 1, 101, dtype=np.float32)
    for unit in UNITS:
        ours = sigma_px_from_map(torch.from_numpy(values), unit)
        np.testing.assert_array_equal(ours.numpy(), sigma_px_from_map(values, unit))


def test_a_disc_and_its_gaussian_have_the_same_second_moment() -> None:
    y, x = np.mgrid[-600:601, -600:601]
    disc = x**2 + y**2 <= 500**2
    assert sigma_px_from_coc_px(1000.0) == pytest.approx(np.sqrt((x[disc] ** 2.0).mean()), rel=1e-3)


def test_an_unknown_unit_is_named() -> None:
    with pytest.raises(InputError, match=r"'coc29'.*coc15"):
        sigma_px_from_map(np.zeros(1), "coc29")  # type: ignore[arg-type]
