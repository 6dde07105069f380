"""The order of a step, what it touches, what it counts and how it stops."""

from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor, nn

from dmenet.errors import InputError, NonFiniteLossError
from dmenet.training import DMENet
from dmenet.training.resuming.checkpoints import AtomicCheckpointIO
from dmenet.training.resuming.metrics_file import MetricsFile, read_rows
from official import PAPER_WEIGHTS
from tiny import TinyData, tiny_model, tiny_trainer

MAIN = ("blur_estimation", "auxiliary", "sharpness_calibration")


def parameters(module: pl.LightningModule, *parts: str) -> dict[str, Tensor]:
    return {n: p.detach().clone() for n, p in module.named_parameters() if n.startswith(parts)}


def changed(before: dict[str, Tensor], after: dict[str, Tensor]) -> set[str]:
    return {name for name in before if not torch.equal(before[name], after[name])}


class Watch(pl.Callback):
    """Weights before each optimiser's step, and after the last."""

    def __init__(self) -> None:
        self.states: list[dict[str, Tensor]] = []

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, module: pl.LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        self.states.append(parameters(module, ""))

    def on_train_batch_end(
        self, trainer: pl.Trainer, module: pl.LightningModule, *unused: object
    ) -> None:
        self.states.append(parameters(module, ""))


def test_each_step_leaves_the_others_networks_unchanged(tmp_path: Path) -> None:
    module, watch = tiny_model(), Watch()
    tiny_trainer(tmp_path, [watch], max_steps=1).fit(module, TinyData(module.domains))
    start, between, end = watch.states
    by_d, by_main = changed(start, between), changed(between, end)
    assert by_d
    assert all(name.startswith("domain_adaptation") for name in by_d)
    assert all(name.startswith(MAIN) for name in by_main)
    for part in MAIN:
        assert any(name.startswith(part) for name in by_main), f"{part} did not learn"
    frozen = {n for n, p in module.named_parameters() if n.endswith("norm.weight")}
    assert not frozen & (by_d | by_main), "batch norm must not scale"


def test_only_real_features_receive_the_adversarial_gradient() -> None:
    module = tiny_model("bd")
    batch = {d: {"image": torch.rand(2, 3, 32, 32)} for d in module.domains}
    batch["synthetic"]["defocus"] = torch.rand(2, 1, 32, 32)
    estimates = {d: module.blur_estimation(batch[d]["image"]) for d in module.domains}
    for estimate in estimates.values():
        estimate.feature.retain_grad()
    module._main_losses(batch, estimates)["adversarial"].backward()
    assert estimates["synthetic"].feature.grad is None
    assert float(estimates["real"].feature.grad.abs().sum()) > 0
    assert float(estimates["unlabelled"].feature.grad.abs().sum()) > 0


@pytest.mark.parametrize(
    ("parts", "auxiliary", "domains", "terms"),
    [
        ("b", True, "synthetic", "defocus auxiliary"),
        ("b", False, "synthetic", "defocus"),
        ("bd", True, "synthetic real unlabelled", "defocus auxiliary adversarial discriminator"),
        ("bc", True, "synthetic", "defocus auxiliary content"),
        ("bs", False, "synthetic real", "defocus sharpness"),
        ("bdcs", False, "synthetic real unlabelled",
         "defocus content sharpness adversarial discriminator"),
    ],
)  # fmt: skip
def test_what_is_off_costs_nothing(
    tmp_path: Path, parts: str, auxiliary: bool, domains: str, terms: str
) -> None:
    module = tiny_model(parts, auxiliary)
    assert module.domains == tuple(domains.split())
    trainer = tiny_trainer(tmp_path, max_epochs=2)
    trainer.fit(module, TinyData(module.domains))
    assert trainer.global_step == 8, "global_step counts batches, whatever the optimisers"
    logged = {n.removeprefix("train/") for n in trainer.callback_metrics if n.startswith("train/")}
    assert logged == {*terms.split(), "total"}


def test_the_total_is_the_weighted_sum(tmp_path: Path) -> None:
    module = tiny_model()
    trainer = tiny_trainer(tmp_path, max_steps=1)
    trainer.fit(module, TinyData(module.domains))
    logged = trainer.callback_metrics
    terms = ("defocus", "auxiliary", "content", "sharpness", "adversarial")
    expected = sum(module.loss_weights[t] * float(logged[f"train/{t}"]) for t in terms)
    assert float(logged["train/total"]) == pytest.approx(expected, rel=1e-6)


def test_weights_and_features_lie_channels_last(tmp_path: Path) -> None:
    module, features = tiny_model(), []
    module.blur_estimation.residual.register_forward_hook(lambda *seen: features.append(seen[2]))
    tiny_trainer(tmp_path, max_steps=1).fit(module, TinyData(module.domains))
    kernels = [p for p in module.parameters() if p.ndim == 4]
    assert all(feature.shape[1] > 1 for feature in features), "one channel lies either way"
    for tensor in [*kernels, *features]:
        assert tensor.is_contiguous(memory_format=torch.channels_last)


def test_the_rate_drops_per_epoch(tmp_path: Path) -> None:
    module = tiny_model(learning_rate=1e-3, decay_factor=0.5, decay_every_epochs=2)
    trainer = tiny_trainer(tmp_path, max_epochs=5)
    trainer.fit(module, TinyData(module.domains))
    for optimiser in trainer.optimizers:
        assert optimiser.param_groups[0]["lr"] == pytest.approx(1e-3 * 0.5**2)


def test_the_rate_that_is_logged_is_the_epochs_own(tmp_path: Path) -> None:
    module = tiny_model("b", learning_rate=1e-3, decay_factor=0.5, decay_every_epochs=1)
    file = MetricsFile(tmp_path)
    tiny_trainer(tmp_path, max_epochs=3, logger=file).fit(module, TinyData(module.domains))
    rows = read_rows(tmp_path / "csv/version_0/metrics.csv")[1]
    logged = [float(row["learning_rate"]) for row in rows if row["learning_rate"]]
    assert logged == pytest.approx([1e-3, 5e-4, 2.5e-4])


def test_validation_scores_whole_images_of_any_size(tmp_path: Path) -> None:
    module = tiny_model()
    trainer = tiny_trainer(tmp_path)
    trainer.fit(module, TinyData(module.domains))
    names = {name for name in trainer.callback_metrics if name.startswith("val/noise/")}
    assert {"val/noise/mse", "val/noise/mae", "val/noise/accuracy"} <= names
    again = tiny_trainer(tmp_path).validate(module, TinyData(()), verbose=False)[0]
    assert again["val/noise/mse"] == pytest.approx(float(trainer.callback_metrics["val/noise/mse"]))


@pytest.mark.parametrize(("batch_norm", "passes"), [("separately", 3), ("together", 1)])
def test_domains_share_batch_norm_or_do_not(batch_norm: str, passes: int) -> None:
    module = tiny_model("bd", batch_norm=batch_norm)
    batch = {
        d: {"image": (i + 1) * torch.rand(2, 3, 32, 32) / 3} for i, d in enumerate(module.domains)
    }
    estimates = module._estimates(batch)
    norm = next(m for m in module.blur_estimation.modules() if isinstance(m, nn.BatchNorm2d))
    assert int(norm.num_batches_tracked) == passes
    everything = torch.cat([batch[d]["image"] for d in module.domains])
    whole = module.blur_estimation(everything)
    alone = module.blur_estimation(batch["real"]["image"])
    expected = alone.defocus if batch_norm == "separately" else whole.defocus[2:4]
    torch.testing.assert_close(estimates["real"].defocus, expected)
    expected = alone.feature if batch_norm == "separately" else whole.feature[2:4]
    torch.testing.assert_close(estimates["real"].feature, expected)


class Spoil(pl.Callback):
    """Makes one batch's label or one weight not a number."""

    def __init__(self, step: int, what: str) -> None:
        self.step = step
        self.what = what

    def on_train_batch_start(
        self, trainer: pl.Trainer, module: DMENet, batch: dict, batch_idx: int
    ) -> None:
        if trainer.global_step == self.step:
            if self.what == "label":
                batch["synthetic"]["defocus"][0, 0, 0, 0] = torch.nan
            else:
                module.loss_weights["sharpness"] = torch.inf


@pytest.mark.parametrize(
    ("what", "message"), [("label", "defocus is nan"), ("weight", "gradient of .*sharpness")]
)
def test_a_loss_that_is_not_finite_stops_the_run(tmp_path: Path, what: str, message: str) -> None:
    keep = ModelCheckpoint(tmp_path, save_last=True, every_n_train_steps=1)
    module = tiny_model()
    trainer = tiny_trainer(tmp_path, [Spoil(2, what), keep], plugins=[AtomicCheckpointIO()])
    with pytest.raises(NonFiniteLossError, match=rf"{message}.*step 2 \(epoch 0\)"):
        trainer.fit(module, TinyData(module.domains))
    last = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert last["global_step"] == 2
    assert all(bool(t.isfinite().all()) for t in last["state_dict"].values())


def test_weights_of_losses_are_checked() -> None:
    with pytest.raises(InputError, match=r"model.loss_weights names \['defocus'\]"):
        DMENet(tiny_model().blur_estimation, unit="sigma7", loss_weights={"defocus": 1.0})


def test_the_encoder_has_its_own_rate_and_the_cosine_ends_low(tmp_path: Path) -> None:
    module = tiny_model(
        "bs",
        learning_rate=1e-2,
        encoder_learning_rate=1e-3,
        schedule="cosine",
        warm_up_steps=2,
        regression_loss="charbonnier",
    )
    rates: list[list[float]] = []

    class Rates(pl.Callback):
        def on_train_batch_start(self, trainer: pl.Trainer, *unused: object) -> None:
            rates.append([g["lr"] for g in trainer.optimizers[0].param_groups])

    trainer = tiny_trainer(tmp_path, [Rates()], max_epochs=3)
    trainer.fit(module, TinyData(module.domains))
    others, encoder = zip(*rates, strict=True)
    assert encoder == pytest.approx([r / 10 for r in others])
    assert others[0] == pytest.approx(1e-2 / 3, rel=0.02)
    assert max(others) == others[2]
    assert list(others[2:]) == sorted(others[2:], reverse=True)
    assert others[-1] < 0.05 * others[2]


def test_reblurred_photographs_need_data_that_has_them(tmp_path: Path) -> None:
    weights = {**PAPER_WEIGHTS, "reblurring": 0.3}
    module = tiny_model("b", loss_weights=weights)
    assert module.domains == ("synthetic", "unlabelled")
    with pytest.raises(InputError, match=r"data\.reblur=true"):
        tiny_trainer(tmp_path).fit(module, TinyData(module.domains))


def test_reblurred_photographs_are_learnt_from(tmp_path: Path) -> None:
    module = tiny_model(
        "b", loss_weights={**PAPER_WEIGHTS, "reblurring": 0.3}, batch_norm="together"
    )
    trainer = tiny_trainer(tmp_path, max_steps=1)
    trainer.fit(module, TinyData(module.domains, reblur=True))
    assert 0 < float(trainer.callback_metrics["train/reblurring"]) < 1
