"""Maps that are refused: of another size, a wrong unit, or upside down."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dmenet.errors import InputError
from dmenet.synthesis.readers.checks import (
    MOST_PLANE_EVIDENCE,
    UPSIDE_DOWN,
    check_direction,
    check_same_size,
    check_unit,
    evidence_of_disparity,
)
from dmenet.synthesis.readers.middlebury import Middlebury
from dmenet.synthesis.readers.nyuv2 import NYUv2
from dmenet.synthesis.readers.syndof_input import SyndofInput
from made_rgbd import room

PATH = Path("depth.png")


def test_sizes() -> None:
    image = np.zeros((4, 6, 3), np.float32)
    check_same_size(image, np.ones((4, 6)), Path("image.png"), PATH)
    with pytest.raises(InputError, match=r"image\.png has 6 x 4 px but depth\.png has 5 x 4"):
        check_same_size(image, np.ones((4, 5)), Path("image.png"), PATH)
    with pytest.raises(InputError, match="turn one by 90 degrees"):
        check_same_size(image, np.ones((6, 4)), Path("image.png"), PATH)


@pytest.mark.parametrize("scale", [0.1, 1, 10])
def test_usual_depths_pass(scale: float) -> None:
    check_unit(room() * scale, PATH)
    check_unit(np.where(room() > 5000, 1e14, room()), PATH)


@pytest.mark.parametrize(
    ("scale", "look", "factor"),
    [
        (1e-3, "look like metres, or another unit, given as millimetres", "1000 times"),
        (1e-4, "look like metres, or another unit, given as millimetres", "10000 times"),
        (1e-2, "look like metres|come nearer than the 100 mm", "100 times"),
        (1e3, "look like millimetres, or another unit, given as metres", "0.001 times"),
        (0.05, "come nearer than the 100 mm", "10 times"),
    ],
)
def test_wrong_units_are_named_with_the_likely_factor(scale: float, look: str, factor: str) -> None:
    with pytest.raises(InputError, match=rf"depth\.png: depths from .* mm ({look})") as error:
        check_unit(room() * scale, PATH)
    assert f"With {factor} as many millimetres" in str(error.value)


@pytest.mark.parametrize(("scale", "nearest_mm"), [(1, 0.5), (0.5, 60)])
def test_a_speck_too_near_is_named(scale: float, nearest_mm: float) -> None:
    depth = room() * scale
    depth[3, 3] = nearest_mm
    with pytest.raises(InputError, match=r"nearer than the 100 mm .* at 0\.01% of the pixels"):
        check_unit(depth, PATH)


def test_direction() -> None:
    depth = room(240, 320)
    check_direction(depth, PATH, "Do this")
    with pytest.raises(InputError, match=r"depth\.png: looks upside down.*Do this.*check_direct"):
        check_direction(1e7 / depth, PATH, "Do this")


def test_a_room_is_told_from_its_disparity() -> None:
    depth = room(240, 320)
    assert evidence_of_disparity(depth) < -UPSIDE_DOWN
    assert evidence_of_disparity(1e6 / depth) > UPSIDE_DOWN


def test_planes_tell_without_accusing() -> None:
    wall = np.tile(1e6 / np.linspace(200, 600, 320), (240, 1))
    assert evidence_of_disparity(wall) == pytest.approx(-MOST_PLANE_EVIDENCE, abs=0.01)
    assert evidence_of_disparity(1e7 / wall) == pytest.approx(MOST_PLANE_EVIDENCE, abs=0.01)
    assert MOST_PLANE_EVIDENCE < UPSIDE_DOWN


@pytest.mark.parametrize("factor", [1e-3, 1.0, 1e4])
def test_units_do_not_matter(factor: float) -> None:
    depth = room(240, 320)
    assert evidence_of_disparity(depth * factor) == pytest.approx(evidence_of_disparity(depth))


def made_maps() -> dict[str, np.ndarray]:
    rows, columns = np.mgrid[:120, :160]
    disc = np.hypot(rows - 60, columns - 80) < 30
    return {
        "one depth": np.full((120, 160), 2000.0),
        "ramp down": 1000 + 20.0 * rows,
        "ramp down in disparity": 1e6 / (1000 - 5.0 * rows),
        "ramp across": 1000 + 20.0 * columns,
        "disc": np.where(disc, 1000.0, 3000.0),
        "hole": np.where(disc, 3000.0, 1000.0),
        "noise": np.random.default_rng(0).uniform(1000, 4000, (120, 160)),
        "sky": np.where(rows < 60, 1e14, 2000.0 + columns),
        "small": room(30, 40)[::-1],
    }


@pytest.mark.parametrize("name", made_maps())
def test_nothing_is_said_against_made_maps(name: str) -> None:
    assert evidence_of_disparity(made_maps()[name]) <= UPSIDE_DOWN


@pytest.mark.parametrize(
    ("name", "reader", "every", "found"),
    [
        ("middlebury", Middlebury, 6, 0.85),
        ("syndof_samples", SyndofInput, 1, 1),
        ("nyuv2", NYUv2, 60, 0.8),
    ],
)
def test_real_depths(
    real: Callable[[str], Path], name: str, reader: type, every: int, found: float
) -> None:
    scenes = reader(real(name))[::every]
    assert all(evidence_of_disparity(s.depth_mm) <= UPSIDE_DOWN for s in scenes)
    inverted = [evidence_of_disparity(1e7 / s.depth_mm) > UPSIDE_DOWN for s in scenes]
    assert np.mean(inverted) >= found
