"""Scoring one method on one test set, image by image, so that it can stop anywhere and go on."""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from dmenet.errors import InputError
from dmenet.estimators import Estimate, Estimator
from dmenet.evaluation.methods import Method
from dmenet.evaluation.scores import SetScores
from dmenet.metrics.protocols import Protocol
from dmenet.reporting.results import versions
from dmenet.sample import Image, Sample

SECONDS_BETWEEN_WRITES = 1.0

Keep = Callable[[int, Sample, Estimate], None]
"""Told each estimate: the image's number, the sample, the estimate."""


def score_set(
    method: Method,
    samples: Sequence[Sample],
    protocol: Protocol,
    path: Path,
    *,
    label: str,
    keep: Keep = lambda *_: None,
    is_kept: Callable[[int, str], bool] = lambda *_: True,
) -> SetScores:
    """Scores of a method on a test set.

    Images that the file ``path`` has scores of are not estimated again, if method, protocol, and
    the pixels and truths of all images before them are the same.

    Args:
        method: made only if an image is left to be scored.
        samples: the test set, in a fixed order.
        protocol: of the data set.
        path: of the file; written at least every few seconds, and whatever ends the run.
        label: of the progress bar.
        keep: told each estimate.
        is_kept: whether what ``keep`` does with an image (number, name) was done before.

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
    if not _fits(scores, samples, protocol, is_kept):
        scores = SetScores()
    if len(scores.names) == len(samples):
        return scores
    estimator = method.make()
    estimator.prepare(samples)
    if scores.range_px != estimator.range_px:  # fitted to other truths, or no scores yet
        scores = SetScores(range_px=estimator.range_px, versions=versions())
    done = len(scores.names)
    rest = (samples[index] for index in range(done, len(samples)))
    bar = tqdm(rest, label, total=len(samples), initial=done, unit="image")
    score = _ImageScoring(estimator, protocol, method.name)
    with _written(scores, path, identity) as write:
        for number, sample in enumerate(bar, done):
            keep(number, sample, score(sample, scores))
            write()
    return scores


@contextmanager
def _written(
    scores: SetScores, path: Path, identity: Mapping[str, Any]
) -> Iterator[Callable[[], None]]:
    """Yield what writes scores to a file, but not too often; the end of the block writes them."""
    first, last = len(scores.names), time.monotonic()

    def write() -> None:
        nonlocal last
        if time.monotonic() - last > SECONDS_BETWEEN_WRITES:
            scores.write(path, identity)
            last = time.monotonic()

    try:
        yield write
    finally:
        if len(scores.names) > first:
            scores.write(path, identity)


class _ImageScoring:
    """Estimates one image after another, and scores the estimates."""

    def __init__(self, estimator: Estimator, protocol: Protocol, method: str) -> None:
        self.estimator = estimator
        self.protocol = protocol
        self.method = method
        self.before = _UnblurredEstimates(estimator)

    def __call__(self, sample: Sample, scores: SetScores) -> Estimate:
        """The estimate of an image, whose scores are added to ``scores``."""
        digest = digest_of(sample, self.protocol)
        start = time.perf_counter()
        estimate = self.estimator(sample["image"])
        seconds = time.perf_counter() - start
        _check(estimate, sample, self.method)
        if "unblurred" in sample:
            sample = self.before.added_to(sample)
        known = (estimate.sigma_px, sample, estimate.own)
        row, counts = self.protocol.score(*known), self.protocol.counts(*known)
        scores.add(sample["name"], digest, row, seconds, counts)
        return estimate


class _UnblurredEstimates:
    """A method's answers to images before they were blurred further; the last is kept."""

    def __init__(self, estimator: Estimator) -> None:
        self.estimator = estimator
        self.image: Image | None = None

    def added_to(self, sample: Sample) -> Sample:
        """The sample with ``unblurred_sigma_px``."""
        if self.image is None or not np.array_equal(self.image, sample["unblurred"]):
            self.image = sample["unblurred"]
            self.sigma_px = self.estimator(self.image).sigma_px
        return {**sample, "unblurred_sigma_px": self.sigma_px}


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


def _fits(
    scores: SetScores,
    samples: Sequence[Sample],
    protocol: Protocol,
    is_kept: Callable[[int, str], bool],
) -> bool:
    """Whether the scores are of the first of these samples, with all that was to be kept."""
    pairs = enumerate(zip(scores.names, scores.digests, strict=True))
    return all(
        is_kept(index, name) and digest_of(samples[index], protocol) == digest
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
