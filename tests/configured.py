"""Objects made as commands make them, with settings checked by the types of their arguments."""

from collections.abc import Callable
from typing import Any

from omegaconf import OmegaConf

from dmenet.commands.hydra.building import build


def built(target: Callable[..., Any], **settings: Any) -> Any:
    """What a configuration that names ``target`` builds."""
    path = f"{target.__module__}.{target.__qualname__}"
    return build(OmegaConf.create({"_target_": path, **settings}))
