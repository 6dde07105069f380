"""The scores of one method on one test set, kept in a file that an interrupted run goes on with."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from dmenet.files import make_folder, replacing
from dmenet.metrics.protocols import Counts, Protocol, Scores


@dataclass
class SetScores:
    """Scores of the first images of a test set, in its order.

    Attributes:
        names, digests: of the images.
        scores: of each, by the protocol.
        seconds: that each took.
        counts: the sum of what the protocol counts; None if it counts nothing, or yet nothing.
        range_px: of the method.
        versions: under which the scores were made.
    """

    names: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    scores: list[Scores] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    counts: Counts | None = None
    range_px: tuple[float, float] | None = None
    versions: Mapping[str, Any] = field(default_factory=dict)

    def add(
        self, name: str, digest: str, scores: Scores, seconds: float, counts: Counts | None
    ) -> None:
        """Take in the next image."""
        self.names.append(name)
        self.digests.append(digest)
        self.scores.append(scores)
        self.seconds.append(seconds)
        if counts is not None:
            self.counts = counts if self.counts is None else self.counts + counts

    def mean(self, protocol: Protocol) -> dict[str, float]:
        """The means, the pooled metrics and ``seconds`` an image; at least one image."""
        seconds = sum(self.seconds) / len(self.seconds)
        return {**protocol.mean(self.scores, self.counts), "seconds": seconds}

    def write(self, path: Path, identity: Mapping[str, Any]) -> None:
        """Write to a file, with what decides the scores: method and protocol."""
        facts = {
            "identity": identity,
            "names": self.names,
            "digests": self.digests,
            "scores": self.scores,
            "seconds": self.seconds,
            "range_px": self.range_px,
            "versions": self.versions,
        }
        arrays: dict[str, Any] = {"facts": np.frombuffer(json.dumps(facts).encode(), np.uint8)}
        if self.counts is not None:
            arrays["counts"] = self.counts
        make_folder(path.parent)
        with replacing(path) as temporary:
            np.savez(temporary, **arrays)

    @classmethod
    def read(cls, path: Path, identity: Mapping[str, Any]) -> "SetScores":
        """Read from a file; empty if it is not there, or has scores of anything else."""
        if not path.is_file():
            return cls()
        try:
            with np.load(path, allow_pickle=False) as arrays:
                facts = json.loads(arrays["facts"].tobytes())
                counts = arrays.get("counts")
        except (OSError, ValueError, KeyError, BadZipFile):
            return cls()
        if facts.pop("identity") != json.loads(json.dumps(identity)):
            return cls()
        low_high = facts.pop("range_px")
        return cls(**facts, counts=counts, range_px=low_high and tuple(low_high))
