"""Odd values of the numbers among the settings, where they are used: a line, and no traceback.

Every number of the data and of the model of ``dmenet train`` is given every odd value.
"""

from functools import cache
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.composing import configuration_root, set_configuration_root
from dmenet.commands.train import check_crop
from dmenet.errors import InputError
from dmenet.networks import BlurEstimator, BlurNetwork, MobileBlurEstimator
from dmenet.training.resuming.checkpoints import LastCheckpoint
from dmenet.training.trainer_settings import check_trainer_settings

ODD = (-1, 0, 1e9, "abc", float("nan"), [], {})
TAKEN = {
    ("data.num_workers", 0), ("data.seed", 0), ("data.num_workers", 1e9),
    ("model.clip_gradient_norm", 1e9), ("model.learning_rate", 1e9), ("model.decay_factor", 1e9),
    ("model.warm_up_steps", 0), ("model.warm_up_steps", 1e9), ("data.known_blur", 0),
}  # fmt: skip
"""Values that are odd elsewhere."""


@cache
def training() -> DictConfig:
    set_configuration_root()
    with initialize_config_dir(str(configuration_root() / "conf"), version_base="1.3"):
        return compose("train", ["subnetworks=b", "data=embedded"])


def numbers(node: DictConfig, prefix: str) -> list[str]:
    found = []
    for key in map(str, node):
        value = node[key]
        if isinstance(value, DictConfig):
            found += numbers(value, f"{prefix}.{key}")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found.append(f"{prefix}.{key}")
    return found


KEYS = [
    *numbers(training().data, "data"),
    *numbers(training().model, "model"),
    "model.clip_gradient_norm",
]


def test_the_walk_meets_the_settings_that_people_change() -> None:
    assert {
        "data.crop", "data.batch_size", "data.num_workers", "data.seed", "model.learning_rate",
        "model.decay_factor", "model.decay_every_epochs", "model.accumulate_batches",
        "model.blur_estimation.width", "model.loss_weights.defocus",
    } <= {*KEYS}  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_odd_values_are_refused_by_name(key: str) -> None:
    group, _, name = key.partition(".")
    for value in ODD:
        if any(key == taken and value == odd for taken, odd in TAKEN):
            continue
        if key.startswith("model.loss_weights") and value in (0, 1e9):
            continue
        configuration = OmegaConf.create(OmegaConf.to_container(training(), resolve=False))
        OmegaConf.update(configuration, key, value, merge=False, force_add=True)
        arguments: dict[str, Any] = {"domains": ["synthetic"]} if group == "data" else {}
        with pytest.raises(InputError, match=rf"{name.rpartition('.')[2]}"):
            build(configuration[group], **arguments)


# `-1` is all devices, or no limit; the numbers are Lightning's to read.
TAKEN_BY_TRAINER: tuple[tuple[str, Any], ...] = (
    ("devices", -1), ("log_every_n_steps", 1e9), ("max_epochs", -1), ("max_steps", -1),
    ("limit_train_batches", 1e9), ("limit_val_batches", 1e9), ("overfit_batches", 1e9),
    ("val_check_interval", 1e9), ("limit_val_batches", 0), ("min_epochs", 0),
    ("num_sanity_val_steps", -1), ("num_sanity_val_steps", 0), ("overfit_batches", 0),
    ("max_time", {}),
)  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["accelerator", "check_val_every_n_epoch", "devices", "limit_train_batches",
     "limit_val_batches", "log_every_n_steps", "max_epochs", "max_steps", "max_time", "min_epochs",
     "num_nodes", "num_sanity_val_steps", "overfit_batches", "precision", "profiler", "strategy",
     "val_check_interval"],
)  # fmt: skip
def test_odd_values_of_the_trainer_are_refused_by_name(name: str) -> None:
    def make(settings: DictConfig) -> None:
        check_trainer_settings(settings)
        build(settings, logger=False)
        pytest.fail(f"{settings[name]!r} is taken")

    for value in ODD:
        if (name, value) not in TAKEN_BY_TRAINER:
            configuration = OmegaConf.create(OmegaConf.to_container(training(), resolve=False))
            key = f"trainer.{name}"
            OmegaConf.update(configuration, key, value, merge=False, force_add=True)
            with pytest.raises(InputError, match="trainer"):
                make(configuration.trainer)


@pytest.mark.parametrize(
    "settings", [{"every_n_steps": value} for value in (0, -1, 0.5, "abc", float("nan"))]
    + [{"every_minutes": value} for value in (-1, "abc", float("nan"))],
)  # fmt: skip
def test_odd_intervals_between_checkpoints_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(settings))):
        LastCheckpoint("checkpoints", **settings)


@pytest.mark.parametrize("crop", [4800, 816])
def test_a_crop_that_no_image_gives_is_refused_before_memory_is_filled(crop: int) -> None:
    configuration = OmegaConf.create(OmegaConf.to_container(training(), resolve=False))
    configuration.data.crop = crop
    with pytest.raises(InputError, match=f"crop={crop}: expected .* at most 800"):
        build(configuration.data, domains=["synthetic"])


@pytest.mark.parametrize(
    ("network", "crop", "multiple"),
    [(BlurEstimator(0.03), 8, 16), (BlurEstimator(0.03), 40, 16), (MobileBlurEstimator(), 48, 32)],
)
def test_a_crop_that_the_network_does_not_take_is_refused(
    network: BlurNetwork, crop: int, multiple: int
) -> None:
    with pytest.raises(InputError, match=f"data.crop={crop}: expected a multiple of {multiple}"):
        check_crop(crop, network)
    check_crop(2 * multiple, network)
