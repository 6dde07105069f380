"""Blur beyond 7 px, by a network that is replaced by what a perfect one with its limits says."""

import numpy as np
import pytest
import torch

from dmenet.errors import InputError
from dmenet.networks import BlurEstimator
from dmenet.networks.inference import DefocusInference
from dmenet.networks.scales import estimate_at_scales, reduced
from tiny import WIDTH


def limited(picture: torch.Tensor, _: float) -> torch.Tensor:
    """The first channel is 1 / sigma at full size; up to 4 px are read as they are, then less."""
    sigma_px = picture[:, 1:2] / picture[:, :1]
    return torch.where(sigma_px > 4, 4 + torch.exp(-(sigma_px - 4) / 8), sigma_px)


def picture_of(sigma_px: torch.Tensor) -> torch.Tensor:
    """What ``limited`` reads: halved sizes have half the sigma, since channel 0 counts them."""
    return torch.stack([torch.ones_like(sigma_px), sigma_px, torch.zeros_like(sigma_px)])[None]


class Sizes:
    """``limited`` for pictures of a full size; remembers which sizes were asked for."""

    def __init__(self, width: int) -> None:
        self.full, self.asked = width, []

    def __call__(self, picture: torch.Tensor, share: float) -> torch.Tensor:
        self.asked.append(picture.shape[-1])
        smaller = picture.shape[-1] / self.full
        return limited(picture * torch.tensor([1.0, smaller, 1.0]).view(1, 3, 1, 1), share)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0, 4.0, 6.0, 10.0, 25.0, 40.0])
def test_any_blur_is_followed(sigma: float) -> None:
    sizes = Sizes(4096)
    found = estimate_at_scales(sizes, picture_of(torch.full((2048, 4096), sigma)))
    np.testing.assert_allclose(found.numpy(), sigma, rtol=0.05)
    # No more sizes than needed.
    assert sizes.asked == [4096 // 2**n for n in range(len(sizes.asked))]
    assert len(sizes.asked) <= 2 + max(0, np.ceil(np.log2(sigma / 1.5)))


def test_something_thin_and_sharp_before_much_blur_is_kept() -> None:
    sigma_px = torch.full((1024, 1024), 20.0)
    sigma_px[:, 500:503] = 0.5
    found = estimate_at_scales(Sizes(1024), picture_of(sigma_px))
    assert float(found[..., 501].max()) == 0.5
    np.testing.assert_allclose(found[..., :400].numpy(), 20, rtol=0.05)


def test_working_size_limits_the_side_and_keeps_the_unit() -> None:
    assert reduced(torch.zeros(1, 3, 300, 400), 100).shape == (1, 3, 75, 100)
    image = torch.zeros(1, 3, 30, 40)
    assert reduced(image, 100) is image
    done: list[float] = []
    network = BlurEstimator(WIDTH).eval()
    picture = torch.rand(1, 3, 64, 96)
    half = DefocusInference(network, "sigma7", working_size=48)(picture, done.append)
    small = DefocusInference(network, "sigma7")(reduced(picture, 48))
    assert half.shape == (1, 1, 64, 96)
    assert float(half.mean()) == pytest.approx(2 * float(small.mean()), rel=0.02)
    assert sum(done) == pytest.approx(1)


@pytest.mark.parametrize("settings", [{"scales": "two"}, {"working_size": 0}])
def test_nonsense_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(settings))):
        DefocusInference(BlurEstimator(WIDTH).eval(), "sigma7", **settings)  # type: ignore[arg-type]
