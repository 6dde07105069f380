"""Training steps reproduce the released code's, on the same weights and batch, in float64."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from dmenet.networks.vgg19 import MEAN_BGR_255, VGG19
from dmenet.training import DMENet
from dmenet.weights.released import VARIABLES
from official import PAPER_WEIGHTS, REFERENCE, nchw, official_networks

STEPS = 2


class OneBatch(pl.LightningDataModule):
    """The reference's batch, as often as it is asked for."""

    validation_sets = ()

    def __init__(self, batch: dict[str, dict[str, Tensor]]) -> None:
        super().__init__()
        self.batch = batch

    def train_dataloader(self) -> DataLoader[Any]:
        return DataLoader([self.batch] * STEPS, batch_size=None)


class Recorder(pl.Callback):
    """Keeps losses, gradients and weights; makes Adam add eps as TensorFlow does."""

    def __init__(self) -> None:
        self.losses: list[dict[str, float]] = []
        self.gradients: dict[str, Tensor] = {}
        self.before: dict[str, Tensor] = {}
        self.after: dict[str, Tensor] = {}
        self.steps: dict[int, int] = {}

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, module: pl.LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        step = self.steps[id(optimizer)] = self.steps.get(id(optimizer), 0) + 1
        (group,) = optimizer.param_groups
        group["eps"] = 1e-8 / np.sqrt(1 - group["betas"][1] ** step)
        if step == 1:
            updated = {id(parameter) for parameter in group["params"]}
            for name, parameter in module.named_parameters():
                if id(parameter) in updated:
                    self.gradients[name] = parameter.grad.clone()
                    self.before[name] = parameter.detach().clone()

    def on_train_batch_end(
        self, trainer: pl.Trainer, module: pl.LightningModule, *unused: object
    ) -> None:
        self.losses.append({k: float(v) for k, v in trainer.callback_metrics.items()})
        if not self.after:
            self.after = {n: p.detach().clone() for n, p in module.named_parameters()}


@pytest.fixture(scope="module")
def reference() -> dict[str, np.ndarray]:
    return dict(np.load(REFERENCE / "training_step.npz"))


@pytest.fixture(scope="module")
def recorder(
    official_checkpoint: Path,
    reference: dict[str, np.ndarray],
    tmp_path_factory: pytest.TempPathFactory,
) -> Recorder:
    networks: dict[str, nn.Module] = official_networks(official_checkpoint)
    module = DMENet(unit="coc15", loss_weights=PAPER_WEIGHTS, **networks).double()
    for network in module.modules():
        if isinstance(network, VGG19):
            # Its buffer is rounded to float32, which alone changes gradients by 3e-5.
            exact = torch.tensor(MEAN_BGR_255, dtype=torch.float64)
            network.mean_bgr_255 = exact.view(1, 3, 1, 1)
    batch = {
        "synthetic": {"image": "patches_synthetic", "defocus": "labels_synthetic_defocus"},
        "real": {"image": "patches_real", "mask": "labels_real_binary"},
        "unlabelled": {"image": "patches_real_no_label"},
    }
    tensors = {
        domain: {name: nchw(reference[f"in/{key}"]).double() for name, key in items.items()}
        for domain, items in batch.items()
    }
    recorder = Recorder()
    trainer = pl.Trainer(
        accelerator="cpu",
        precision="64-true",
        max_epochs=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[recorder],
        default_root_dir=tmp_path_factory.mktemp("parity"),
    )
    trainer.fit(module, OneBatch(tensors))
    assert trainer.global_step == STEPS, "the discriminator's steps must not be counted"
    return recorder


def test_losses_before_the_step(recorder: Recorder, reference: dict[str, np.ndarray]) -> None:
    computed = recorder.losses[0]
    expected = {
        "defocus": reference["loss/loss_defocus"],
        "auxiliary": reference["loss/loss_aux"],
        "content": reference["loss/loss_synthetic_perceptual"],
        "sharpness": reference["loss/loss_real_binary"],
        "discriminator": reference["loss/loss_d"] / PAPER_WEIGHTS["discriminator"],
    }
    for name, value in expected.items():
        assert computed[f"train/{name}"] == pytest.approx(float(value), rel=1e-6), name


def names() -> list[tuple[str, str, str]]:
    """(optimiser's key in the reference, name in the reference, our name) of every parameter."""
    found = []
    for subnetwork, variables in VARIABLES.items():
        prefix, key = (
            ("", "grad_d") if subnetwork == "domain_adaptation" else ("main_net/", "grad_main")
        )
        for ours, theirs in variables.items():
            if "running" not in ours:
                found.append((key, prefix + theirs, f"{subnetwork}.{ours}"))
    return found


def flat_as_tensorflow(tensor: Tensor) -> np.ndarray:
    return (tensor.permute(2, 3, 1, 0) if tensor.ndim == 4 else tensor).numpy().ravel()


def samples(array: np.ndarray) -> np.ndarray:
    return array[np.unique(np.linspace(0, array.size - 1, 64).astype(np.int64))]


def test_gradients(recorder: Recorder, reference: dict[str, np.ndarray]) -> None:
    compared = 0
    for key, theirs, ours in names():
        norm = float(reference[f"{key}/{theirs}|norm"])
        gradient = flat_as_tensorflow(recorder.gradients[ours])
        if norm < 1e-12:
            # A bias before a batch norm has no gradient; what stands there is rounding.
            assert np.linalg.norm(gradient) < 1e-12, ours
            continue
        assert np.linalg.norm(gradient) == pytest.approx(norm, rel=1e-5), ours
        expected = reference[f"{key}/{theirs}|sample"]
        difference = np.linalg.norm(samples(gradient) - expected)
        assert difference <= 1e-5 * np.linalg.norm(expected) + 1e-9 * norm, ours
        compared += 1
    assert compared > 100


def test_weights_after_the_step(recorder: Recorder, reference: dict[str, np.ndarray]) -> None:
    # The first step of Adam, in TensorFlow's form, from the reference's gradients.
    for key, theirs, ours in names():
        gradient = reference[f"{key}/{theirs}|sample"].astype(np.float64)
        meaningful = np.abs(gradient) > 1e-6
        root = np.sqrt(0.001) * np.abs(gradient) + 1e-8
        expected = -1e-4 * np.sqrt(0.001) * gradient / root
        change = samples(flat_as_tensorflow(recorder.after[ours] - recorder.before[ours]))
        np.testing.assert_allclose(
            change[meaningful], expected[meaningful], rtol=1e-4, err_msg=ours
        )


def test_losses_after_the_step(recorder: Recorder, reference: dict[str, np.ndarray]) -> None:
    after = recorder.losses[1]
    # L_adv is left out: the reference has it against D after one step, ours is against D after two.
    adversarial = PAPER_WEIGHTS["adversarial"] * after["train/adversarial"]
    main = float(reference["after_step/loss_main"] - reference["after_step/loss_g"])
    assert after["train/total"] - adversarial == pytest.approx(main, rel=1e-4)
    discriminator = PAPER_WEIGHTS["discriminator"] * after["train/discriminator"]
    assert discriminator == pytest.approx(float(reference["after_step/loss_d"]), rel=1e-4)
