"""Every argument of Lightning's Trainer works as documented or is refused with what to do."""

import inspect
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl

from dmenet.errors import InputError
from dmenet.training.trainer_settings import (
    REFUSED,
    check_trainer_settings,
    fast_precision,
)
from forked import run_forked
from tiny import TinyData, tiny_model, tiny_trainer

TRIED: dict[str, Any] = {
    "accelerator": "cpu",
    "strategy": "auto",
    "devices": 1,
    "num_nodes": 1,
    "precision": "32-true",
    "fast_dev_run": 2,
    "max_epochs": 1,
    "min_epochs": 1,
    "max_steps": 9,
    "max_time": "00:01:00:00",
    "overfit_batches": 0,
    "limit_train_batches": 1,
    "limit_val_batches": 1,
    "val_check_interval": 0.5,
    "check_val_every_n_epoch": 1,
    "num_sanity_val_steps": 1,
    "log_every_n_steps": 1,
    "enable_progress_bar": False,
    "enable_model_summary": True,
    "deterministic": True,
    "benchmark": False,
    "inference_mode": False,
    "profiler": "simple",
    "detect_anomaly": True,
    "sync_batchnorm": False,
    "enable_autolog_hparams": False,
}


def test_every_argument_is_tried_or_refused() -> None:
    assert {*TRIED, *REFUSED} == set(inspect.signature(pl.Trainer).parameters)
    assert not TRIED.keys() & REFUSED.keys()


def test_what_is_taken_works(tmp_path: Path) -> None:
    def fit() -> None:
        # One after the other would take minutes; `fast_dev_run` hides some of the others.
        for hidden in ("fast_dev_run", "limit_train_batches"):
            settings = {name: value for name, value in TRIED.items() if name != hidden}
            check_trainer_settings(settings)
            trainer = tiny_trainer(tmp_path, **settings)
            module = tiny_model("bd")
            trainer.fit(module, TinyData(module.domains))
            assert trainer.global_step == (1 if hidden == "fast_dev_run" else 2)

    assert run_forked(fit) == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"gradient_clip_val": 1.0}, r"gradient_clip_val=1.0 .*model.clip_gradient_norm"),
        ({"accumulate_grad_batches": 4}, "set model.accumulate_batches"),
        ({"enable_checkpointing": False}, "resumed from its checkpoints"),
        ({"max_steps": 0}, "at least 1"),
        ({"limit_train_batches": 0}, "limit_train_batches=0: expected a number of batches"),
        ({"logger": False}, "logger=csv"),
        ({"max_epochs": 0}, "at least 1"),
        ({"val_check_interval": "00:00:01:00"}, "number of batches"),
        ({"max_epoch": 3}, "did you mean trainer.max_epochs"),
    ],
)
def test_what_is_refused_names_ours(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_trainer_settings(settings)


def test_defaults_of_lightning_are_taken() -> None:
    for name, (harmless, _) in REFUSED.items():
        for value in harmless:
            check_trainer_settings({name: value})


@pytest.mark.parametrize(("has", "expected"), [(True, "bf16-mixed"), (False, "32-true")])
def test_auto_asks_the_device(has: bool, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def answer(device: Any) -> bool:
        asked.append(device.type)
        return has

    monkeypatch.setattr("dmenet.training.trainer_settings.has_bfloat16", answer)
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    assert fast_precision({"accelerator": "cpu"}) == fast_precision({}) == expected
    assert asked == ["cpu", "cuda"]
