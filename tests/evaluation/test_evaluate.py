"""Evaluations that stop and go on, and what they leave."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dmenet.errors import InputError, UnavailableError
from dmenet.estimators import ConstantEstimator, Estimate
from dmenet.evaluation import Method, evaluate, weights_identity
from dmenet.evaluation.methods import identity_of_settings
from dmenet.metrics.pooled import BINS, pooled_scores, score_counts
from dmenet.metrics.protocols import CuhkProtocol, SyndofProtocol
from dmenet.reporting.figures import Comparison, shown_up_to
from dmenet.reporting.results import Results, read_results
from dmenet.sample import Sample
from made_evaluation import Brightness, noise_samples


def run(folder: Path, brightness: Brightness, **changes: Any) -> Results:
    settings = {
        "methods": [Method("brightness", lambda: brightness, {"class": "Brightness"})],
        "test_sets": {"noise": noise_samples(5)},
        "protocol": CuhkProtocol(),
        "shown": 0,
    }
    settings |= changes
    return evaluate(folder=folder, **settings).results  # type: ignore[arg-type]


def without_seconds(results: Results) -> tuple[Any, Any]:
    # As text: a nan is not equal to itself.
    return tuple(
        [{key: repr(value) for key, value in row.items() if key != "seconds"} for row in rows]
        for rows in (results.per_image, results.means)
    )


def test_a_row_per_image_and_the_means(tmp_path: Path) -> None:
    samples = {"a": noise_samples(3), "b": noise_samples(2, seed=1)}
    protocol = SyndofProtocol()
    results = run(tmp_path, Brightness(), test_sets=samples, protocol=protocol)
    assert [(row["set"], row["image"]) for row in results.per_image] == [
        ("a", "00"), ("a", "01"), ("a", "02"), ("b", "00"), ("b", "01"),
    ]  # fmt: skip
    estimate = Brightness()(samples["b"][1]["image"]).sigma_px
    for metric, value in protocol.score(estimate, samples["b"][1]).items():
        assert results.per_image[-1][metric] == value
        images = results.values("a", "brightness", metric).values()
        assert results.mean("a", "brightness")[metric] == pytest.approx(np.mean(list(images)))
    assert read_results(tmp_path) == results
    assert results.methods["brightness"]["range_px"] == [0, 7]
    assert results.data["sets"]["a"]["images"] == 3
    assert results.versions["torch"]


def test_pooled_metrics_are_of_the_pixels_of_all_images(tmp_path: Path) -> None:
    samples = noise_samples(5)
    counts = torch.zeros(2, BINS, dtype=torch.int64)
    for sample in samples:
        estimate = torch.from_numpy(Brightness()(sample["image"]).sigma_px / 7)
        counts += score_counts(estimate[None, None], torch.from_numpy(sample["mask"])[None, None])
    means = run(tmp_path, Brightness()).mean("noise", "brightness")
    for name, value in pooled_scores(counts).items():
        assert means[name] == pytest.approx(value.item(), rel=1e-3)


@pytest.mark.parametrize("stop_before", [0, 1, 3])
def test_an_interrupted_evaluation_goes_on(tmp_path: Path, stop_before: int) -> None:
    whole = run(tmp_path / "whole", Brightness())
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "parts", Brightness(stop_before))
    assert not (tmp_path / "parts/result.json").exists()
    second = Brightness()
    parts = run(tmp_path / "parts", second)
    assert second.seen == 5 - stop_before
    assert without_seconds(parts) == without_seconds(whole)


def test_finished_methods_are_not_even_made(tmp_path: Path) -> None:
    first = run(tmp_path, Brightness())

    def fail() -> Brightness:
        raise AssertionError

    again = run(
        tmp_path, Brightness(), methods=[Method("brightness", fail, {"class": "Brightness"})]
    )
    assert again == first


@pytest.mark.parametrize("change", ["method", "protocol", "pixel", "truth", "longer", "shorter"])
def test_scores_of_anything_else_are_not_taken_over(tmp_path: Path, change: str) -> None:
    run(tmp_path, Brightness())
    brightness = Brightness()
    samples = noise_samples(5)
    changes: dict[str, Any] = {"test_sets": {"noise": samples}}
    if change == "method":
        changes["methods"] = [Method("brightness", lambda: brightness, {"class": "Darkness"})]
    elif change == "protocol":
        changes["protocol"] = CuhkProtocol(scale="fixed")
    elif change == "pixel":
        samples[4]["image"][3, 4, 1] += 0.01
    elif change == "truth":
        samples[0]["mask"][3, 4] = 1 - samples[0]["mask"][3, 4]
    elif change == "longer":
        changes["test_sets"] = {"noise": noise_samples(6)}
    else:
        changes["test_sets"] = {"noise": samples[:4]}
    results = run(tmp_path, brightness, **changes)
    assert brightness.seen == len(results.per_image) == len(changes["test_sets"]["noise"])
    assert without_seconds(results) == without_seconds(
        run(tmp_path / "new", Brightness(), **changes)
    )


def test_a_method_without_identity_is_always_run(tmp_path: Path) -> None:
    for _ in range(2):
        brightness = Brightness()
        run(tmp_path, brightness, methods=[Method("mine", lambda b=brightness: b)])  # type: ignore[misc]
        assert brightness.seen == 5


def test_truth_that_the_protocol_does_not_read_does_not_matter(tmp_path: Path) -> None:
    run(tmp_path, Brightness())
    samples = noise_samples(5)
    samples[0]["sigma_px"][:] = 0
    brightness = Brightness()
    run(tmp_path, brightness, test_sets={"noise": samples})
    assert brightness.seen == 0


def test_a_constant_that_was_fitted_to_another_set_is_not_taken_over(tmp_path: Path) -> None:
    """Interrupted after images that stayed the same; what was fitted to did not."""
    samples = noise_samples(5)

    class Stopping(ConstantEstimator):
        calls = 0

        def __call__(self, image: Any) -> Estimate:
            Stopping.calls += 1
            if Stopping.calls == 3:
                raise KeyboardInterrupt
            return super().__call__(image)

    method = Method("constant", lambda: Stopping("mean"), {"class": "Constant"})
    settings = {
        "methods": [method],
        "protocol": SyndofProtocol(),
        "test_sets": {"noise": samples},
    }
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, Brightness(), **settings)
    samples[4]["sigma_px"][:] = 7
    results = run(tmp_path, Brightness(), **settings)
    assert without_seconds(results) == without_seconds(
        run(tmp_path / "new", Brightness(), **settings)
    )


def test_a_damaged_file_of_scores_is_made_again(tmp_path: Path) -> None:
    first = run(tmp_path, Brightness())
    path = tmp_path / "scores/brightness/noise.npz"
    path.write_bytes(path.read_bytes()[:100])
    brightness = Brightness()
    assert without_seconds(run(tmp_path, brightness)) == without_seconds(first)
    assert brightness.seen == 5


def test_a_method_that_cannot_run_is_a_row_that_says_why(tmp_path: Path) -> None:
    def unavailable() -> Brightness:
        raise UnavailableError("features.mat is missing: it can be had from its authors")

    methods = [Method("absent", unavailable), Method("brightness", Brightness)]
    results = run(tmp_path, Brightness(), methods=methods)
    assert results.means[0] == {
        "set": "noise",
        "method": "absent",
        "note": "features.mat is missing: it can be had from its authors",
    }
    assert {row["method"] for row in results.per_image} == {"brightness"}
    read = read_results(tmp_path)
    assert read.mean("noise", "absent") == {}
    assert "features.mat" in read.methods["absent"]["unavailable"]
    assert read.mean("noise", "brightness") == results.mean("noise", "brightness") != {}


def test_a_set_that_does_not_know_what_the_protocol_needs(tmp_path: Path) -> None:
    sample: Sample = {"name": "x", "image": np.zeros((4, 5, 3), np.float32)}
    with pytest.raises(InputError, match="protocol cuhk needs mask, which image x"):
        run(tmp_path, Brightness(), test_sets={"bare": [sample]})


@pytest.mark.parametrize(
    "wrong", [np.full((20, 24), np.nan, np.float32), np.zeros((5, 6), np.float32)]
)
def test_an_answer_that_is_no_map_is_refused(tmp_path: Path, wrong: Any) -> None:
    class Wrong(Brightness):
        def __call__(self, image: Any) -> Estimate:
            return Estimate(wrong)

    with pytest.raises(InputError, match="brightness answered image 00 with a map of"):
        run(tmp_path, Wrong())


def test_figures_and_the_maps_that_they_show(tmp_path: Path) -> None:
    methods = [Method("brightness", Brightness), Method("mean", lambda: ConstantEstimator("mean"))]
    run(tmp_path, Brightness(), methods=methods, shown=2)
    assert {path.name for path in tmp_path.glob("*.png")} == {
        f"noise{what}.png"
        for what in ("", "_errors", "_contact_sheet", "_precision_recall", "_per_image")
    }
    kept = sorted(path.name for path in (tmp_path / "maps/mean/noise").iterdir())
    assert kept == ["00.npy", "04.npy"]
    (tmp_path / "maps/mean/noise/04.npy").unlink()
    run(tmp_path, Brightness(), methods=methods, shown=2)
    assert (tmp_path / "maps/mean/noise/04.npy").is_file()


def test_figures_are_scaled_by_the_truth_or_else_by_the_maps() -> None:
    image, maps = np.zeros((4, 5, 3), np.float32), {"m": np.full((4, 5), 2.9, np.float32)}
    truth = np.full((4, 5), 0.45, np.float32)
    assert shown_up_to([Comparison("", image, truth, maps)]) == 0.5
    assert shown_up_to([Comparison("", image, None, maps)]) == 3


def test_identities_are_of_content_not_of_paths(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "w.ckpt").write_bytes(b"weights")
    one, other = (
        identity_of_settings({"weights": str(tmp_path / name / "w.ckpt"), "tile": 8, "x": [None]})
        for name in ("a", "b")
    )
    assert (
        one == other == {"weights": weights_identity(tmp_path / "a/w.ckpt"), "tile": 8, "x": [None]}
    )
    assert len(one["weights"]["sha256"]) == 64
    assert json.loads(json.dumps(one)) == one
