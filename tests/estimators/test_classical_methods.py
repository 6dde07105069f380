"""What every method must do, on the configurations that are shipped."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from dmenet.sample import Image
from edges_of_known_blur import step_edge, textured

CONF = Path(__file__).parents[2] / "conf/estimator"
AT_EDGES = ("zhuo_sim_2011", "karaali_jung_2018")
METHODS = (*AT_EDGES, "shi_2015")


def method(name: str) -> Any:
    configuration = OmegaConf.load(CONF / f"{name}.yaml")
    assert list(configuration) == [name]
    return instantiate(configuration[name])


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 8), (3, 2), (5, 7), (31, 45), (64, 17)])
@pytest.mark.parametrize("kind", ["textured", "grey", "constant", "noise"])
def test_any_image_has_a_finite_answer_in_range(
    name: str, shape: tuple[int, int], kind: str
) -> None:
    image = textured(shape)
    if kind == "grey":
        image = np.repeat(image[..., :1], 3, axis=2)
    elif kind == "constant":
        image = np.full_like(image, 0.4)
    elif kind == "noise":
        image = np.random.default_rng(0).random(image.shape, np.float32)
    before = image.copy()
    estimator = method(name)
    estimate = estimator(image)
    np.testing.assert_array_equal(image, before)
    assert estimate.sigma_px.shape == shape
    assert estimate.sigma_px.dtype == np.float32
    low, high = estimator.range_px
    assert low <= estimate.sigma_px.min() <= estimate.sigma_px.max() <= high
    if kind == "constant":
        assert not estimate.sigma_px.any()


def encoded(linear: Image) -> Image:
    """The image whose studio luma to the power of 2.4 is ``linear``."""
    return ((255 * linear ** (1 / 2.4) - 16) / 219).astype(np.float32)


@pytest.mark.parametrize("name", AT_EDGES)
@pytest.mark.parametrize("sigma_px", [0.8, 1.5, 2.5])
def test_a_straight_edge_of_known_blur(name: str, sigma_px: float) -> None:
    edge = step_edge(sigma_px)
    estimator = method(name)
    # To Karaali and Jung, blur is something that happens to light, before gamma.
    image = encoded(edge) if name == "karaali_jung_2018" else edge
    measured = estimator.measure(image)
    assert np.isfinite(measured).sum() > 40
    assert np.nanmedian(measured) == pytest.approx(sigma_px, rel=0.06)
    assert np.median(estimator(image).sigma_px) == pytest.approx(sigma_px, rel=0.06)


@pytest.mark.parametrize("name", METHODS)
def test_what_is_blurred_more_gets_more(name: str) -> None:
    sigma_px = method(name)(textured((100, 140))).sigma_px
    assert sigma_px[:, :35].mean() < sigma_px[:, 50:90].mean() < sigma_px[:, 105:].mean()


@pytest.mark.parametrize("name", AT_EDGES)
def test_measurements_do_not_depend_on_orientation(name: str) -> None:
    image = textured((40, 52))
    measured = method(name).measure(image)
    for turn in (np.flipud, np.fliplr, np.rot90):
        turned = method(name).measure(np.ascontiguousarray(turn(image)))
        np.testing.assert_allclose(turned, turn(measured), atol=1e-3)


def test_brightness_does_not_matter_to_zhuo_and_sim() -> None:
    """The matting Laplacian does notice contrast, through epsilon: only a little."""
    image = textured((40, 52))
    estimate, darker = (
        method("zhuo_sim_2011")(scale * image) for scale in (np.float32(1), np.float32(0.5))
    )
    assert np.abs(estimate.sigma_px - darker.sigma_px).mean() < 0.05
