"""B on images of any size, whole and in tiles."""

import pytest
import torch

from dmenet.networks import BlurEstimator, BlurNetwork, MobileBlurEstimator
from dmenet.networks.inference import estimate_any_size, estimate_tiled, tiles


@pytest.fixture(params=[BlurEstimator, MobileBlurEstimator])
def network(request: pytest.FixtureRequest) -> BlurNetwork:
    """With moving averages as after some training, without which the sigmoid saturates."""
    torch.manual_seed(0)
    network: BlurNetwork = request.param(0.05)
    if isinstance(network, MobileBlurEstimator):
        # It starts near sharp; the test wants maps that vary.
        network.head.weight.data *= 10
    with torch.inference_mode():
        for _ in range(40):
            network(torch.rand(2, 3, 64, 64))
    return network.eval()


@pytest.mark.parametrize("size", [(1, 1), (15, 17), (33, 64), (48, 48)])
def test_any_size(network: BlurNetwork, size: tuple[int, int]) -> None:
    with torch.inference_mode():
        assert estimate_any_size(network, torch.rand(1, 3, *size)).shape == (1, 1, *size)


def test_the_map_depends_on_nothing_farther_than_the_receptive_radius() -> None:
    network = BlurEstimator(0.02).eval().double()
    # All weights positive, so that no path cancels and every pixel that can matter does.
    for parameter in network.parameters():
        parameter.data.abs_()
    image = torch.rand(1, 3, 32, 1024, dtype=torch.float64, requires_grad=True)
    for column in (512, 519, 527):
        feature = network(image).feature
        for layer in (network.residual, network.head):
            feature = layer(feature)
        (gradient,) = torch.autograd.grad(feature[..., column].sum(), image)
        seen = gradient.abs().sum(dim=(0, 1, 2)).nonzero()
        reach = max(column - int(seen.min()), int(seen.max()) - column)
        assert 150 < reach <= network.receptive_radius


@pytest.mark.parametrize("size", [(600, 40), (333, 517)])
def test_tiles_agree_with_the_whole(network: BlurNetwork, size: tuple[int, int]) -> None:
    # Double precision tells a seam from rounding; in single precision rounding remains.
    for dtype, tolerance in ((torch.float64, 1e-12), (torch.float32, 1e-5)):
        image = torch.rand(1, 3, *size).to(dtype)
        network.to(dtype)
        done: list[int] = []
        with torch.inference_mode():
            whole = estimate_any_size(network, image)
            tiled = estimate_tiled(network, image, 128, done.append)
        assert 0.05 < float(whole.std()), "a constant map would hide every seam"
        assert float((whole - tiled).abs().max()) < tolerance
        assert sum(done) >= size[0] * size[1]


def test_tiles_cover_a_length_once() -> None:
    covered = [i for part, _ in tiles(1000, 256, 208) for i in range(part.start, part.stop)]
    assert covered == list(range(1000))
    for part, seen in tiles(1000, 256, 208):
        assert seen.start == max(0, part.start - 208)
        assert seen.stop == min(1000, part.stop + 208)
