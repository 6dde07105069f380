"""Batches that share a step, clipped gradients, bfloat16 and averaged weights."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.plugins.precision import MixedPrecision
from torch import Tensor, nn

from dmenet.errors import InputError
from dmenet.training import DMENet
from dmenet.training.optimisation import weight_averaging
from dmenet.training.resuming.checkpoints import AtomicCheckpointIO, LastCheckpoint
from dmenet.training.resuming.progress import newest_checkpoint
from dmenet.weights.checkpoint import load_blur_estimator
from forked import run_forked
from tiny import TinyData, tiny_model, tiny_trainer

DECAY = 0.5


class Steps(pl.Callback):
    """After each batch how many steps there were, and all parameters and buffers."""

    def __init__(self) -> None:
        self.counts: list[int] = []
        self.states: list[dict[str, Tensor]] = []

    def on_train_batch_end(
        self, trainer: pl.Trainer, module: pl.LightningModule, *unused: object
    ) -> None:
        self.counts.append(trainer.global_step)
        self.states.append({name: t.clone() for name, t in module.state_dict().items()})


class Gradients(pl.Callback):
    """The gradient of each optimiser at its first step."""

    def __init__(self) -> None:
        self.of: dict[int, Tensor] = {}

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, module: pl.LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        gradients = [p.grad for p in optimizer.param_groups[0]["params"] if p.grad is not None]
        number = trainer.optimizers.index(optimizer)
        self.of.setdefault(number, torch.cat([g.flatten() for g in gradients]).clone())


def fit(
    folder: Path, parts: str = "bdcs", batch_size: int = 2, fixed_norm: bool = False, **model: Any
) -> tuple[Steps, Gradients, DMENet]:
    """One epoch in double precision."""
    torch.manual_seed(0)
    module, steps, gradients = tiny_model(parts, **model), Steps(), Gradients()
    for layer in module.modules():
        if fixed_norm and isinstance(layer, nn.BatchNorm2d):
            layer.eval()
    trainer = tiny_trainer(folder, [steps, gradients], precision="64-true", limit_val_batches=0)
    trainer.fit(module, TinyData(module.domains, batch_size=batch_size))
    return steps, gradients, module


def test_batches_that_share_a_step_act_as_one(tmp_path: Path) -> None:
    shared, ours, _ = fit(tmp_path, "bcs", batch_size=1, fixed_norm=True, accumulate_batches=2)
    whole, theirs, _ = fit(tmp_path, "bcs", batch_size=2, fixed_norm=True)
    assert shared.counts == [0, 1, 1, 2, 2, 3, 3, 4]
    assert whole.counts == [1, 2, 3, 4]
    torch.testing.assert_close(ours.of[0], theirs.of[0], rtol=1e-9, atol=1e-15)
    for name, tensor in whole.states[-1].items():
        torch.testing.assert_close(shared.states[-1][name], tensor, rtol=0, atol=1e-10, msg=name)


def test_the_last_batches_of_an_epoch_step_too(tmp_path: Path) -> None:
    steps, ours, _ = fit(tmp_path, accumulate_batches=3)
    assert steps.counts == [0, 0, 1, 2]
    assert ours.of.keys() == {0, 1}


def test_gradients_are_clipped_to_the_norm(tmp_path: Path) -> None:
    _, free, _ = fit(tmp_path)
    _, clipped, _ = fit(tmp_path, clip_gradient_norm=1e-4)
    for number, gradient in free.of.items():
        assert gradient.norm() > 1e-4
        expected = gradient / gradient.norm() * 1e-4
        if number == 1:  # B learns against a D that moved otherwise
            torch.testing.assert_close(clipped.of[number], expected, rtol=1e-2, atol=1e-12)
        assert float(clipped.of[number].norm()) == pytest.approx(1e-4, rel=1e-2)


def test_clipping_is_refused_in_float16(tmp_path: Path) -> None:
    module = tiny_model("b", clip_gradient_norm=1.0)
    scaled = MixedPrecision("16-mixed", "cpu")
    with pytest.raises(InputError, match=r"clip_gradient_norm does not go with .*16-mixed"):
        tiny_trainer(tmp_path, plugins=[scaled]).fit(module, TinyData(module.domains))


class ScaledFloat32(MixedPrecision):
    """Scales losses as in float16, but computes in float32: only the scale can change a step."""

    def forward_context(self) -> AbstractContextManager[None]:
        return nullcontext()


def test_batches_that_share_a_step_are_scaled_alike(tmp_path: Path) -> None:
    found = []
    # The scale doubles at every update.
    scaler = torch.amp.GradScaler("cpu", init_scale=16.0, growth_interval=1)
    for settings in (
        {"plugins": [ScaledFloat32("16-mixed", "cpu", scaler)]},
        {"precision": "32-true"},
    ):
        torch.manual_seed(0)
        module, gradients = tiny_model("bd", accumulate_batches=2), Gradients()
        trainer = tiny_trainer(tmp_path, [gradients], limit_val_batches=0, **settings)
        trainer.fit(module, TinyData(module.domains))
        found.append(gradients.of)
    for number in (0, 1):
        torch.testing.assert_close(found[0][number], found[1][number], rtol=1e-5, atol=1e-9)
    assert scaler.get_scale() == 16 * 2**2, "one update for each of the two steps"


def test_bfloat16_steps_and_validates(tmp_path: Path) -> None:
    module, gradients = tiny_model(), Gradients()
    trainer = tiny_trainer(
        tmp_path, [gradients], precision="bf16-mixed", limit_train_batches=1, max_epochs=1
    )
    trainer.fit(module, TinyData(module.domains))
    assert trainer.global_step == 1
    assert all(p.dtype == torch.float32 for p in module.parameters())
    assert all(gradient.norm() > 0 for gradient in gradients.of.values())
    assert 0 < float(trainer.callback_metrics["val/noise/mse"]) < 1


def average(folder: Path, steps: Steps, epochs: int = 2) -> None:
    """Train with averaged weights, from the newest checkpoint on."""
    newest = newest_checkpoint(folder)
    torch.manual_seed(0)
    module = tiny_model("bd")
    averaging = weight_averaging(DECAY)
    trainer = tiny_trainer(
        folder,
        [averaging, LastCheckpoint(folder), steps],
        max_epochs=epochs,
        plugins=[AtomicCheckpointIO()],
    )
    path = newest.path if newest else None
    trainer.fit(module, TinyData(module.domains), ckpt_path=path, weights_only=True)
    torch.save(dict(trainer.callback_metrics), folder / "metrics.pt")


def test_averaged_weights_are_the_average(tmp_path: Path) -> None:
    steps = Steps()
    average(tmp_path, steps)
    expected = {name: t.double() for name, t in steps.states[0].items()}
    for state in steps.states[1:]:
        for name, tensor in state.items():
            expected[name] += (1 - DECAY) * (tensor.double() - expected[name])
    checkpoint = torch.load(tmp_path / "last.ckpt", weights_only=True)
    moved = 0.0
    for name, tensor in checkpoint["state_dict"].items():
        if tensor.is_floating_point():
            torch.testing.assert_close(tensor.double(), expected[name], rtol=1e-5, atol=1e-7)
            moved = max(moved, float((tensor - steps.states[-1][name]).abs().max()))
    assert moved > 1e-5, "the average must differ from the last weights"
    for name, tensor in checkpoint["current_model_state"].items():
        assert torch.equal(tensor, steps.states[-1][name]), name

    # Prediction takes the averaged B, and validation took it too.
    network, _ = load_blur_estimator(tmp_path / "last.ckpt")
    weight = checkpoint["state_dict"]["blur_estimation." + next(iter(network.state_dict()))]
    assert torch.equal(next(iter(network.state_dict().values())), weight)
    module = tiny_model("bd")
    module.load_state_dict(checkpoint["state_dict"])
    (again,) = tiny_trainer(tmp_path).validate(module, TinyData(()), verbose=False)
    logged = torch.load(tmp_path / "metrics.pt")
    assert again["val/noise/mse"] == pytest.approx(float(logged["val/noise/mse"]), rel=1e-12)


def test_averages_go_on_where_they_were(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder, parts in ((whole, [2]), (cut, [1, 2])):
        folder.mkdir()
        for epochs in parts:
            assert run_forked(average, folder, Steps(), epochs) == 0
    ours, theirs = (torch.load(f / "last.ckpt", weights_only=True) for f in (cut, whole))
    for key in ("state_dict", "current_model_state", "averaging_state"):
        for name, tensor in theirs[key].items():
            assert torch.equal(ours[key][name], tensor), f"{key} {name}"
