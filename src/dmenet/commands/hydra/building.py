"""Objects from the configuration, with errors that a user understands."""

from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import instantiate
from lightning_fabric.utilities.exceptions import MisconfigurationException
from omegaconf import DictConfig

from dmenet.errors import InputError


def build(configuration: DictConfig, **arguments: Any) -> Any:
    """What a configuration describes by its ``_target_``.

    Args:
        configuration: with a ``_target_``, or a mapping of such.
        arguments: more of the target's, which the configuration cannot hold.

    Raises:
        InputError: by what is built, as Hydra would wrap it into an error of its own; or Lightning
            cannot do here what the settings ask for, such as training on GPUs that are not there.
    """
    try:
        return instantiate(configuration, **arguments)
    except InstantiationException as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, InputError):
                raise cause from error
            if isinstance(cause, MisconfigurationException):
                raise InputError(
                    f"{configuration['_target_']}: {cause} Choose other settings, such as "
                    "trainer=ddp_cpu where there is no GPU"
                ) from error
            cause = cause.__cause__
        raise
