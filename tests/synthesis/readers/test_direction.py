from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dmenet.synthesis.readers.direction import (
    MOST_PLANE_EVIDENCE,
    UPSIDE_DOWN,
    evidence_of_disparity,
)
from dmenet.synthesis.readers.middlebury import Middlebury
from dmenet.synthesis.readers.nyuv2 import NYUv2
from dmenet.synthesis.readers.syndof_input import SyndofInput
from made_rgbd import room


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
        ("middlebury", Middlebury, 3, 0.85),
        ("syndof_samples", SyndofInput, 1, 1),
        ("nyuv2", NYUv2, 20, 0.8),
    ],
)
def test_real_depths(
    real: Callable[[str], Path], name: str, reader: type, every: int, found: float
) -> None:
    scenes = reader(real(name))[::every]
    assert all(evidence_of_disparity(s.depth_mm) <= UPSIDE_DOWN for s in scenes)
    inverted = [evidence_of_disparity(1e7 / s.depth_mm) > UPSIDE_DOWN for s in scenes]
    assert np.mean(inverted) >= found
