"""Objects from the configuration, with errors that a user understands."""

from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import DictConfig

from dmenet.errors import InputError


def build(configuration: DictConfig) -> Any:
    """What a configuration describes by its ``_target_``.

    Raises:
        InputError: by what is built; Hydra would wrap it into an error of its own.
    """
    try:
        return instantiate(configuration)
    except InstantiationException as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, InputError):
            cause = cause.__cause__
        if cause is None:
            raise
        raise cause from error
