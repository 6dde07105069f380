"""What is wrong with the settings of a command before it starts."""

from collections.abc import Sequence
from difflib import get_close_matches
from math import isnan
from numbers import Real
from typing import Any

from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from dmenet.commands.hydra.composing import choices_alone, configuration_root, parsed, setting_keys
from dmenet.errors import InputError, check_number

OF_SEVERAL_KINDS = ("data.batch_size", "trainer.devices")
"""Settings that are a number, or numbers by domain; or a number, text or a list."""


def check_flags(name: str, unknown: Sequence[str], overrides: Sequence[str]) -> None:
    """Refuse flags that Hydra does not have.

    Raises:
        InputError: naming the first, and the nearest flag or setting.
    """
    if unknown:
        word = unknown[0].partition("=")[0]
        flags = list(get_args_parser()._option_string_actions)
        near = get_close_matches(word, flags, n=1)
        settings = nearest(word.lstrip("-"), setting_keys(choices_alone(name, overrides)))
        hints = [*near, *(f"{setting}=..." for setting in settings)]
        raise InputError(f"{word}: no such flag{did_you_mean(hints, name)}")


def check_settings(configuration: DictConfig, name: str) -> None:
    """Refuse settings that nothing reads, that are missing, or whose kind is not their default's.

    Raises:
        InputError: naming the keys.
    """
    check_keys(configuration, name)
    if HydraConfig.initialized():
        check_kinds(configuration, name, list(HydraConfig.get().overrides.task))


def check_keys(configuration: DictConfig, name: str) -> None:
    """Refuse settings that nothing reads and settings that are missing.

    Hydra takes ``+sweep=x`` (for ``sweeps=x``) as a new key and would run the default silently.
    """
    file = configuration_root() / "conf" / f"{name}.yaml"
    content = OmegaConf.to_container(OmegaConf.load(file), resolve=False)
    assert isinstance(content, dict)
    groups = [key for entry in content["defaults"] if isinstance(entry, dict) for key in entry]
    known = {*content, *(group.removeprefix("optional ") for group in groups)}
    known -= {"defaults", "hydra"}
    for key in map(str, configuration):
        if key not in known:
            near = nearest(key, sorted(known))
            hint = f": did you mean {near[0]}?" if near else f": known are {sorted(known)}"
            raise InputError(f"unknown setting {key!r}{hint}")
    if missing := sorted(OmegaConf.missing_keys(configuration)):
        example = " ".join(f"{key}=..." for key in missing)
        raise InputError(f"missing settings: {', '.join(missing)}. Give them as `{example}`")


def check_kinds(configuration: DictConfig, name: str, overrides: Sequence[str]) -> None:
    """Refuse text where the default is a number, and the like.

    The whole numbers among a command's own settings are counts, and seeds: none is negative.
    """
    keys = [o.key_or_group for o in parsed(overrides) if not (o.is_add() or o.is_delete())]
    defaults = choices_alone(name, overrides) if keys else configuration
    for key in keys:
        default, value = _value(defaults, key), _value(configuration, key)
        expected = _expected(default)
        if expected is None or value is None or key in OF_SEVERAL_KINDS:
            continue
        if "." not in key and isinstance(default, int) and not isinstance(default, bool):
            check_number(key, value, least=0, whole=True)
            continue
        kind, words = expected
        is_kind = isinstance(value, kind) and isinstance(value, bool) == (kind is bool)
        is_nan = isinstance(value, float) and isnan(value)
        if not is_kind or is_nan or (value == [] and kind is not list):
            raise InputError(f"{key}={value}: expected {words}, such as {default}")


def _value(configuration: DictConfig, key: str) -> Any:
    try:
        value = OmegaConf.select(configuration, key)
    except OmegaConfBaseException:
        return None
    return OmegaConf.to_container(value) if OmegaConf.is_config(value) else value


def _expected(default: Any) -> tuple[type | tuple[type, ...], str] | None:
    """The type that goes with a default, and what it is called; None if any may."""
    if isinstance(default, bool):
        return bool, "true or false"
    if isinstance(default, Real):
        # A list is a range from which one is drawn; who takes none says so.
        return (int, float, list), "a number"
    if isinstance(default, list):
        return list, "a list"
    if isinstance(default, dict):
        return dict, "settings of its own"
    return None


def nearest(key: str, known: Sequence[str]) -> list[str]:
    """The known keys that a misspelt one may stand for, the nearest first, at most three."""
    end = key.rpartition(".")[2]
    ends = [other for other in known if other.rpartition(".")[2] == end]
    return [*dict.fromkeys([*get_close_matches(key, known, cutoff=0.7), *ends])][:3] or [
        other for other in known if get_close_matches(end, [other.rpartition(".")[2]], cutoff=0.75)
    ][:3]


def did_you_mean(hints: Sequence[str], name: str) -> str:
    """The end of a message on something that does not exist."""
    if hints:
        return f". Did you mean {' or '.join(hints)}?"
    return f". `dmenet {name} --help` shows what there is"
