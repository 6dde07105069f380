"""torchvision's VGG19 weights, fed the input they were trained on."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from dmenet.errors import InputError
from dmenet.networks.vgg19 import BLOCKS, VGG19
from dmenet.weights.vgg19 import (
    DEVIATION,
    MEAN,
    adapt_first_convolution,
    load_vgg19,
    torchvision_names,
)

# The published checkpoint's layout: torchvision.models.vgg19().features, configuration "E".
PUBLISHED = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)


def published_state() -> dict[str, Tensor]:
    state, into = {}, 3
    index = iter(PUBLISHED)
    for channels, count in BLOCKS:
        for _ in range(count):
            name = f"features.{next(index)}"
            state[f"{name}.weight"] = 0.02 * torch.randn(channels, into, 3, 3)
            state[f"{name}.bias"] = 0.1 * torch.randn(channels)
            into = channels
    return state | {"classifier.0.weight": torch.zeros(1), "classifier.0.bias": torch.zeros(1)}


def test_names() -> None:
    assert list(torchvision_names().values()) == [f"features.{i}" for i in PUBLISHED]


def test_the_first_convolution_sees_the_same_image() -> None:
    weight, bias = torch.randn(64, 3, 3, 3).double(), torch.randn(64).double()
    image = torch.rand(1, 3, 9, 9).double()
    mean, deviation = torch.tensor([MEAN, DEVIATION]).double()
    padded = nn.functional.pad(image, (1, 1, 1, 1), mode="replicate")
    theirs_input = (padded - mean.view(1, 3, 1, 1)) / deviation.view(1, 3, 1, 1)
    theirs = nn.functional.conv2d(theirs_input, weight, bias)
    ours_weight, ours_bias = adapt_first_convolution(weight, bias)
    ours_input = padded.flip(1) * 255 - VGG19(0.1).mean_bgr_255.double()
    ours = nn.functional.conv2d(ours_input, ours_weight, ours_bias)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)  # means are kept in float32


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_loading(tmp_path: Path, suffix: str) -> None:
    state = published_state()
    path = tmp_path / f"vgg19{suffix}"
    if suffix == ".pth":
        torch.save(state, path)
    else:
        save_file(state, path)
    encoder, content = VGG19(), VGG19(blocks=4)
    load_vgg19(path, [encoder, content])
    assert torch.equal(encoder.convs["conv5_4"].weight, state["features.34.weight"])
    assert torch.equal(content.convs["conv4_4"].bias, state["features.25.bias"])
    assert "conv5_1" not in content.convs


def test_a_narrow_network_does_not_take_them(tmp_path: Path) -> None:
    torch.save(published_state(), tmp_path / "vgg19.pth")
    with pytest.raises(InputError, match=r"width 1"):
        load_vgg19(tmp_path / "vgg19.pth", [VGG19(0.5)])


def test_another_network_is_refused(tmp_path: Path) -> None:
    torch.save({"conv.weight": torch.zeros(1)}, tmp_path / "resnet.pth")
    with pytest.raises(InputError, match=r"resnet.pth lacks the entry 'features.0.weight'"):
        load_vgg19(tmp_path / "resnet.pth", [VGG19(0.5)])
