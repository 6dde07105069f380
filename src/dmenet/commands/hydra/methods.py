"""From the configuration of estimators to the methods that are compared."""

from functools import partial
from typing import Any, cast

from omegaconf import DictConfig, OmegaConf

from dmenet.commands.hydra.building import build
from dmenet.evaluation import Method
from dmenet.evaluation.methods import identity_of_settings
from dmenet.weights.shipping import shipped


def methods_of(estimators: DictConfig) -> list[Method]:
    """A method for each estimator of a configuration, under its key; none is made yet."""
    return [
        Method(str(name), partial(build, estimator), _identity(estimator))
        for name, estimator in estimators.items()
    ]


def _identity(estimator: DictConfig) -> Any:
    """Settings, with weights by their content: those of a name change with the package."""
    settings = cast("dict[str, Any]", OmegaConf.to_container(estimator, resolve=True))
    if (name := settings.get("weights")) in shipped():
        settings["weights"] = str(shipped()[name])
    return identity_of_settings(settings)
