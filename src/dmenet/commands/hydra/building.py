"""Objects from the configuration, with errors that a user understands."""

import re
from collections.abc import Iterator
from inspect import signature
from typing import Any

from hydra.errors import InstantiationException
from hydra.utils import get_object, instantiate
from omegaconf import DictConfig, OmegaConf

from dmenet.commands.hydra.setting_checks import nearest, source_of
from dmenet.errors import InputError


def build(configuration: DictConfig, **arguments: Any) -> Any:
    """What a configuration describes by its ``_target_``; ``check_settings`` has seen its types.

    Args:
        configuration: with a ``_target_``, or a mapping of such.
        arguments: more of the target's, which the configuration cannot hold.

    Raises:
        InputError: by what is built, as Hydra would wrap it into an error of its own; or a value or
            a name is not what the target takes; or Lightning cannot do here what the settings ask
            for, such as training on GPUs that are not there.
    """
    try:
        return instantiate(configuration, **arguments)
    except InstantiationException as error:
        causes = list(_causes(error))
        place = _place(error)
        for cause in causes:
            if isinstance(cause, InputError):
                raise type(cause)(_with_full_key(str(cause), place, configuration)) from error
        for cause in causes:
            if is_lightnings(cause):
                raise InputError(
                    f"{place or configuration['_target_']}: {cause} Choose other settings, such as "
                    "trainer=ddp_cpu where there is no GPU"
                ) from error
            if isinstance(cause, TypeError | ValueError):
                raise InputError(_of_python(cause, place, configuration)) from error
        raise


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _place(error: InstantiationException) -> str:
    """The full key of what could not be built, which is the last line of Hydra's message."""
    found = re.search(r"\nfull_key: (.+)\Z", str(error))
    return found[1] if found else ""


def is_lightnings(error: BaseException) -> bool:
    """Whether Lightning refuses the settings; it is not imported for commands that do without."""
    return type(error).__name__ == "MisconfigurationException"


def _settings_at(place: str, configuration: DictConfig) -> Any:
    root = configuration._get_root()
    return OmegaConf.select(root, place) if place else configuration


def _with_full_key(text: str, place: str, configuration: DictConfig) -> str:
    """A message with the full keys of settings, where it names arguments: ``tile=100``."""
    settings = _settings_at(place, configuration)
    if not (place and isinstance(settings, DictConfig)):
        return text
    values = OmegaConf.to_container(settings, resolve=False)
    assert isinstance(values, dict)
    for name, value in values.items():
        key = source_of(value) or f"{place}.{name!s}"
        text = re.sub(rf"(?<![\w.]){re.escape(str(name))}(?==| is )", key, text)
    return text


def _of_python(error: BaseException, place: str, configuration: DictConfig) -> str:
    """A message on a value or a name that the target does not take."""
    if found := re.search(r"unexpected keyword argument '(\w+)'", str(error)):
        settings = _settings_at(place, configuration)
        known = [str(key) for key in settings if key != found[1]]
        near = nearest(found[1], known)
        key = f"{place}.{found[1]}" if place else found[1]
        hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
        return f"{key}: no such setting; {hint}"
    return f"{place or configuration.get('_target_')}: {' '.join(str(error).split())}"


def target_that_takes(argument: str, settings: Any) -> str | None:
    """What these settings build, if it has such an argument."""
    if not isinstance(settings, DictConfig) or "_target_" not in settings:
        return None
    target = get_object(settings._target_)
    return str(settings._target_) if argument in signature(target).parameters else None
