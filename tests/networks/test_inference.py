"""B on images of any size: folded, in tiles, in two phases."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dmenet.errors import InputError
from dmenet.networks import BlurEstimator, BlurNetwork, MobileBlurEstimator
from dmenet.networks.folding import folded
from dmenet.networks.inference import DefocusInference, estimate_any_size
from dmenet.networks.reach import reach_of
from dmenet.tiles import batches, tiles, whole
from dmenet.units import sigma_px_from_map


def trained(kind: str) -> BlurNetwork:
    """With moving averages as after some training, without which the sigmoid saturates."""
    torch.manual_seed(0)
    network: BlurNetwork
    if kind == "mobile":
        network = MobileBlurEstimator(0.05)
        # It starts near sharp; the test wants maps that vary.
        network.head.weight.data *= 10
    else:
        network = BlurEstimator(0.05, kind)  # type: ignore[arg-type]
    with torch.inference_mode():
        for _ in range(40):
            network(torch.rand(2, 3, 64, 64))
    return network.eval()


KINDS = ("official", "supplement", "mobile")
NETWORKS = {kind: trained(kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(1, 1), (33, 64)])
def test_any_size(kind: str, size: tuple[int, int]) -> None:
    with torch.inference_mode():
        assert estimate_any_size(NETWORKS[kind], torch.rand(1, 3, *size)).shape == (1, 1, *size)


@settings(max_examples=10, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    height=st.integers(1, 200),
    width=st.integers(1, 200),
    tile=st.sampled_from([96, 4096]),
    fine_tile=st.sampled_from([48, 512]),
    count=st.integers(1, 2),
    tiles_at_once=st.sampled_from([1, 3]),
)
def test_the_map_is_that_of_the_network_as_trained(
    kind: str, height: int, width: int, tile: int, fine_tile: int, count: int, tiles_at_once: int
) -> None:
    network = NETWORKS[kind]
    image = torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(height))
    done: list[float] = []
    with torch.inference_mode():
        fast = DefocusInference(network, "coc15", tile=tile)
        fast.fine_tile, fast.tiles_at_once = fine_tile, tiles_at_once
        ours, expected = fast.map(image, done.append), estimate_any_size(network, image)
        sigma_px = fast(image)
    assert ours.shape == expected.shape
    assert float((ours - expected).abs().max()) < 1e-5
    assert sum(done) == pytest.approx(1)
    if height * width > 1000:
        assert 0.05 < float(expected.std()), "a constant map would hide every seam"
    torch.testing.assert_close(sigma_px, sigma_px_from_map(ours, "coc15"))


@pytest.mark.parametrize("kind", KINDS)
def test_folding_leaves_the_network_alone_and_bfloat16_is_near(kind: str) -> None:
    network = NETWORKS[kind]
    before = {name: value.clone() for name, value in network.state_dict().items()}
    image = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        expected = network(image).defocus
        ours = folded(network, torch.bfloat16)(image).defocus
    assert 0 < float((ours - expected).abs().mean()) < 0.01
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in folded(network).modules())


def test_precision_is_one_that_is_known() -> None:
    with pytest.raises(InputError, match="precision=half: expected one of"):
        DefocusInference(NETWORKS["mobile"], "sigma7", precision="half")  # type: ignore[arg-type]
    chosen = DefocusInference(NETWORKS["mobile"], "sigma7", precision="auto").dtype
    assert chosen in (torch.float32, torch.bfloat16)


def test_no_part_looks_farther_than_its_reach() -> None:
    network = BlurEstimator(0.02).eval().double()
    # All weights positive, so that no path cancels and every pixel that can matter does.
    for parameter in network.parameters():
        parameter.data.abs_()
    image = torch.rand(1, 3, 16, 1024, dtype=torch.float64, requires_grad=True)
    reach = reach_of(network)
    logits = network.head(network.residual(network(image).feature))
    coarse = torch.rand(1, 3, 4, 256, dtype=torch.float64, requires_grad=True)
    fine_logits = network._fine(*network._near(image), coarse)[-1]
    for column in (512, 527):
        assert 150 < distance(logits[..., column], image, column) <= reach.whole == 208
        assert 26 < distance(fine_logits[..., column], image, column) <= reach.fine == 36
        assert 4 * distance(fine_logits[..., column], coarse, column // 4) <= reach.fine
    features = network.coarse_input(image)
    assert 20 < distance(features[..., 128], image, 512) <= reach.coarse_input == 28


def distance(result: torch.Tensor, image: torch.Tensor, column: int) -> int:
    """How far from a column the pixels are that a result depends on."""
    (gradient,) = torch.autograd.grad(result.sum(), image, retain_graph=True)
    seen = gradient.abs().sum(dim=(0, 1, 2)).nonzero()
    return max(column - int(seen.min()), int(seen.max()) - column)


@pytest.mark.parametrize("tiles_at_once", [1, 3, 100])
def test_batches_are_of_equal_tiles_and_hold_each_once(tiles_at_once: int) -> None:
    image = torch.zeros(1, 1000, 300)
    parts = list(tiles(whole(image.shape), image.shape, 128, 40))
    found = list(batches(parts, tiles_at_once))
    assert sorted((tile for batch in found for tile in batch), key=str) == sorted(parts, key=str)
    assert max(map(len, found)) == min(tiles_at_once, 6)
    for batch in found:
        assert len({image[(..., *tile.seen)].shape for tile in batch}) == 1


def test_a_batch_of_tiles_is_estimated_as_one_after_the_other() -> None:
    ours = DefocusInference(NETWORKS["mobile"], "sigma7")
    ours.fine_tile = 48
    image = torch.rand(2, 3, 200, 240)
    one_by_one = ours.map(image)
    ours.tiles_at_once = 4
    torch.testing.assert_close(ours.map(image), one_by_one, rtol=0, atol=1e-6)


def test_tiles_cover_an_image_once() -> None:
    image = torch.zeros(1, 1000, 300)
    for tile in tiles(whole(image.shape), image.shape, 256, 40):
        image[(..., *tile.part)] += 1
        seen = image[(..., *tile.seen)]
        assert seen[(..., *tile.inside)].shape == image[(..., *tile.part)].shape
        for part, far, size in zip(tile.part, tile.seen, (1000, 300), strict=True):
            assert far.start == max(0, part.start - 40)
            assert far.stop == min(size, part.stop + 40)
    assert bool((image == 1).all())
