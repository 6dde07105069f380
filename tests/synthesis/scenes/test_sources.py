"""Photographs with depth as sources of scenes, and mixtures of sources."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from configured import built
from dmenet.errors import InputError
from dmenet.synthesis.readers.reader import RGBD
from dmenet.synthesis.scenes.random_camera import RandomCamera
from dmenet.synthesis.scenes.scene import Scene, Seed
from dmenet.synthesis.scenes.sources import Mixture, rgbd
from made_rgbd import room


class Part:
    """Remembers the seeds that it is asked for."""

    def __init__(self) -> None:
        self.seeds: list[Seed] = []

    def __call__(self, seed: Seed) -> Scene:
        self.seeds.append(tuple(seed))
        nothing = np.zeros((1, 1))
        return Scene("one", nothing, 1, None, lambda camera: None, lambda: (nothing, nothing))  # type: ignore[arg-type, return-value]


@given(st.lists(st.integers(1, 7), min_size=1, max_size=4), st.integers(1, 60))
@example([1, 1, 1, 7], 16)
def test_each_part_has_its_share_and_goes_through_its_scenes(shares: list[int], count: int) -> None:
    parts = {f"part{n}": Part() for n in range(len(shares))}
    mixture = Mixture(parts, dict(zip(parts, shares, strict=True)))
    names = [mixture([5, number]).name for number in range(count)]
    for n, (name, part) in enumerate(parts.items()):
        assert part.seeds == [(5, n, number) for number in range(names.count(f"{name}_one"))]
        # Never more than one scene away from its share, whatever part of the data is looked at.
        assert abs(len(part.seeds) - count * shares[n] / sum(shares)) < 1
    whole = Counter(mixture([5, number]).name for number in range(sum(shares)))
    assert [whole[f"{name}_one"] for name in parts] == shares


SOURCE = {"_target_": "dmenet.synthesis.scenes.sources.motorcycle", "_partial_": True}


@pytest.mark.parametrize(
    ("shares", "named"),
    [
        ({"a": 1}, "one for each of the parts"),
        ({"a": 1, "b": 0}, "shares.b=0: expected a number of at least 1"),
        ({"a": 1, "b": 1.5}, "shares.b=1.5: expected a whole number"),
    ],
)
def test_shares_must_fit(shares: dict[str, int], named: str) -> None:
    with pytest.raises(InputError, match=named):
        built(Mixture, parts=dict.fromkeys("ab", SOURCE), shares=shares)
    with pytest.raises(InputError, match="one for each of the parts"):
        Mixture({}, {})


def scenes() -> list[RGBD]:
    depth = room()
    image = np.zeros((*depth.shape, 3), np.float32)
    known = np.ones(depth.shape, np.bool_)
    return [RGBD(f"scene{n}", image, depth + n, known, [None, 100.0, 200.0][n]) for n in range(3)]


@pytest.mark.parametrize("number", [0, 1, 2, 3, 7])
def test_images_go_round_the_scenes(number: int) -> None:
    expected = scenes()[number % 3]
    scene = rgbd([5, number], scenes())
    assert scene.name == expected.name
    np.testing.assert_array_equal(scene.depth_mm, expected.depth_mm)
    np.testing.assert_array_equal(scene.pinhole()[1], expected.depth_mm)


def test_known_focal_lengths_are_kept() -> None:
    width = room().shape[1]
    unknown, known = (rgbd([0, n], scenes()) for n in (0, 1))
    assert unknown.focal_length_mm is None
    assert known.focal_length_mm == pytest.approx(100 * 36 / width)
    choose = RandomCamera(focal_lengths_mm=[], largest_sigma_px=(3, 3))
    camera = choose(known, np.random.default_rng(0))
    assert known.photograph(camera).sigma_px.max() == pytest.approx(3, rel=1e-4)
