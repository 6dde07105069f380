"""What all protocols promise."""

import json

import numpy as np
import pytest

from dmenet.metrics import protocols
from dmenet.metrics.protocols import (
    CuhkProtocol,
    Protocol,
    ReblurProtocol,
    RtfProtocol,
    SyndofProtocol,
)
from dmenet.sample import Map, Sample
from dmenet.units import map_from_sigma_px

PROTOCOLS = [
    SyndofProtocol("coc15"),
    ReblurProtocol(),
    RtfProtocol(),
    RtfProtocol(quantize="8bit"),
    CuhkProtocol(),
    CuhkProtocol(scale="fixed"),
]
every_protocol = pytest.mark.parametrize(
    "protocol", PROTOCOLS, ids=lambda p: f"{p.name}-{p.settings()}"
)


def sample(seed: int) -> Sample:
    rng = np.random.default_rng(seed)
    sigma_px = 7 * rng.random((20, 30), np.float32)
    return {
        "name": str(seed),
        "image": rng.random((20, 30, 3), np.float32),
        "sigma_px": sigma_px,
        "defocus": map_from_sigma_px(sigma_px, "sigma7"),
        "mask": (sigma_px > 3).astype(np.float32),
        "unblurred": rng.random((20, 30, 3), np.float32),
        "added_sigma_px": 0.1 * (1 + seed),
        "unblurred_sigma_px": sigma_px,
    }


def estimate(seed: int) -> Map:
    return 7 * np.random.default_rng(seed + 100).random((20, 30), np.float32)


def test_all_are_tested() -> None:
    classes = {kind for name in protocols.__all__ if "Protocol" in name[1:]
               for kind in [getattr(protocols, name)]}  # fmt: skip
    assert {type(protocol) for protocol in PROTOCOLS} == classes - {Protocol}


@every_protocol
def test_its_columns_are_what_it_scores_and_describes(protocol: Protocol) -> None:
    samples = [sample(seed) for seed in range(3)]
    scores = [protocol.score(estimate(i), s) for i, s in enumerate(samples)]
    assert all(list(row) == list(protocol.columns) for row in scores)
    counts = [protocol.counts(estimate(i), s) for i, s in enumerate(samples)]
    total = None if counts[0] is None else sum(c for c in counts if c is not None)
    means = protocol.mean(scores, total)  # type: ignore[arg-type]
    described = protocol.describe()
    assert list(means) == list(described["columns"])
    assert all(np.isfinite(value) for value in means.values())
    assert json.loads(json.dumps(described)) == described


@every_protocol
def test_it_reads_what_it_says_it_needs_and_nothing_else(protocol: Protocol) -> None:
    whole = sample(0)
    # The method's own answer is no part of the data.
    keys = (*protocol.needs, "unblurred_sigma_px")
    needed = {key: whole[key] for key in keys}  # type: ignore[literal-required]
    assert protocol.score(estimate(0), needed) == protocol.score(estimate(0), whole)  # type: ignore[arg-type]


@every_protocol
def test_the_truth_beats_its_opposite(protocol: Protocol) -> None:
    known = sample(0)
    right = protocol.score(known["sigma_px"], known)
    wrong = protocol.score(7 - known["sigma_px"], known)
    for name in protocol.columns:
        if name.startswith(("mse", "mae", "rmse")):
            assert right[name] < wrong[name]
        elif not name.startswith(("f_best", "f_adaptive", "added", "increase", "spread")):
            assert right[name] > wrong[name]
