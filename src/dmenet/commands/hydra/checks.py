"""What is wrong with the settings of a command before it starts."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from hydra._internal.utils import get_args_parser
from omegaconf import DictConfig, OmegaConf

from dmenet.commands.hydra.composing import choices_alone, configuration_root, setting_keys
from dmenet.commands.hydra.kinds import check_arguments, check_value, plain
from dmenet.errors import InputError


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


def check_settings(configuration: DictConfig, name: str, kinds: Mapping[str, Any]) -> None:
    """Refuse settings that nothing reads, that are missing, or that are of another type.

    Args:
        configuration: of a command.
        name: of the command.
        kinds: the types of settings of its own.

    Raises:
        InputError: naming the keys.
    """
    for key, kind in kinds.items():
        if key in configuration:
            check_value(key, plain(configuration[key]), kind)
    # What others build may stand for something else at first, such as trainer.precision=auto.
    check_arguments(configuration, "dmenet.")
    check_keys(configuration, name)


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
