"""What the errors of Hydra, OmegaConf and Lightning mean, in one line.

Hydra says most of them over several lines and with advice that our settings refuse.
"""

import os
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from hydra.errors import (
    ConfigCompositionException,
    HydraException,
    MissingConfigException,
    OverrideParseException,
)
from omegaconf import OmegaConf
from omegaconf.errors import InterpolationKeyError, OmegaConfBaseException

from dmenet.commands.hydra.building import is_lightnings, target_that_takes
from dmenet.commands.hydra.composing import (
    choices_alone,
    options_of,
    parts_of,
    setting_keys,
    without_weights,
)
from dmenet.commands.hydra.inputs import quote
from dmenet.commands.hydra.interruption import status_of
from dmenet.commands.hydra.setting_checks import did_you_mean, nearest, of_nothing
from dmenet.errors import InputError, NonFiniteLossError, own_message


@contextmanager
def errors_in_a_line(name: str, overrides: Sequence[str] = ()) -> Iterator[None]:
    """End the command ``name`` with one line where the user can mend what went wrong.

    The environment variable ``HYDRA_FULL_ERROR=1`` has the whole traceback shown.
    """
    try:
        yield
    except KeyboardInterrupt as interruption:
        print(f"\n{name}: interrupted", file=sys.stderr)
        raise SystemExit(status_of(interruption)) from None
    except Exception as error:
        text = explanation(error, name, overrides)
        if text is None or os.environ.get("HYDRA_FULL_ERROR") == "1":
            raise
        print(f"{name}: {text}", file=sys.stderr)
        raise SystemExit(2) from error


def explanation(error: Exception, name: str, overrides: Sequence[str] = ()) -> str | None:
    """What an error says to a user; None if it is not the user's to mend.

    Args:
        error: what was raised.
        name: of the command.
        overrides: the settings on its command line.
    """
    if isinstance(error, InputError | NonFiniteLossError):
        return own_message(error)
    if isinstance(error, OverrideParseException):
        return _unreadable(error.override)
    if isinstance(error, MissingConfigException) and (message := _no_such_option(error)):
        return message
    if isinstance(error, ConfigCompositionException):
        return _not_composed(error, name, overrides)
    if isinstance(error, ValueError) and "Config group override must be" in str(error):
        return "null is no option of a group: to choose none, give ~group, such as ~experiment"
    if isinstance(error, HydraException | OmegaConfBaseException) or is_lightnings(error):
        return _absent(error) or _in_a_line(error)
    return None


def _absent(error: BaseException) -> str | None:
    """What an error says of a setting that is referred to, or of a group without a choice."""
    text = str(error)
    if isinstance(error, InterpolationKeyError):
        return of_nothing(error)
    found = re.search(r"Key '(\w+)' is not in struct", text)
    if found and (options := options_of(found[1])):
        return f"{found[1]}: nothing is chosen; options: {', '.join(options)}"
    return None


def _in_a_line(error: BaseException) -> str:
    """The message of an error, and of what caused it where it says nothing, without line breaks."""
    text = str(error)
    if isinstance(error, HydraException) and isinstance(error.__cause__, OmegaConfBaseException):
        text = f"{text} {error.__cause__}"
    return " ".join(text.split())


def _unreadable(override: str) -> str:
    key, equals, value = override.partition("=")
    if not equals:
        return f"{override}: expected a setting as key=value"
    return (
        f"{override}: Hydra cannot read the value. Quote it for Hydra and for the shell: "
        + shlex.quote(f"{key}={quote(value)}")
    )


def _no_such_option(error: MissingConfigException) -> str | None:
    found = re.search(r"Could not (?:find|load) '(.+)/(.*)'", str(error))
    options = options_of(found[1]) if found else []
    if not (found and options):
        return None
    near = nearest(found[2], options)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    without = without_weights() if found[1] == "estimator" else []
    beside = f"; without weights: {', '.join(without)}" if without else ""
    return f"{found[1]}={found[2]}: no such option; {hint}options: {', '.join(options)}{beside}"


def _not_composed(error: ConfigCompositionException, name: str, overrides: Sequence[str]) -> str:
    text = str(error)
    if found := re.search(r"Ambiguous value for argument '(.+)'\n", text):
        key, _, value = found[1].partition("=")
        return (
            f"{found[1]}: a comma separates the values of a sweep, which needs -m. For a list give "
            f"{shlex.quote(f'{key}=[{value}]')}, for text {shlex.quote(f'{key}={quote(value)}')}"
        )
    if found := re.search(r"Could not override '([^']+)'", text):
        return _no_such_setting(found[1], name, overrides)
    if found := re.search(r"Error merging override (.+)", text):
        for kind, words in (("DictConfig", "values by name"), ("ListConfig", "a list")):
            if f"Cannot merge {kind} with" in str(error.__cause__):
                return f"{found[1]}: expected {words}"
    return _in_a_line(error)


def refused(argument: str) -> str | None:
    """What to do instead of giving an argument of Lightning's Trainer, if a run refuses it."""
    from dmenet.training.trainer_settings import REFUSED  # which imports Lightning

    return REFUSED[argument][1] if argument in REFUSED else None


def _no_such_setting(key: str, name: str, overrides: Sequence[str]) -> str:
    configuration = choices_alone(name, overrides)
    place, _, argument = key.rpartition(".")
    if target := target_that_takes(argument, OmegaConf.select(configuration, place or "_none")):
        if place == "trainer" and (instead := refused(argument)):
            return f"{key} is not possible: {instead}"
        return f"{key} has no value in the configuration, but {target} takes it: give +{key}=..."
    groups = list(parts_of(name, ()).groups)
    known = groups if "/" in key else [*setting_keys(configuration), *groups]
    return f"{key}: no such setting{did_you_mean(nearest(key, known), name)}"
