"""What a run was asked for, by which it is the same run when resumed, and whether that is done."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from dmenet.run_file import read_run
from dmenet.weights.initial import content_of

ENDLESS = -1

DECISIVE = (
    "model",
    "data",
    "seed",
    "initial_weights",
    "callbacks.average",
    "trainer.devices",
    "trainer.limit_train_batches",
    "trainer.limit_val_batches",
    "trainer.num_nodes",
    "trainer.overfit_batches",
    "trainer.precision",
    "trainer.sync_batchnorm",
)
"""The settings, and groups of them, that decide what a run computes."""
FREE_TO_DIFFER = {"archive", "folder", "num_workers", "protocol", "test_folder", "test_folders"}
"""Those among the data's that do not, and may change between the parts of a resumed run."""


def decisive_settings(configuration: DictConfig) -> dict[str, object]:
    """The settings that decide what a run computes, flat: "model.learning_rate" and so on.

    Initial weights are there by their content, wherever their file lies. With ``schedule=cosine``,
    the rates depend on when the run ends.
    """
    flat: dict[str, object] = {}

    def flatten(key: str, value: object) -> None:
        if isinstance(value, dict) and value:
            for name, item in value.items():
                flatten(f"{key}.{name}", item)
        elif not (key.startswith("data.") and FREE_TO_DIFFER & set(key.split("."))):
            flat[key] = value

    resolved = OmegaConf.create(OmegaConf.to_container(configuration, resolve=True))
    cosine = OmegaConf.select(resolved, "model.schedule") == "cosine"
    for key in (*DECISIVE, *(("trainer.max_epochs", "trainer.max_steps") if cosine else ())):
        chosen = OmegaConf.select(resolved, key)
        if chosen is not None:
            is_group = OmegaConf.is_config(chosen)
            flatten(key, OmegaConf.to_container(chosen) if is_group else chosen)
    for key, value in flat.items():
        if key.startswith("initial_weights.") and value is not None:
            flat[key] = content_of(key, str(value))
    return flat


def epochs_asked_for(trainer: DictConfig) -> int:
    """The number of epochs as Lightning reads it: 1000 where none is given, ``ENDLESS`` for -1."""
    epochs = trainer.get("max_epochs")
    return 1000 if epochs is None else int(epochs)


def end_asked_for(configuration: DictConfig) -> dict[str, Any]:
    """The settings that decide when a run ends: epochs, steps, time, callbacks that stop early."""
    settings: Any = OmegaConf.to_container(configuration, resolve=True)
    trainer, callbacks = settings["trainer"], settings["callbacks"].values()
    return {
        "max_epochs": epochs_asked_for(trainer),
        "min_epochs": trainer.get("min_epochs"),
        "max_steps": trainer.get("max_steps", ENDLESS),
        "max_time": trainer.get("max_time"),
        "early_stopping": [
            callback
            for callback in callbacks
            if callback and "EarlyStopping" in str(callback.get("_target_"))
        ],
    }


def is_finished(folder: Path, settings: dict[str, Any], end: dict[str, Any]) -> bool:
    """Whether the run in a folder has reached its end.

    Args:
        folder: of the run.
        settings: that decide what it computes.
        end: the settings that decide when it ends, see ``end_asked_for``.
    """
    run = read_run(folder)
    return run.get("finished", {}).get("end") == end and run.get("settings") == settings


def objective_of(folder: Path) -> float | None:
    """The objective that a finished run reached; None if it had none."""
    value: float | None = read_run(folder)["finished"].get("objective")
    return value


def about(configuration: DictConfig) -> dict[str, Any]:
    """What a run is, for reports."""
    model = configuration.model
    return {
        "row": row_name(model),
        "calibration": calibration_name(model),
        "seed": configuration.seed,
        "loss_weights": dict(model.loss_weights),
    }


def row_name(model: DictConfig) -> str:
    """The row of Table 5, named as in ``conf/subnetworks``, by the parts that there are."""
    parts = {"d": "domain_adaptation", "c": "content_preservation", "s": "sharpness_calibration"}
    letters = "b" + "".join(letter for letter, part in parts.items() if model[part] is not None)
    return letters if model.auxiliary is not None else f"{letters}_without_aux"


def calibration_name(model: DictConfig) -> str:
    """How S is built: "1x1", "3x3", or, without S, "direct" (its loss on B's map) and the like."""
    calibration = model.sharpness_calibration
    if calibration is None:
        return "none"
    size = calibration.get("kernel_size")
    name = str(calibration["_target_"]).rpartition(".")[2].removesuffix("Calibrator").lower()
    return f"{size}x{size}" if size else name
