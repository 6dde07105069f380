"""Shapes, sizes, initial values and borders of the four subnetworks."""

import pytest
import torch
from torch import nn

from dmenet.losses import sharpness_loss
from dmenet.networks import (
    AuxiliaryHeads,
    BlurEstimator,
    ContentFeatures,
    DirectCalibrator,
    EfficientNetContentFeatures,
    PatchDiscriminator,
    SharpnessCalibrator,
)
from dmenet.networks.blocks import ShiftBatchNorm2d, pad_same


def trainable(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def test_parameter_counts_are_the_papers() -> None:
    blur_estimation = BlurEstimator()
    assert trainable(blur_estimation) + trainable(AuxiliaryHeads()) == 26_939_819
    assert trainable(blur_estimation.encoder) == 20_024_384
    assert trainable(PatchDiscriminator()) == 2_827_200
    assert trainable(SharpnessCalibrator()) == 14_065


def test_c_is_frozen() -> None:
    assert trainable(ContentFeatures(0.1)) == 0


@pytest.mark.parametrize("variant", ["official", "supplement"])
@pytest.mark.parametrize("width", [0.05, 0.25])
def test_shapes(variant: str, width: float) -> None:
    network, heads = BlurEstimator(width, variant), AuxiliaryHeads(width, variant)
    discriminator = PatchDiscriminator(width, variant)
    estimate = network(torch.rand(2, 3, 48, 80))
    assert estimate.defocus.shape == (2, 1, 48, 80)
    assert estimate.feature.shape == (2, network.feature_channels, 48, 80)
    assert bool(((estimate.defocus >= 0) & (estimate.defocus <= 1)).all())
    sizes = [tuple(m.shape[1:]) for m in heads(estimate.stages)]
    assert sizes == [(1, 3, 5), (1, 6, 10), (1, 12, 20), (1, 24, 40), (1, 48, 80)]
    assert discriminator(estimate.feature).shape == (2, 1, 2, 3)
    assert ContentFeatures(width)(estimate.defocus).shape[-2:] == (6, 10)
    for kernel_size in (1, 3):
        calibrator = SharpnessCalibrator(kernel_size, width, variant)
        assert calibrator(estimate.defocus).shape == (2, 1, 48, 80)


def test_supplement_differs_where_its_tables_do() -> None:
    official, supplement = BlurEstimator(0.1), BlurEstimator(0.1, "supplement")

    def norms(module: nn.Module) -> int:
        return sum(isinstance(layer, ShiftBatchNorm2d) for layer in module.modules())

    assert (norms(official.decoder), norms(supplement.decoder)) == (10, 4)
    assert (norms(official.residual), norms(supplement.residual)) == (21, 7)
    assert norms(official.head) == norms(supplement.head) == 2
    maps = AuxiliaryHeads(0.1, "supplement")(supplement(torch.rand(1, 3, 32, 32)).stages)
    assert any(bool((map_ < 0).any()) for map_ in maps), "the supplement's heads are linear"
    assert any(isinstance(m, nn.ReLU) for m in SharpnessCalibrator(1, 1.0, "supplement").modules())
    assert any(isinstance(m, nn.ReLU) for m in PatchDiscriminator(0.1, "supplement").modules())


def test_discriminator_halves_as_tensorflow_does() -> None:
    feature = torch.rand(1, 1, 240, 240)
    for expected in (120, 60, 30, 15, 8):
        feature = nn.functional.conv2d(pad_same(feature, 4, 2), torch.ones(1, 1, 4, 4), stride=2)
        assert feature.shape[-1] == expected


def test_odd_sizes_are_padded_more_after() -> None:
    padded = pad_same(torch.ones(1, 1, 5, 4), 4, 2)[0, 0]
    assert padded.shape == (8, 6)
    assert padded[0].sum() == padded[-1].sum() == padded[-2].sum() == 0
    assert padded[1:6, 1:5].sum() == 20


def test_a_size_that_is_no_multiple_of_16_is_refused() -> None:
    with pytest.raises(ValueError, match="multiples of 16"):
        BlurEstimator(0.05)(torch.rand(1, 3, 40, 64))


def test_initial_values() -> None:
    network = BlurEstimator(0.5)
    hidden = network.encoder.convs["conv4_2"].weight
    fan_in = hidden[0].numel()
    assert float(hidden.detach().std()) == pytest.approx((2 / fan_in) ** 0.5, rel=0.02)
    assert float(hidden.abs().max()) <= 2 * (2.6 / fan_in) ** 0.5
    last = network.head[2].weight
    assert float(last.abs().max()) <= (6 / (last[0].numel() + 9)) ** 0.5
    assert all(float(c.bias.abs().max()) == 0 for c in network.encoder.convs.values())


def test_batch_norm_shifts_without_scaling_and_averages_the_unbiased_variance() -> None:
    norm = ShiftBatchNorm2d(1)
    norm.bias.data.fill_(3.0)
    x = torch.randn(2, 1, 3, 3)
    out = norm(x)
    assert float(out.mean()) == pytest.approx(3.0, abs=1e-6)
    assert float(norm.running_var) == pytest.approx(
        0.9 + 0.1 * float(x.var(unbiased=True)), rel=1e-5
    )
    out.sum().backward()
    assert norm.bias.grad is not None
    assert norm.weight.grad is None


def test_without_a_calibrator_the_map_itself_is_the_probability() -> None:
    defocus = torch.rand(2, 1, 8, 8, requires_grad=True)
    mask = (torch.rand(2, 1, 8, 8) > 0.5).float()
    direct = DirectCalibrator()
    assert not list(direct.parameters())
    torch.testing.assert_close(direct(defocus).sigmoid(), defocus)
    loss = sharpness_loss(direct(defocus), mask)
    torch.testing.assert_close(loss, torch.nn.functional.binary_cross_entropy(defocus, mask))
    assert direct(torch.tensor([[[[0.0, 1.0]]]])).isfinite().all()


def test_c_on_the_encoder_of_mobile_is_frozen_and_keeps_its_statistics() -> None:
    content = EfficientNetContentFeatures().train()
    before = {name: t.clone() for name, t in content.state_dict().items()}
    defocus = torch.rand(2, 1, 64, 96, requires_grad=True)
    features = content(defocus)
    features.sum().backward()
    assert features.shape == (2, 40, 8, 12)
    assert trainable(content) == 0
    assert float(defocus.grad.abs().sum()) > 0
    assert all(torch.equal(t, before[name]) for name, t in content.state_dict().items())
