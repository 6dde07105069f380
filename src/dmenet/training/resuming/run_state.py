"""What a run says of itself: what it is, from its start, and that it is finished."""

import json
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from lightning_utilities.core.rank_zero import rank_zero_only
from omegaconf import DictConfig, OmegaConf

from dmenet.files import replacing
from dmenet.reporting.studies.runs import FINISHED_FILE, RUN_FILE
from dmenet.training.resuming.progress import epochs_asked_for


def is_finished(folder: Path, settings: dict[str, Any], end: dict[str, Any]) -> bool:
    """Whether the run in a folder has reached its end.

    Args:
        folder: of the run.
        settings: that decide what it computes.
        end: the settings that decide when it ends, see ``end_asked_for``.
    """
    if not (folder / FINISHED_FILE).is_file():
        return False
    before = json.loads((folder / FINISHED_FILE).read_text())
    return bool(before["settings"] == settings and before.get("end") == end)


def end_asked_for(configuration: DictConfig) -> dict[str, Any]:
    """The settings that decide when a run ends: epochs, and callbacks that stop it early."""
    callbacks: Any = OmegaConf.to_container(configuration.callbacks, resolve=True)
    stopping = [
        settings
        for settings in callbacks.values()
        if settings and "EarlyStopping" in str(settings.get("_target_"))
    ]
    trainer = configuration.trainer
    asked = {"max_epochs": epochs_asked_for(trainer), "min_epochs": trainer.get("min_epochs")}
    return {**asked, "early_stopping": stopping}


def objective_of(folder: Path) -> float | None:
    """The objective that a finished run reached; None if it had none."""
    value: float | None = json.loads((folder / FINISHED_FILE).read_text())["objective"]
    return value


def write_description(folder: Path, configuration: DictConfig) -> None:
    """Say what the run in a folder is: its row in tables, how S is built, its seed."""
    content = {
        "row": row_name(configuration),
        "calibration": calibration_name(configuration),
        "seed": configuration.seed,
        "loss_weights": dict(configuration.model.loss_weights),
        "overrides": list(HydraConfig.get().overrides.task),
    }
    _write(folder / RUN_FILE, content)


def write_finished(
    folder: Path,
    settings: dict[str, Any],
    end: dict[str, Any],
    epochs: int,
    objective: float | None,
) -> None:
    """Say that the run in a folder is done after so many epochs, so that it is not run again."""
    content = {"epochs": epochs, "end": end, "objective": objective, "settings": settings}
    _write(folder / FINISHED_FILE, content)


def row_name(configuration: DictConfig) -> str:
    """The row of Table 5, named as in ``conf/subnetworks``, by the parts that there are."""
    model = configuration.model
    parts = {"d": "domain_adaptation", "c": "content_preservation", "s": "sharpness_calibration"}
    letters = "b" + "".join(letter for letter, part in parts.items() if model[part] is not None)
    return letters if model.auxiliary is not None else f"{letters}_without_aux"


def calibration_name(configuration: DictConfig) -> str:
    """How S is built: "1x1", "3x3", "direct" (no S, its loss on B's map), or "none"."""
    calibration = configuration.model.sharpness_calibration
    if calibration is None:
        return "none"
    size = calibration.get("kernel_size")
    return f"{size}x{size}" if size else "direct"


@rank_zero_only
def _write(path: Path, content: dict[str, Any]) -> None:
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n")
