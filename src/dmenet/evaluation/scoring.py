"""Scoring one method on one test set, image by image, so that it can be interrupted and resumed."""

import hashlib
import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from tqdm import tqdm

from dmenet.errors import InputError
from dmenet.estimators import Estimate, Estimator
from dmenet.evaluation.methods import Method
from dmenet.files import make_folder, replacing
from dmenet.metrics.protocols import Counts, Protocol, Scores
from dmenet.reporting.results import versions
from dmenet.sample import Map, Sample

SECONDS_BETWEEN_WRITES = 1.0


class KeptMaps:
    """Maps of one method on one test set, in px, as ``<image>.npy``, float32.

    Args:
        folder: theirs alone; made with the first map.
        kept: numbers of the images whose maps are kept; None keeps all.
    """

    def __init__(self, folder: Path, kept: Collection[int] | None) -> None:
        self.folder = folder
        self.kept = kept

    def keep(self, number: int, sample: Sample, estimate: Estimate) -> None:
        """Write a map, if it is one of those that are kept."""
        if self._is_wanted(number):
            make_folder(self.folder)
            with replacing(self._path(sample["name"])) as temporary:
                np.save(temporary, estimate.sigma_px.astype(np.float32, copy=False))

    def has(self, number: int, name: str) -> bool:
        """Whether the map of an image is there, or is not wanted."""
        return not self._is_wanted(number) or self._path(name).is_file()

    def read(self, name: str) -> Map:
        """A map that was kept.

        Raises:
            InputError: it cannot be read.
        """
        try:
            sigma_px: Map = np.load(self._path(name), allow_pickle=False)
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self._path(name)}: cannot be read ({error}); delete it, and evaluate again"
            ) from error
        return sigma_px

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npy"

    def _is_wanted(self, number: int) -> bool:
        return self.kept is None or number in self.kept


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
        """Add the next image."""
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
        """Read from a file; empty if there is none, or none of this version's with these scores."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                facts = json.loads(arrays["facts"].tobytes())
                counts = arrays.get("counts")
            if facts.pop("identity") != json.loads(json.dumps(identity)):
                return cls()
            low_high = facts.pop("range_px")
            return cls(**facts, counts=counts, range_px=low_high and tuple(low_high))
        except (OSError, ValueError, KeyError, TypeError, BadZipFile):
            return cls()


def score_set(
    method: Method,
    samples: Sequence[Sample],
    protocol: Protocol,
    path: Path,
    maps: KeptMaps,
    *,
    label: str,
) -> SetScores:
    """Scores of a method on a test set.

    Images that the file ``path`` has scores of are not estimated again, if method, protocol, and
    the pixels and truths of all images before them are the same, and their maps are there.

    Args:
        method: made only if an image is left to be scored.
        samples: the test set, in a fixed order.
        protocol: of the data set.
        path: of the file; written every second at most, and when the run ends or is interrupted.
        maps: keeps those that are wanted; an image's before its scores are written.
        label: of the progress bar.

    Raises:
        UnavailableError: the method cannot run here.
        InputError: the samples lack what the protocol needs, or an estimate is no map of sigma.
    """
    identity = {
        "method": method.identity,
        "protocol": protocol.describe(),
        # A constant that is fitted to the whole set is another one when the set grows.
        "images": len(samples),
    }
    scores = SetScores.read(path, identity) if method.identity else SetScores()
    if not _fits(scores, samples, protocol, maps):
        scores = SetScores()
    if len(scores.names) == len(samples):
        return scores
    estimator = method.make()
    estimator.prepare(samples)
    if scores.range_px != estimator.range_px:  # fitted to other truths, or no scores yet
        scores = SetScores(range_px=estimator.range_px, versions=versions())
    done, written = len(scores.names), time.monotonic()
    score = _ImageScoring(estimator, protocol, method.name)
    try:
        for number in tqdm(
            range(done, len(samples)), label, len(samples), initial=done, unit="image"
        ):
            sample = samples[number]
            maps.keep(number, sample, score(sample, scores))
            if time.monotonic() - written > SECONDS_BETWEEN_WRITES:
                scores.write(path, identity)
                written = time.monotonic()
    finally:
        if len(scores.names) > done:
            scores.write(path, identity)
    return scores


class _ImageScoring:
    """Estimates one image after another, and scores the estimates."""

    def __init__(self, estimator: Estimator, protocol: Protocol, method: str) -> None:
        self.estimator = estimator
        self.protocol = protocol
        self.method = method
        self._before: tuple[Any, Map] | None = None

    def __call__(self, sample: Sample, scores: SetScores) -> Estimate:
        """The estimate of an image, whose scores are added to ``scores``."""
        digest = digest_of(sample, self.protocol)
        start = time.perf_counter()
        estimate = self.estimator(sample["image"])
        seconds = time.perf_counter() - start
        _check(estimate, sample, self.method)
        if "unblurred" in sample:
            sample = {**sample, "unblurred_sigma_px": self._of_unblurred(sample)}
        known = (estimate.sigma_px, sample, estimate.own)
        row, counts = self.protocol.score(*known), self.protocol.counts(*known)
        scores.add(sample["name"], digest, row, seconds, counts)
        return estimate

    def _of_unblurred(self, sample: Sample) -> Map:
        """The answer to the image before it was blurred further; the last one is kept."""
        image = sample["unblurred"]
        if self._before is None or not np.array_equal(self._before[0], image):
            self._before = image, self.estimator(image).sigma_px
        return self._before[1]


def digest_of(sample: Sample, protocol: Protocol) -> str:
    """A digest of the image and of what the protocol reads of the sample.

    Raises:
        InputError: the sample lacks what the protocol needs.
    """
    if missing := [key for key in protocol.needs if key not in sample]:
        raise InputError(
            f"protocol {protocol.name} needs {', '.join(missing)}, which image {sample['name']} of "
            "the data set does not have: choose the protocol of the data set (data.protocol)"
        )
    digest = hashlib.sha256()
    for key in ("image", *protocol.needs):
        array = np.ascontiguousarray(sample[key])  # type: ignore[literal-required]
        digest.update(f"{key} {array.dtype} {array.shape}".encode())
        digest.update(array.data)
    return digest.hexdigest()


def _fits(scores: SetScores, samples: Sequence[Sample], protocol: Protocol, maps: KeptMaps) -> bool:
    """Whether the scores are of the first of these samples, with the maps that are wanted."""
    pairs = enumerate(zip(scores.names, scores.digests, strict=True))
    return all(
        maps.has(index, name) and digest_of(samples[index], protocol) == digest
        for index, (name, digest) in pairs
    )


def _check(estimate: Estimate, sample: Sample, method: str) -> None:
    shape, expected = estimate.sigma_px.shape, sample["image"].shape[:2]
    if shape != expected or not np.isfinite(estimate.sigma_px).all():
        raise InputError(
            f"{method} answered image {sample['name']} with a map of {shape}, of which "
            f"{np.isfinite(estimate.sigma_px).mean():.1%} is finite: expected a sigma for each of "
            f"{expected} pixels"
        )
