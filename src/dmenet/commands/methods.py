"""From the configuration of estimators to the methods that are compared."""

from functools import partial
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from dmenet.errors import InputError
from dmenet.evaluation import Method
from dmenet.evaluation.methods import identity_of_settings


def methods_of(estimators: DictConfig) -> list[Method]:
    """A method for each estimator of a configuration, under its key; none is made yet."""
    return [
        Method(
            str(name),
            partial(made, estimator),
            identity_of_settings(OmegaConf.to_container(estimator, resolve=True)),
        )
        for name, estimator in estimators.items()
    ]


def made(settings: DictConfig) -> Any:
    """What settings describe; its complaints about them and about files come as they were made."""
    try:
        return instantiate(settings)
    except InstantiationException as error:
        if isinstance(error.__cause__, InputError):
            raise error.__cause__ from None
        raise
