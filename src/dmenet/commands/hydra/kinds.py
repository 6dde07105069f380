"""Settings against the types of what takes them: constructors and functions say what they take."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from functools import cache
from inspect import isclass
from pkgutil import resolve_name
from types import NoneType, UnionType
from typing import Any, NamedTuple, Union, Unpack, get_args, get_origin, get_type_hints

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError
from typing_extensions import TypedDict

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


def check_value(key: str, value: Any, kind: Any) -> None:
    """Check that a setting is of a type; numbers are finite, and no text is taken for one.

    Raises:
        InputError: naming key, value and what is expected.
    """
    if (fault := fault_of(value, kind)) is not None:
        raise InputError(f"{key}{fault.place}={fault.value}: expected {fault.expected}")


def check_arguments(configuration: DictConfig, package: str = "") -> None:
    """Check what a configuration builds: the values that it gives, by the types of the arguments.

    Args:
        configuration: with a ``_target_`` somewhere in it.
        package: what begins so is checked, such as ``dmenet.``; empty for all.

    Raises:
        InputError: naming the full key of a value, and what is expected.
    """
    for settings in _built(configuration):
        if not settings["_target_"].startswith(package):
            continue
        kinds = kinds_of(settings["_target_"])
        written: Any = OmegaConf.to_container(settings, resolve=False)
        for name in kinds.keys() & settings.keys():
            try:
                value = plain(settings[name])
            except OmegaConfBaseException:
                continue  # whoever builds it says why
            if not _builds(value):
                key = source_of(written[name]) or settings._get_full_key(name)
                check_value(key, value, kinds[name])


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
