"""The configuration of a command, composed without running it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from hydra import compose, initialize_config_dir
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobRuntime
from hydra.errors import HydraException, OverrideParseException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

ROOT_VARIABLE = "DMENET_CONFIGURATION_ROOT"


def configuration_root() -> Path:
    """The folder that holds ``conf/`` and ``sweeps/``: the package, or the checkout it lies in."""
    package = Path(__file__).parents[2]
    return package if (package / "conf").is_dir() else package.parents[1]


def set_configuration_root() -> None:
    """Set the variable that ``hydra.searchpath`` reads, so that sweeps are found from anywhere."""
    os.environ[ROOT_VARIABLE] = str(configuration_root())


def parsed(overrides: Sequence[str]) -> list[Override]:
    """The overrides of a command line that can be read, without those of Hydra's own settings."""
    parser, found = OverridesParser.create(), []
    for text in overrides:
        try:
            (override,) = parser.parse_overrides([text])
        except OverrideParseException:
            continue
        if not override.key_or_group.startswith(("hydra.", "hydra/")):
            found.append(override)
    return found


def choices_alone(name: str, overrides: Sequence[str]) -> DictConfig:
    """The configuration of a command by the choices of options among the overrides.

    What the values of single settings would change is as the options say it. Choices that Hydra
    cannot follow are left out.
    """
    chosen = [_one_choice(o) for o in parsed(overrides) if is_group(o.key_or_group)]
    with config_loader():
        try:
            return compose(name, [choice for choice in chosen if choice is not None])
        except (HydraException, OmegaConfBaseException, ValueError):
            return compose(name)


def _one_choice(override: Override) -> str | None:
    """The override itself, or the first choice of a sweep; None if no choice is listed."""
    if not override.is_sweep_override():
        return override.input_line
    if not override.is_discrete_sweep():
        return None
    return f"{override.get_key_element()}={next(override.sweep_string_iterator())}"


@contextmanager
def config_loader() -> Iterator[ConfigLoader]:
    """What composes configurations, beside the one of the command that may be running."""
    set_configuration_root()
    instance = GlobalHydra.instance()
    running, instance.hydra = instance.hydra, None
    # The name of the command, which the folders of the next job of a multirun are called by.
    job_name = JobRuntime.instance().conf.name
    try:
        with initialize_config_dir(str(configuration_root() / "conf"), version_base="1.3"):
            loader = instance.config_loader()
            assert loader is not None
            yield loader
    finally:
        instance.hydra = running
        JobRuntime.instance().set("name", job_name)


def is_group(key: str) -> bool:
    """Whether a key chooses an option of a group."""
    root = configuration_root()
    return key == "sweeps" or "/" in key or (root / "conf" / key).is_dir()


def without_weights() -> list[str]:
    """The options of ``estimator`` that need no weights."""
    files = sorted((configuration_root() / "conf" / "estimator").glob("*.yaml"))
    return [file.stem for file in files if "${weights}" not in file.read_text("utf-8")]


class Group(NamedTuple):
    """A group of options, from which one or several are chosen."""

    chosen: str | list[str] | None
    options: list[str]


class File(NamedTuple):
    """A file of ``conf/`` that a configuration is composed from."""

    path: Path
    package: str
    """Where its content goes, such as ``data``; empty for the top."""


class Parts(NamedTuple):
    """What the configuration of a command is composed from."""

    groups: dict[str, Group]
    """By the key that chooses, such as ``data`` and ``data/synthetic``."""
    files: list[File]


def parts_of(name: str, overrides: Sequence[str]) -> Parts:
    """The groups that a command reads, and the files of the options that are chosen.

    Hydra's own groups are left out.
    """
    conf = configuration_root() / "conf"
    with config_loader() as loader:
        defaults = loader.compute_defaults_list(name, list(overrides), RunMode.RUN)
    groups = {
        key: Group(chosen, options_of(key.partition("@")[0]))
        for key, chosen in sorted(defaults.overrides.known_choices.items())
        if key.partition("/")[0] != "hydra"
    }
    files = [
        File(conf / f"{default.config_path}.yaml", default.package or "")
        for default in defaults.defaults
        if default.config_path is not None
    ]
    return Parts(groups, [file for file in files if file.path.is_file()])


def options_of(group: str) -> list[str]:
    """The options of a group, which are the files of its folder."""
    root = configuration_root()
    folder = root / "sweeps" if group == "sweeps" else root / "conf" / group
    return sorted(path.stem for path in folder.glob("*.yaml"))


def setting_keys(configuration: DictConfig) -> list[str]:
    """The full key of every setting, such as ``trainer.max_epochs``, and of what holds others.

    What only builds objects, such as ``_target_``, is left out.
    """
    container = OmegaConf.to_container(configuration, resolve=False)
    return [".".join(path) for path in _paths(container) if not path[-1].startswith("_")]


def _paths(container: Any) -> Iterator[tuple[str, ...]]:
    if isinstance(container, dict):
        for key, value in container.items():
            yield (str(key),)
            yield from ((str(key), *path) for path in _paths(value))
