"""The network for everyday use: its encoder, its size and what it fits to."""

from pathlib import Path

import cv2
import pytest
import skimage.data
import torch
from torch import Tensor, nn

from dmenet.errors import InputError
from dmenet.networks import (
    MobileAuxiliaryHeads,
    MobileBlurEstimator,
    PatchDiscriminator,
    SharpnessCalibrator,
)
from dmenet.networks.efficientnet_lite0 import BATCH_NORM_EPS, EfficientNetLite0
from dmenet.networks.inference import estimate_any_size
from dmenet.networks.reach import reach_of
from dmenet.weights.efficientnet_lite0 import load_lite0, packaged_lite0
from dmenet.weights.tensor_files import read_state_dict


def published() -> Path:
    try:
        return packaged_lite0()
    except InputError:
        pytest.skip("the extra `pretrained` is not installed")


def classes(encoder: EfficientNetLite0, state: dict[str, Tensor], image: Tensor) -> Tensor:
    """ImageNet's class probabilities by the head of the published checkpoint."""
    x = nn.functional.conv2d(encoder(image)[-1], state["_conv_head.weight"])
    norm = ("running_mean", "running_var", "weight", "bias")
    x = nn.functional.batch_norm(x, *(state[f"_bn1.{k}"] for k in norm), eps=BATCH_NORM_EPS)
    x = nn.functional.relu6(x).mean((2, 3))
    return nn.functional.linear(x, state["_fc.weight"], state["_fc.bias"]).softmax(1)[0]


def test_the_encoder_sees_a_cat() -> None:
    path = published()
    encoder = EfficientNetLite0().eval()
    load_lite0(path, encoder)
    cat = cv2.resize(skimage.data.chelsea()[:, 60:360], (224, 224), interpolation=cv2.INTER_AREA)
    image = torch.from_numpy(cat).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        best = classes(encoder, read_state_dict(path), image).topk(3)
    assert best.indices.tolist() == [285, 282, 281]
    assert best.values.tolist() == pytest.approx([0.41, 0.28, 0.19], abs=0.02)


def test_an_encoder_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    torch.save({"_conv_stem.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(InputError, match=r"other\.pth .*EfficientNet-Lite0"):
        load_lite0(tmp_path / "other.pth", EfficientNetLite0())


def test_size_and_cost() -> None:
    network, macs = MobileBlurEstimator(), 0

    def count(layer: nn.Module, _: object, out: Tensor) -> None:
        nonlocal macs
        macs += out[0].numel() * layer.weight[0].numel()

    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(count)
    network(torch.rand(1, 3, 256, 256))
    assert sum(p.numel() for p in network.parameters()) < 4e6
    assert macs / 256**2 < 45e3


@pytest.mark.parametrize("width", [0.25, 1.0])
def test_heads_d_and_s_fit_it(width: float) -> None:
    network = MobileBlurEstimator(width)
    estimate = network(torch.rand(2, 3, 64, 96))
    assert estimate.defocus.shape == (2, 1, 64, 96)
    assert estimate.feature.shape == (2, network.feature_channels, 64, 96)
    maps = MobileAuxiliaryHeads(width)(estimate.stages)
    assert [m.shape[-1] for m in maps] == [6, 12, 24, 48]
    assert PatchDiscriminator(width, "mobile")(estimate.feature).shape == (2, 1, 2, 3)
    assert SharpnessCalibrator(1, width, "mobile")(estimate.defocus).shape == (2, 1, 64, 96)


def test_a_size_that_is_no_multiple_of_32_is_refused() -> None:
    with pytest.raises(ValueError, match="multiples of 32"):
        MobileBlurEstimator()(torch.rand(1, 3, 48, 64))


def test_the_map_depends_on_nothing_farther_than_the_receptive_radius() -> None:
    network = MobileBlurEstimator(0.1).eval().double()
    # All weights positive and small inputs, so that no path cancels or saturates.
    for parameter in network.parameters():
        parameter.data.abs_()
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            layer.weight.data /= layer.weight[0].sum().detach()
    image = torch.full((1, 3, 32, 2048), 0.6, dtype=torch.float64, requires_grad=True)
    for column in (1024, 1039, 1055):
        logits = network.head(network(image).feature)
        (gradient,) = torch.autograd.grad(logits[..., column].sum(), image)
        seen = gradient.abs().sum(dim=(0, 1, 2)).nonzero()
        reach = max(column - int(seen.min()), int(seen.max()) - column)
        assert 300 < reach <= reach_of(network).whole == 512


def test_borders_are_made_up_by_reflection() -> None:
    network = MobileBlurEstimator(0.1).eval()
    image = torch.rand(1, 3, 64, 96)
    beyond = nn.functional.pad(image, (32, 32, 32, 32), mode="reflect")
    with torch.inference_mode():
        expected = network(beyond).defocus[..., 32:-32, 32:-32]
        assert torch.equal(estimate_any_size(network, image), expected)
