"""The types of a command's own settings, as its module declares them, and running it by them."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from omegaconf import DictConfig

from dmenet.commands.hydra.setting_checks import check_settings


def own_kinds(command: str) -> Mapping[str, Any]:
    kinds: Mapping[str, Any] = import_module(f"dmenet.commands.{command}").main.kinds
    return kinds


def run_checked(command: str, configuration: DictConfig) -> None:
    """What a command does, with its errors as they are raised."""
    check_settings(configuration, command, own_kinds(command))
    import_module(f"dmenet.commands.{command}").main.function(configuration)
