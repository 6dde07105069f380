"""Weights as they are published, and those that the package carries."""

import runpy
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from dmenet.errors import InputError
from dmenet.estimators import DMENetEstimator
from dmenet.images import photographs
from dmenet.images.reading import read_image
from dmenet.networks import MobileBlurEstimator
from dmenet.sample import Image
from dmenet.weights.checkpoint import load_blur_estimator
from dmenet.weights.initial import load_initial_weights
from dmenet.weights.shipping import shipped, weights_file, write_half

KNOWN_SIGMAS_PX = (1.0, 2.0, 4.0)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    network = MobileBlurEstimator(0.25)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_var.uniform_(1e-6, 1e5)
    write_half(tmp_path / "ours.safetensors", network, "sigma7")
    loaded, unit = load_blur_estimator(tmp_path / "ours.safetensors")
    assert (loaded.width, loaded.variant, unit) == (0.25, "mobile", "sigma7")
    for name, tensor in loaded.state_dict().items():
        expected = network.state_dict()[name]
        assert tensor.dtype == expected.dtype
        assert torch.equal(tensor, expected.half().float() if tensor.ndim == 4 else expected), name


def test_the_average_of_several(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.safetensors" for number in range(3)]
    for file, value in zip(files, (1, 2, 6), strict=True):
        network = MobileBlurEstimator(0.25)
        for tensor in network.state_dict().values():
            tensor.fill_(value)
        write_half(file, network, "sigma7")
    script = Path(__file__).parents[2] / "docs/weights/average.py"
    runpy.run_path(str(script))["average"](tmp_path / "mean.safetensors", files)
    loaded, unit = load_blur_estimator(tmp_path / "mean.safetensors")
    assert unit == "sigma7"
    for name, tensor in loaded.state_dict().items():
        assert torch.all(tensor == 3), name


@pytest.mark.parametrize("content", [b"", b"\0" * 20, b"PK\x03\x04"])
def test_what_is_no_file_of_weights(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.safetensors is not a file of B's weights"):
        load_blur_estimator(path)


def test_a_name_means_what_the_package_carries(tmp_path: Path) -> None:
    assert weights_file("mobile") == shipped()["mobile"]
    assert weights_file("mobile").stat().st_size < 10e6
    assert weights_file(tmp_path / "last.ckpt") == tmp_path / "last.ckpt"
    with pytest.raises(InputError, match=r"weights=mobil: no such file.*carries \(.*mobile"):
        weights_file("mobil")


def test_training_can_start_from_them() -> None:
    model = torch.nn.Module()
    model.blur_estimation = MobileBlurEstimator()
    load_initial_weights(model, checkpoint="mobile")
    expected = load_blur_estimator(shipped()["mobile"]).network.state_dict()
    for name, tensor in model.blur_estimation.state_dict().items():
        assert torch.equal(tensor, expected[name])


@pytest.fixture(scope="module")
def estimator() -> DMENetEstimator:
    return DMENetEstimator.from_checkpoint("mobile")


def blurred(image: Image, sigma_px: float) -> Image:
    return cv2.GaussianBlur(image, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT)


@pytest.mark.parametrize("path", photographs.paths(photographs.HELD_OUT), ids=lambda p: p.stem)
def test_a_photograph_blurred_by_more_has_larger_sigmas(
    estimator: DMENetEstimator, path: Path
) -> None:
    image = read_image(path)[:320, :320]
    sigmas = [
        estimator(blurred(image, known) if known else image).sigma_px[16:-16, 16:-16]
        for known in (0.0, *KNOWN_SIGMAS_PX)
    ]
    means = [float(sigma.mean()) for sigma in sigmas]
    assert means == sorted(means)
    for known, sigma in zip(KNOWN_SIGMAS_PX, sigmas[1:], strict=True):
        # Variances add; where that exceeds the range, nothing can be told.
        expected = np.hypot(sigmas[0], known)
        told = expected < 6
        assert float(np.abs(sigma - expected)[told].mean()) < 0.5 * known
