from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dmenet.errors import InputError
from dmenet.synthesis.scenes.mixture import Mixture
from dmenet.synthesis.scenes.scene import Scene, Seed


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


@pytest.mark.parametrize(
    ("shares", "named"),
    [
        ({"a": 1}, "one share for each part"),
        ({"a": 1, "b": 0}, "whole numbers over 0"),
        ({"a": 1, "b": 1.5}, "whole numbers over 0"),
    ],
)
def test_shares_must_fit(shares: dict[str, int], named: str) -> None:
    with pytest.raises(InputError, match=named):
        Mixture({"a": Part(), "b": Part()}, shares)
    with pytest.raises(InputError, match="one share for each part"):
        Mixture({}, {})
