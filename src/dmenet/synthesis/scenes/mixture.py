"""Several sources in one data set."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from dmenet.errors import InputError
from dmenet.synthesis.readers.reader import SceneReader
from dmenet.synthesis.scenes.photographs_with_depth import rgbd
from dmenet.synthesis.scenes.scene import Scene, Seed, Source


class Mixture:
    """Scenes of several sources in turn, so that any part of the data set has the same mixture.

    Of as many consecutive numbers as all shares add up to, each source has its share; each counts
    its own scenes from 0, so that a data set of photographs is gone through in its order.

    Args:
        parts: the sources, or readers of photographs with depth, by name.
        shares: how often each comes, at least 1, by the same names.

    Raises:
        InputError: the names differ, or a share is no number over 0.
    """

    def __init__(
        self, parts: Mapping[str, Source | SceneReader], shares: Mapping[str, int]
    ) -> None:
        if not parts or parts.keys() != shares.keys():
            raise InputError(
                f"mixture: parts {sorted(parts)} with shares of {sorted(shares)}: expected one "
                "share for each part"
            )
        if not all(isinstance(share, int) and share > 0 for share in shares.values()):
            raise InputError(f"mixture: shares are {dict(shares)}, expected whole numbers over 0")
        self._parts = [(name, _source(parts[name])) for name in shares]
        self._shares = list(shares.values())
        self._turns = turns(self._shares)

    def __call__(self, seed: Seed) -> Scene:
        """The scene of a seed, whose last number says whose turn it is."""
        round_, place = divmod(seed[-1], len(self._turns))
        part = self._turns[place]
        number = round_ * self._shares[part] + self._turns[:place].count(part)
        name, source = self._parts[part]
        # With the part in it, so that two procedural ones make different scenes.
        scene = source([*seed[:-1], part, number])
        return scene if scene.name == name else replace(scene, name=f"{name}_{scene.name}")


def _source(part: Source | SceneReader) -> Source:
    return partial(rgbd, reader=part) if isinstance(part, SceneReader) else part


def turns(shares: list[int]) -> list[int]:
    """The order in which sources take turns: always the one that is farthest behind its share."""
    taken = [0] * len(shares)
    order = []
    for turn in range(1, sum(shares) + 1):
        behind = [turn * share - taken[n] * sum(shares) for n, share in enumerate(shares)]
        source = behind.index(max(behind))
        taken[source] += 1
        order.append(source)
    return order
