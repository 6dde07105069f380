"""Scores of one method on one test set, in a file that an interrupted run resumes from."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dmenet.errors import InputError
from dmenet.estimators import Estimate
from dmenet.evaluation.methods import Method
from dmenet.evaluation.scores import SetScores
from dmenet.evaluation.scoring import digest_of, score_set
from dmenet.metrics.protocols import CuhkProtocol, SyndofProtocol
from dmenet.sample import Sample
from made_evaluation import Brightness, noise_samples

SAMPLES = noise_samples(4)


def score(path: Path, brightness: Brightness, **settings: Any) -> SetScores:
    method = Method("brightness", lambda: brightness, {"class": "Brightness"})
    return score_set(method, SAMPLES, SyndofProtocol(), path, label="", **settings)


def test_an_image_is_kept_before_its_scores_are_written(tmp_path: Path) -> None:
    kept: list[int] = []

    def keep(number: int, sample: Sample, estimate: Estimate) -> None:
        assert estimate.sigma_px.shape == sample["image"].shape[:2]
        kept.append(number)

    scores = score(tmp_path / "a/scores.npz", Brightness(), keep=keep)
    assert kept == [0, 1, 2, 3]
    assert scores.names == ["00", "01", "02", "03"]
    assert all(seconds > 0 for seconds in scores.seconds)
    assert scores.range_px == (0, 7)
    assert scores.versions["torch"]


@pytest.mark.parametrize("stop_before", [0, 2])
def test_what_an_exception_leaves_is_resumed_from(tmp_path: Path, stop_before: int) -> None:
    path = tmp_path / "scores.npz"
    with pytest.raises(KeyboardInterrupt):
        score(path, Brightness(stop_before))
    assert path.exists() == (stop_before > 0)
    second = Brightness()
    scores = score(path, second)
    assert second.seen == 4 - stop_before
    assert second.prepared == 1
    third = Brightness()
    assert score(path, third).scores == scores.scores
    assert (third.seen, third.prepared) == (0, 0)


def test_images_whose_maps_were_lost_are_estimated_again(tmp_path: Path) -> None:
    score(tmp_path / "scores.npz", Brightness())
    again = Brightness()
    score(tmp_path / "scores.npz", again, is_kept=lambda number, name: number != 2)
    assert again.seen == 4


def test_another_range_of_the_method_starts_anew(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        score(tmp_path / "scores.npz", Brightness(2))
    other = Brightness()
    other.range_px = (0.0, 3.0)
    assert score(tmp_path / "scores.npz", other).range_px == (0, 3)
    assert other.seen == 4


def test_digests_are_of_pixels_and_of_what_the_protocol_reads() -> None:
    sample = noise_samples(1)[0]
    first = {p.name: digest_of(sample, p) for p in (CuhkProtocol(), SyndofProtocol())}
    assert first["cuhk"] != first["syndof"]
    sample["mask"][0, 0] = 1 - sample["mask"][0, 0]
    assert digest_of(sample, SyndofProtocol()) == first["syndof"]
    assert digest_of(sample, CuhkProtocol()) != first["cuhk"]
    sample["image"][0, 0, 0] += np.float32(0.5)
    assert digest_of(sample, SyndofProtocol()) != first["syndof"]
    del sample["defocus"]
    with pytest.raises(InputError, match="protocol syndof needs defocus, which image 00"):
        digest_of(sample, SyndofProtocol())
