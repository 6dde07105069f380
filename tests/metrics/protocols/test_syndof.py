import numpy as np
import pytest

from dmenet.metrics.protocols import SyndofProtocol
from dmenet.sample import DefocusMap, Sample
from dmenet.units import Unit, map_from_sigma_px


def sample(unit: Unit, seed: int = 0) -> Sample:
    rng = np.random.default_rng(seed)
    sigma_px = 7 * rng.random((20, 30), np.float32)
    return {
        "name": "noise",
        "image": rng.random((20, 30, 3), np.float32),
        "sigma_px": sigma_px,
        "defocus": map_from_sigma_px(sigma_px, unit),
        "mask": (sigma_px > 0.5).astype(np.float32),
    }


@pytest.mark.parametrize(("unit", "per_px"), [("coc15", 2 / 15), ("sigma7", 1 / 7)])
def test_errors_are_in_the_unit(unit: Unit, per_px: float) -> None:
    truth = sample(unit)
    estimate = (truth["sigma_px"] * np.float32(0.5)).astype(np.float32)
    scores = SyndofProtocol(unit).score(estimate, truth)
    errors = np.abs(truth["sigma_px"].astype(np.float64) * 0.5)
    assert scores["rank_correlation"] == pytest.approx(1)
    assert scores["rmse"] == pytest.approx(scores["mse"] ** 0.5)
    assert scores["mae_px"] == pytest.approx(errors.mean(), rel=1e-6)
    assert scores["mae"] == pytest.approx(per_px * errors.mean(), rel=1e-5)
    assert scores["mse"] == pytest.approx(np.square(per_px * errors).mean(), rel=1e-5)


def test_a_networks_own_map_is_scored_where_it_has_the_unit() -> None:
    """A map value under 1/15 is a circle of confusion under 1 px, which no sigma tells apart."""
    truth = sample("coc15")
    own = DefocusMap(np.full((20, 30), 0.01, np.float32), "coc15")
    sigma_px = np.zeros((20, 30), np.float32)
    expected = np.abs(0.01 - truth["defocus"]).mean()
    assert SyndofProtocol("coc15").score(sigma_px, truth, own)["mae"] == pytest.approx(expected)
    elsewhere = SyndofProtocol("sigma7").score(sigma_px, sample("sigma7"), own)
    assert elsewhere["mae"] == SyndofProtocol("sigma7").score(sigma_px, sample("sigma7"))["mae"]


def test_images_without_a_value_are_left_out_of_its_mean() -> None:
    scores = dict.fromkeys(SyndofProtocol.columns, 0.0)
    rows = [{**scores, "ap_per_image": float("nan")}, {**scores, "mse": 1.0, "ap_per_image": 0.25}]
    assert SyndofProtocol().mean(rows) == {**scores, "mse": 0.5, "ap_per_image": 0.25}
    assert np.isnan(SyndofProtocol().mean(rows[:1])["ap_per_image"])
