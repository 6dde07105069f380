"""The terms of the objective against the released graph's."""

import numpy as np
import pytest
import torch

from dmenet import losses
from official import REFERENCE, nchw


@pytest.fixture(scope="module")
def reference() -> dict[str, np.ndarray]:
    return dict(np.load(REFERENCE / "training_step.npz"))


def test_label_subsampling_reads_the_released_rows() -> None:
    tables = np.load(REFERENCE / "label_subsampling.npz")
    assert len(tables.files) == 140
    for key in tables.files:
        size, rows = (int(n) for n in key.split("_"))
        assert losses.aligned_rows(size, rows) == tables[key].tolist(), key


def test_subsampled_labels(reference: dict[str, np.ndarray]) -> None:
    label = nchw(reference["in/labels_synthetic_defocus"])
    for size in (4, 8, 16, 32):
        expected = nchw(reference[f"out/label_down_{size}"])
        assert torch.equal(losses.subsample_label(label, size, size), expected)


def test_terms(reference: dict[str, np.ndarray]) -> None:
    def out(name: str) -> torch.Tensor:
        return nchw(reference[f"out/{name}"]).double()

    label = nchw(reference["in/labels_synthetic_defocus"]).double()
    mask = nchw(reference["in/labels_real_binary"]).double()
    synthetic, real, unlabelled = (
        out(f"d_feature_logits_{domain}") for domain in ("synthetic", "real", "real_no_label")
    )
    auxiliary = [out(f"feats_synthetic_up_aux{i}") for i in range(5)]
    computed = {
        "loss_defocus": losses.defocus_loss(out("output_synthetic_defocus"), label),
        "loss_aux": losses.auxiliary_loss(auxiliary, label),
        "loss_real_binary": losses.sharpness_loss(out("output_real_binary_logits"), mask),
        "loss_g_feature": losses.adversarial_loss(real, unlabelled),
        "loss_d_feature": 1e-3 * losses.discriminator_loss(synthetic, real, unlabelled),
    }
    for name, value in computed.items():
        assert float(value) == pytest.approx(float(reference[f"loss/{name}"]), rel=2e-7), name


def test_the_domains_pull_apart() -> None:
    synthetic, real = torch.full((1, 1, 2, 2), 5.0), torch.full((1, 1, 2, 2), -5.0)
    told_apart = losses.discriminator_loss(synthetic, real, real)
    confused = losses.discriminator_loss(real, synthetic, synthetic)
    assert told_apart < 0.1 < confused
    assert losses.adversarial_loss(synthetic, synthetic) < losses.adversarial_loss(real, real)


def test_charbonnier_is_zero_at_the_truth_and_counts_small_blur_more() -> None:
    truth = torch.tensor([[[[0.0, 0.5, 1.0]]]])
    assert float(losses.charbonnier_loss(truth, truth)) == pytest.approx(0, abs=1e-7)
    low, high = (
        losses.charbonnier_loss(torch.tensor([[[[t + 0.1]]]]), torch.tensor([[[[t]]]]))
        for t in (0.0, 0.8)
    )
    assert float(low) > 3 * float(high)


def test_reblurring_adds_variances_and_leaves_the_first_map_alone() -> None:
    first = torch.full((2, 1, 32, 32), 3 / 7, requires_grad=True)
    second = torch.full((2, 1, 32, 32), 5 / 7, requires_grad=True)
    loss = losses.reblurring_loss(first, second, torch.tensor([4.0, 4.0]))
    assert float(loss) == pytest.approx(0, abs=1e-6)
    worse = losses.reblurring_loss(first, second, torch.tensor([1.0, 4.0]))
    worse.backward()
    assert float(worse) > 0.01
    assert first.grad is None
    assert float(second.grad[..., :8, :].abs().sum()) == 0
