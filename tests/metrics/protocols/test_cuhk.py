"""The protocol of CUHK on maps made by hand; the measures themselves have tests of their own."""

import numpy as np
import pytest

from configured import built
from dmenet.errors import InputError
from dmenet.metrics.protocols import CuhkProtocol
from dmenet.sample import DefocusMap, Map, Sample


def masked(mask: Map) -> Sample:
    image = np.zeros((*mask.shape, 3), np.float32)
    return {"name": "made", "image": image, "mask": mask}


HALF_BLURRED = masked(np.array([[0, 0, 1, 1]], np.float32))


def test_a_right_order_on_a_small_scale() -> None:
    """Scaling to the image's own range leaves the mask; on the fixed scale nothing is blurred."""
    sigma_px = np.array([[1, 1, 2, 2]], np.float32)
    right = CuhkProtocol().score(sigma_px, HALF_BLURRED)
    ones = ("accuracy", "ap", "f_half", "f_adaptive", "iou")
    for name, value in right.items():
        assert value == pytest.approx(1 if name.startswith(ones) else value)
    assert right["mae"] == 0
    fixed = CuhkProtocol(scale="fixed").score(sigma_px, HALF_BLURRED)
    assert fixed["mae"] == pytest.approx((1 / 7 * 2 + 5 / 7 * 2) / 4)
    assert fixed["f_half"] == fixed["iou"] == 0
    assert fixed["f_half_sharp"] == pytest.approx(0.65 / 1.15)
    assert fixed["accuracy"] == fixed["ap_per_image"] == 1


@pytest.mark.parametrize("constant", [0.0, 1.0, 7.0, 9.0])
def test_a_constant_map_is_called_sharp_by_every_measure(constant: float) -> None:
    sample = masked(np.array([[0, 1, 1, 1]], np.float32))
    scores = CuhkProtocol().score(np.full((1, 4), constant, np.float32), sample)
    assert scores["accuracy"] == 0.25
    assert scores["mae"] == 0.75
    assert scores["ap_per_image"] == 0.75
    assert scores["ap_sharp_per_image"] == 0.25
    assert scores["f_half"] == scores["iou"] == 0
    assert scores["iou_sharp"] == 0.25


def test_both_polarities_mirror_each_other() -> None:
    rng = np.random.default_rng(0)
    sigma_px = 7 * rng.random((20, 30), np.float32)
    mask = (sigma_px + rng.normal(0, 2, sigma_px.shape) > 3).astype(np.float32)
    one = CuhkProtocol().score(sigma_px, masked(mask))
    other = CuhkProtocol().score(7 - sigma_px, masked(1 - mask))
    for name in ("f_half", "f_adaptive", "f_best", "iou"):
        assert one[name] == pytest.approx(other[f"{name}_sharp"], abs=1e-6)
    assert one["ap_per_image"] == pytest.approx(other["ap_sharp_per_image"], abs=1e-6)
    assert one["mae"] == pytest.approx(other["mae"], abs=1e-6)


def test_the_networks_own_map_tells_apart_what_sigma_does_not() -> None:
    own = DefocusMap(np.array([[0.01, 0.01, 0.03, 0.03]], np.float32), "coc15")
    sigma_px = np.zeros((1, 4), np.float32)
    assert CuhkProtocol().score(sigma_px, HALF_BLURRED)["accuracy"] == 0.5
    assert CuhkProtocol().score(sigma_px, HALF_BLURRED, own)["accuracy"] == 1


def test_the_fixed_scale_is_one_of_sigma_whatever_the_unit_of_the_networks_map() -> None:
    """A network that answers under coc15 scores as its sigma does, above one px of confusion."""
    coc_px = np.array([[1, 3, 7, 15]], np.float32)
    sigma_px = ((coc_px - 1) / 2).astype(np.float32)
    own = DefocusMap(coc_px / 15, "coc15")
    protocol = CuhkProtocol(scale="fixed")
    assert protocol.score(sigma_px, HALF_BLURRED, own) == pytest.approx(
        protocol.score(sigma_px, HALF_BLURRED), abs=1e-6
    )


def test_pooled_scores_are_of_all_pixels_together() -> None:
    """Each image is in order, but one threshold does not fit both."""
    protocol = CuhkProtocol()
    maps = [np.array([[1, 1, 2, 2]], np.float32), np.array([[3, 3, 4, 4]], np.float32)]
    scores = [protocol.score(sigma_px, HALF_BLURRED) for sigma_px in maps]
    counts = sum(protocol.counts(sigma_px, HALF_BLURRED) for sigma_px in maps)
    means = protocol.mean(scores, counts)  # type: ignore[arg-type]
    assert means["ap_per_image"] == 1
    # In falling order blurred 2, sharp 2, blurred 2, sharp 2.
    assert means["ap_pooled"] == pytest.approx(0.5 * 1 + 0.5 * 4 / 6)
    assert means["f_best_pooled"] == pytest.approx(1.3 * 0.5 / (0.3 + 0.5))
    assert 3 / 7 < means["f_best_threshold"] <= 4 / 7


def test_another_scale_is_refused() -> None:
    with pytest.raises(InputError, match="scale=px: expected 'image' or 'fixed'"):
        built(CuhkProtocol, scale="px")
