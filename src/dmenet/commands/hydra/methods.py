"""From the configuration of estimators to the methods that are compared."""

from functools import partial

from omegaconf import DictConfig, OmegaConf

from dmenet.commands.hydra.building import build
from dmenet.evaluation import Method
from dmenet.evaluation.methods import identity_of_settings


def methods_of(estimators: DictConfig) -> list[Method]:
    """A method for each estimator of a configuration, under its key; none is made yet."""
    return [
        Method(
            str(name),
            partial(build, estimator),
            identity_of_settings(OmegaConf.to_container(estimator, resolve=True)),
        )
        for name, estimator in estimators.items()
    ]
