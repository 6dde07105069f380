"""Scores of one method on one test set, in a file that an interrupted run resumes from."""

from pathlib import Path

import numpy as np
import pytest

from dmenet.errors import InputError
from dmenet.evaluation.methods import Method
from dmenet.evaluation.scoring import KeptMaps, SetScores, digest_of, score_set
from dmenet.metrics.protocols import CuhkProtocol, RtfProtocol, SyndofProtocol
from made_evaluation import Brightness, noise_samples

SAMPLES = noise_samples(4)


def score(path: Path, brightness: Brightness) -> SetScores:
    method = Method("brightness", lambda: brightness, {"class": "Brightness"})
    maps = KeptMaps(path.parent / "maps", [1, 2])
    return score_set(method, SAMPLES, SyndofProtocol(), path, maps, label="")


def test_maps_that_are_wanted_are_kept_beside_the_scores(tmp_path: Path) -> None:
    scores = score(tmp_path / "scores.npz", Brightness())
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == ["01.npy", "02.npy"]
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
    (tmp_path / "maps/02.npy").unlink()
    score(tmp_path / "scores.npz", again)
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
    first = {p.name: digest_of(sample, p) for p in (CuhkProtocol(), RtfProtocol())}
    assert first["cuhk"] != first["rtf"]
    sample["mask"][0, 0] = 1 - sample["mask"][0, 0]
    assert digest_of(sample, RtfProtocol()) == first["rtf"]
    assert digest_of(sample, CuhkProtocol()) != first["cuhk"]
    sample["image"][0, 0, 0] += np.float32(0.5)
    assert digest_of(sample, RtfProtocol()) != first["rtf"]
    del sample["sigma_px"]
    with pytest.raises(InputError, match="protocol rtf needs sigma_px, which image 00"):
        digest_of(sample, RtfProtocol())
