"""With a stand-in for the authors' file, which is not part of dmenet."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from scipy import fft

from dmenet.errors import InputError, UnavailableError
from dmenet.estimators.classical.park_2017 import (
    LAYERS,
    NO_EDGE,
    SIGMAS_PX,
    Park2017,
    ParkNetwork,
    load_park_network,
)
from dmenet.estimators.classical.park_2017_features import LENGTH, SIDE, SIZES, extract
from edges_of_known_blur import textured
from made_caffemodel import write_caffemodel

CONF = Path(__file__).parents[3] / "conf/estimator/park_2017.yaml"


def stand_in(path: Path) -> ParkNetwork:
    """A network with made-up weights, and its file."""
    torch.manual_seed(0)
    network = ParkNetwork().eval()
    layers = {
        name: [p.detach().numpy() for p in network.get_submodule(name).parameters()]
        for name in LAYERS
    }
    write_caffemodel(path, layers)
    return network


def shipped(network: Path, **changes: Any) -> Park2017:
    settings = OmegaConf.load(CONF).park_2017
    estimator: Park2017 = instantiate(OmegaConf.merge(settings, {"network": str(network)}, changes))
    return estimator


def test_the_network_of_the_file_answers_as_the_one_written(tmp_path: Path) -> None:
    network = stand_in(tmp_path / "net.caffemodel")
    inputs = [torch.rand(5, LENGTH) for _ in range(3)] + [torch.rand(5, 3, SIDE, SIDE)]
    expected = network(*inputs)
    assert expected.shape == (5, 11)
    torch.testing.assert_close(expected.sum(dim=1), torch.ones(5))
    torch.testing.assert_close(load_park_network(tmp_path / "net.caffemodel")(*inputs), expected)


def test_another_network_is_refused(tmp_path: Path) -> None:
    write_caffemodel(tmp_path / "net.caffemodel", {"conv1": [np.zeros((25, 3, 5, 5), np.float32)]})
    with pytest.raises(InputError, match=r"layer conv1 has \[1875\] .* expected \[675, 25\]"):
        load_park_network(tmp_path / "net.caffemodel")


def test_without_its_file_it_is_unavailable(tmp_path: Path) -> None:
    estimator = shipped(tmp_path / "DHDE_model.caffemodel")
    with pytest.raises(UnavailableError, match=r"DHDE_CVPR17: give estimator\.park_2017\.network"):
        estimator.prepare([])


@pytest.mark.parametrize("kind", [0, 1])
def test_features_by_hand(kind: int) -> None:
    """The features of one patch, after the authors' description, one by one."""
    size = SIZES[kind]
    image = textured((40, 50))
    row, column = 3, 25
    dct, gradient, singular, pixels = extract(image, np.array([row]), np.array([column]), kind)
    grey = np.pad(image.max(axis=2), size.radius, mode="edge")
    patch = grey[row : row + 2 * size.radius + 1, column : column + 2 * size.radius + 1]
    start = 0 if kind == 0 else SIZES[0].bins + 1

    def part(vector: np.ndarray) -> np.ndarray:
        others = np.delete(vector[0], slice(start, start + size.bins + 1))
        assert not others.any()
        assert vector[0, start + size.bins] == 255
        return vector[0, start : start + size.bins]

    def shares(features: np.ndarray) -> np.ndarray:
        logarithms = np.log(1 + features)
        return 255 * logarithms / logarithms.sum()

    values = np.linalg.svd(patch)[1][: size.bins]
    np.testing.assert_allclose(part(singular), shares(values), atol=0.51)
    filled = np.zeros((size.dct, size.dct))
    filled[: len(patch), : len(patch)] = patch
    magnitude = np.abs(fft.dctn(filled, norm="ortho"))
    frequency = np.hypot(*np.indices(filled.shape))
    width = (size.dct - 1) / size.bins
    rings = [
        magnitude[(frequency >= (b - 0.1) * width) & (frequency <= (b + 1.1) * width)].mean()
        for b in range(size.bins)
    ]
    np.testing.assert_allclose(part(dct), shares(np.array(rings)), atol=0.51)
    assert part(gradient).sum() == pytest.approx(255, abs=size.bins)
    fill = SIZES[0].radius - size.radius
    middle = pixels[0, :, fill : SIDE - fill, fill : SIDE - fill].max(axis=0).T
    np.testing.assert_allclose(middle, 255 * patch, atol=0.51)


def test_gradients_are_counted_by_magnitude() -> None:
    steps = np.zeros((60, 60, 3), np.float32)
    steps[:, 30:] = 1
    _, gradient, _, _ = extract(steps, np.array([30]), np.array([30]), 0)
    counts = np.zeros(25)
    # 27 of the 729 pixels have a step of 1 to their right: a magnitude of 1 / sqrt(2).
    counts[0], counts[int(25 / np.sqrt(2))] = 702, 27
    expected = 255 * np.log(1 + counts) / np.log(1 + counts).sum()
    np.testing.assert_allclose(gradient[0, :25], expected, atol=0.51)


@pytest.mark.parametrize("shape", [(1, 1), (3, 8), (33, 47)])
def test_it_estimates_any_image(tmp_path: Path, shape: tuple[int, int]) -> None:
    network = tmp_path / "net.caffemodel"
    stand_in(network)
    estimator = shipped(network)
    estimator.prepare([])
    image = textured(shape)
    estimate = estimator(image)
    assert estimate.sigma_px.shape == shape
    assert estimate.sigma_px.dtype == np.float32
    assert 0.5 <= estimate.sigma_px.min() <= estimate.sigma_px.max() <= 2.0
    kinds = estimator.kinds_of_edges(image)
    measured, probability = estimator.measure(image, kinds)
    np.testing.assert_array_equal(np.isfinite(measured), kinds != NO_EDGE)
    assert np.isin(measured[kinds != NO_EDGE], SIGMAS_PX).all()
    np.testing.assert_array_equal(probability > 0, kinds != NO_EDGE)
    assert probability.max() <= 1


def test_strong_edges_are_not_weak_ones() -> None:
    kinds = shipped(Path("none")).kinds_of_edges(textured((60, 80)))
    assert {NO_EDGE, 0, 1} == set(np.unique(kinds))


def test_a_constant_image_is_as_sharp_as_it_can_say(tmp_path: Path) -> None:
    network = tmp_path / "net.caffemodel"
    stand_in(network)
    estimate = shipped(network)(np.full((9, 11, 3), 0.4, np.float32))
    assert (estimate.sigma_px == 0.5).all()
