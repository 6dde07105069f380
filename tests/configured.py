"""Objects made as commands make them, with settings checked by the types of their arguments."""

from collections.abc import Callable
from typing import Any

from omegaconf import OmegaConf

from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.setting_checks import check_arguments


def built(target: Callable[..., Any], **settings: Any) -> Any:
    """What a configuration that names ``target`` builds."""
    path = f"{target.__module__}.{target.__qualname__}"
    configuration = OmegaConf.create({"_target_": path, **settings})
    check_arguments(configuration, {})
    return build(configuration)
