"""When a run counts as finished."""

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from dmenet.run_file import update_run
from dmenet.training.resuming.run_state import end_asked_for, is_finished

SETTINGS = {"seed": 0}


def configuration(callbacks: dict[str, Any] | None = None, **trainer: Any) -> DictConfig:
    return OmegaConf.create({"trainer": trainer, "callbacks": callbacks or {"average": None}})


def test_a_run_has_finished_for_what_was_asked_alone(tmp_path: Path) -> None:
    asked = end_asked_for(configuration(max_epochs=2))
    assert not is_finished(tmp_path, SETTINGS, asked)
    update_run(tmp_path, settings=SETTINGS)
    assert not is_finished(tmp_path, SETTINGS, asked)
    update_run(tmp_path, finished={"end": asked})
    assert is_finished(tmp_path, SETTINGS, asked)
    stopping = {"early": {"_target_": "pytorch_lightning.callbacks.EarlyStopping", "patience": 3}}
    for other in (
        configuration(max_epochs=3),
        configuration(max_epochs=2, min_epochs=1),
        configuration(max_epochs=-1),
        configuration(max_epochs=None),
        configuration(stopping, max_epochs=2),
        configuration(max_epochs=2, max_steps=5),
        configuration(max_epochs=2, max_time="00:01:00:00"),
    ):
        assert not is_finished(tmp_path, SETTINGS, end_asked_for(other))
    assert not is_finished(tmp_path, {"seed": 1}, asked)


def test_a_run_that_stopped_early_has_finished_for_that_callback(tmp_path: Path) -> None:
    stopping = {"early": {"_target_": "pytorch_lightning.callbacks.EarlyStopping", "patience": 3}}
    asked = end_asked_for(configuration(stopping, max_epochs=20))
    update_run(tmp_path, settings=SETTINGS, finished={"end": asked})
    assert is_finished(tmp_path, SETTINGS, asked)
    stopping["early"]["patience"] = 9
    assert not is_finished(
        tmp_path, SETTINGS, end_asked_for(configuration(stopping, max_epochs=20))
    )
