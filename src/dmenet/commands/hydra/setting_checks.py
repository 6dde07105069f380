"""The settings of a command against what takes them: names, and types as constructors say them."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from difflib import get_close_matches
from functools import cache
from inspect import isclass
from pkgutil import resolve_name
from types import NoneType, UnionType
from typing import Any, NamedTuple, Union, Unpack, get_args, get_origin, get_type_hints

from hydra._internal.utils import get_args_parser
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationKeyError, OmegaConfBaseException
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError
from typing_extensions import TypedDict

from dmenet.commands.hydra.composing import choices_alone, configuration_root, setting_keys
from dmenet.errors import InputError

STRICT = ConfigDict(strict=True, arbitrary_types_allowed=True, allow_inf_nan=False)

FROM_ANOTHER = re.compile(r"\$\{(?:oc\.select:)?(\w[\w.]*)(?:,.*)?\}")
"""A value that is another setting's, such as ``${tile}`` and ``${oc.select:tile,1024}``."""


class Built(TypedDict):
    """What something is built of, whatever else there is."""

    _target_: str


SeveralBuilt = Mapping[str, Built]
"""Of a group of which several options are taken, such as ``estimator``."""

SETTINGS_OF_ITS_OWN = "settings of its own, with a _target_"
WORDS = {
    "bool_type": "true or false",
    "callable_type": SETTINGS_OF_ITS_OWN,
    "dict_type": "values by name",
    "finite_number": "a number",
    "float_type": "a number",
    "greater_than": "a number over {gt:g}",
    "greater_than_equal": "a number of at least {ge:g}",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "is_instance_of": SETTINGS_OF_ITS_OWN,
    "less_than_equal": "a number of at most {le:g}",
    "literal_error": "{expected}",
    "list_type": "a list",
    "needs_python_object": SETTINGS_OF_ITS_OWN,
    "multiple_of": "a multiple of {multiple_of:g}",
    "predicate_failed": "[low, high]",
    "string_type": "text",
    "too_long": "a list of at most {max_length}",
    "too_short": "a list of at least {min_length}",
    "tuple_type": "a list",
}
"""What was expected, by pydantic's name of an error; other errors are in its own words."""


class Fault(NamedTuple):
    """What is wrong with a value."""

    place: str
    """Of the wrong part in it, such as ``[0]``."""
    value: Any
    expected: str


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
        kinds: the types of settings of its own, and of arguments that it takes more of than what is
            built does, by their full keys: ``trainer.precision``.

    Raises:
        InputError: naming the keys.
    """
    for key, kind in kinds.items():
        if key in configuration:
            try:
                value = plain(configuration[key])
            except InterpolationKeyError as error:
                raise InputError(of_nothing(error)) from error
            check_value(key, value, kind)
    check_arguments(configuration, kinds)
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


def of_nothing(error: InterpolationKeyError) -> str:
    """What a setting that takes another one's value lacks, such as ``weights.bdcs``."""
    found = re.search(r"key '(.+)' not found\n.*full_key: (\S+)", str(error))
    assert found
    key, reader = found.groups()
    place, _, name = key.rpartition(".")
    what = f"{place}: has no {name}" if place else f"{key}: no such setting"
    return f"{what}, whose value {reader} takes; give {key}=... or {reader}=..."


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


def check_value(key: str, value: Any, kind: Any) -> None:
    """Check that a setting is of a type; numbers are finite, and no text is taken for one.

    Raises:
        InputError: naming key, value and what is expected.
    """
    if (fault := fault_of(value, kind)) is not None:
        raise InputError(f"{key}{fault.place}={fault.value}: expected {fault.expected}")


def check_arguments(configuration: DictConfig, own: Mapping[str, Any]) -> None:
    """Check the values in a configuration by the types of the arguments of what it builds.

    Args:
        configuration: with a ``_target_`` somewhere in it.
        own: types that count in place of those, by full key.

    Raises:
        InputError: naming the full key of a value, and what is expected.
    """
    for settings in _built(configuration):
        kinds = kinds_of(settings["_target_"])
        written: Any = OmegaConf.to_container(settings, resolve=False)
        for name in kinds.keys() & settings.keys():
            try:
                value = plain(settings[name])
            except OmegaConfBaseException:
                continue  # whoever builds it says why
            if not _builds(value):
                key = settings._get_full_key(name)
                check_value(source_of(written[name]) or key, value, own.get(key, kinds[name]))


def plain(value: Any) -> Any:
    """A value of a configuration, with Python's dictionaries and lists."""
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value


def source_of(value: Any) -> str | None:
    """The setting that ``value`` takes its value from, if it is written so."""
    found = FROM_ANOTHER.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else None


def _built(settings: Any) -> Iterator[DictConfig]:
    """What has a ``_target_``, however deep."""
    if not OmegaConf.is_config(settings) or settings._is_none() or settings._is_interpolation():
        return
    if isinstance(settings, DictConfig) and isinstance(settings.get("_target_"), str):
        yield settings
    for name in settings if isinstance(settings, DictConfig) else range(len(settings)):
        yield from _built(settings._get_node(name))


def _builds(value: Any) -> bool:
    """Whether something in a value is yet to be built."""
    if isinstance(value, dict):
        return "_target_" in value or any(map(_builds, value.values()))
    return isinstance(value, list) and any(map(_builds, value))


@cache
def kinds_of(target: str) -> Mapping[str, Any]:
    """The types of the arguments of what ``_target_`` names; none of what does not say."""
    try:
        function = resolve_name(target)
        is_plain = not isclass(function) or is_dataclass(function)
        hints = get_type_hints(function if is_plain else function.__init__, include_extras=True)
    except (ImportError, AttributeError, ValueError, NameError):
        # Whoever builds it says what is not there; some names are there for type checkers alone.
        return {}
    kinds: dict[str, Any] = {}
    for name, kind in hints.items():
        if get_origin(kind) is Unpack:
            kinds |= get_type_hints(get_args(kind)[0], include_extras=True)
        else:
            kinds[name] = kind
    return kinds


def fault_of(value: Any, kind: Any) -> Fault | None:
    """What makes a value none of a type, if anything."""
    if get_origin(kind) not in (Union, UnionType):
        return _fault(value, kind)
    kinds = [one for one in get_args(kind) if one is not NoneType]
    null = NoneType in get_args(kind)
    if value is None and null:
        return None
    faults = [fault for one in kinds if (fault := _fault(value, one)) is not None]
    if len(faults) < len(kinds):
        return None
    if inside := [fault for fault in faults if fault.place]:
        return inside[0]  # the value itself is of that type
    words = [*dict.fromkeys(fault.expected for fault in faults), *(["null"] if null else [])]
    return Fault("", value, " or ".join(words))


def _fault(value: Any, kind: Any) -> Fault | None:
    if is_dataclass(kind) or getattr(kind, "_is_protocol", False):
        return Fault("", value, SETTINGS_OF_ITS_OWN)
    adapter = _adapter(kind)
    if adapter is None:
        return None
    try:
        # As JSON, of which a list is also good for a tuple.
        adapter.validate_json(json.dumps(value))
    except ValidationError as error:
        first = error.errors()[0]
        expected = WORDS.get(first["type"], first["msg"].removeprefix("Input should be "))
        words = expected.format(**first.get("ctx", {}))
        *outer, last = first["loc"] or (None,)
        if first["type"] != "missing":
            place = _place(first["loc"])
            return Fault(place, first["input"] if place else value, words)
        # The place is that of what is not there.
        if isinstance(last, str):
            return Fault(_place(outer), first["input"], SETTINGS_OF_ITS_OWN)
        return Fault("", value, f"a list of {len(get_args(kind))}")
    return None


def _place(parts: Iterable[int | str]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any] | None:
    """None of a type that pydantic does not know."""
    try:
        return TypeAdapter(kind, config=STRICT)
    except PydanticUserError:
        return None
