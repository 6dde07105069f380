"""Photographs blurred further, scored on methods of known behaviour."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from dmenet.data.reblur import ReblurDataModule
from dmenet.errors import InputError
from dmenet.estimators import Estimate, FixedEstimator
from dmenet.evaluation import Method, evaluate
from dmenet.images.light import linear_from_srgb, srgb_from_linear
from dmenet.metrics.protocols import ReblurProtocol

SIGMAS_PX = (1.0, 2.0, 3.0)


def module(folder: Path | None, **settings: Any) -> ReblurDataModule:
    return ReblurDataModule(folder, **{"sigmas_px": SIGMAS_PX, "largest_px": 96, **settings})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bright bar of known blur, twice under one stem."""
    for name, sigma_px in (("a.png", 2.0), ("deeper/a.png", 3.0)):
        image = np.zeros((60, 90, 3), np.float32)
        image[:, 45:] = 1
        image = srgb_from_linear(cv2.GaussianBlur(image, (0, 0), sigma_px))
        path = tmp_path / "photographs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.rint(image * 255).astype(np.uint8)).save(path)
    return tmp_path / "photographs"


class EdgeWidth:
    """Sigma of the one vertical edge of light: the standard deviation of its derivative."""

    range_px = (0.0, 7.0)
    calls = 0

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def prepare(self, samples: object) -> None:
        """Nothing to prepare."""

    def __call__(self, image: Any) -> Estimate:
        EdgeWidth.calls += 1
        light = linear_from_srgb(image)
        steps = np.diff(light.mean((0, 2)).astype(np.float64))
        places = np.arange(len(steps))
        centre = (steps * places).sum() / steps.sum()
        variance = (steps * (places - centre) ** 2).sum() / steps.sum()
        return Estimate(np.full(image.shape[:2], np.sqrt(self.gain * variance), np.float32))


@pytest.mark.parametrize(
    ("make", "slope", "scatter"),
    [
        (EdgeWidth, 1.0, 0.0),
        (lambda: EdgeWidth(0.5), 0.5, 0.0),
        (lambda: FixedEstimator(2.0), 0.0, 0.0),
    ],
)
def test_the_slope_of_methods_of_known_behaviour(
    make: Callable[[], Any], slope: float, scatter: float, folder: Path, tmp_path: Path
) -> None:
    method = Method("method", make)
    data = module(folder)
    results, _ = evaluate([method], data.test_sets, ReblurProtocol(), tmp_path / "out", shown=1)
    means = results.mean("reblur", "method")
    assert means["slope"] == pytest.approx(slope, abs=0.02)
    assert means["scatter_px2"] == pytest.approx(scatter, abs=0.1)
    assert means["added_px2"] == pytest.approx(14 / 3)
    if slope == 1:
        assert means["mae_px"] < 0.03
        assert means["increase_rank_correlation"] > 0.9
    if slope == 0:
        assert np.isnan(means["increase_rank_correlation"])


def test_a_photograph_is_estimated_once_before_it_is_blurred(folder: Path, tmp_path: Path) -> None:
    EdgeWidth.calls = 0
    evaluate(
        [Method("edge", EdgeWidth)], module(folder).test_sets, ReblurProtocol(), tmp_path, shown=0
    )
    assert EdgeWidth.calls == 2 * (1 + len(SIGMAS_PX))


def test_samples_of_a_folder_and_of_the_installed_packages(folder: Path) -> None:
    samples = module(folder, largest_px=45).test_sets["reblur"]
    assert [sample["name"] for sample in samples] == [
        f"{name}_{s}px" for name in ("a_png", "deeper_a_png") for s in (1, 2, 3)
    ]
    assert samples[0]["image"].shape == samples[0]["unblurred"].shape == (30, 45, 3)
    assert len(module(None).test_sets["reblur"]) == 11 * len(SIGMAS_PX)
    with pytest.raises(InputError, match="has no unlabelled images"):
        module(folder).training_samples("unlabelled")
