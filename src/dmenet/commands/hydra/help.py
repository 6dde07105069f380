"""The help of a command: its groups, and its settings with the comments of their files."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import yaml
from omegaconf import OmegaConf

from dmenet.commands.hydra.composing import File, choices_alone, configuration_root, parts_of
from dmenet.commands.hydra.inputs import TAKES_INPUTS

WIDTH = 100

TEMPLATE = """{about}

usage: dmenet {name} {inputs}[setting=value ...] [group=option ...]

Groups, what is chosen from each, and what can be (group=option):

{groups}

Settings with these options (setting=value; level.setting=value):

{settings}

Flags:
  -m, --multirun   a job for each of several values: setting=1,2 or 'setting=range(3)'
  --cfg job        show what the command line amounts to, and do nothing
  --help, --version, --hydra-help

With HYDRA_FULL_ERROR=1 in the environment, errors are shown with their whole traceback."""


def help_text(name: str, overrides: Sequence[str] = ()) -> str:
    """What ``dmenet NAME --help`` prints: with the options that ``overrides`` choose."""
    groups, files = parts_of(name, overrides)
    comments: dict[str, list[str]] = {}
    for file in files:
        comments |= comments_of(file)
    lines = [
        textwrap.fill(
            f"  {key} = {_flow(group.chosen)}   {', '.join(group.options)}",
            WIDTH,
            subsequent_indent=" " * 6,
        )
        for key, group in groups.items()
    ]
    configuration = OmegaConf.to_container(choices_alone(name, overrides), resolve=False)
    own = configuration_root() / "conf" / f"{name}.yaml"
    return TEMPLATE.format(
        about="\n".join(_leading_comment(own.read_text("utf-8").splitlines())),
        name=name,
        inputs="[FILE or FOLDER ...] " if name in TAKES_INPUTS else "",
        groups="\n".join(lines),
        settings="\n".join(_commented(configuration, comments)),
    )


def comments_of(file: File) -> dict[str, list[str]]:
    """The comment before each setting of a file, by the setting's full key.

    What stands at the top of an option's file is on the option as a whole.
    """
    lines = file.path.read_text("utf-8").splitlines()
    top = _leading_comment(lines)
    found = {file.package: top} if file.package else {}
    pending: list[str] = []
    place: list[tuple[int, str]] = []
    for line in lines[len(top) :]:
        text = line.strip()
        key = re.match(r"( *)([\w ()-]+):( |$)", line)
        if text.startswith("#"):
            pending.append(text.removeprefix("#").strip())
        elif key:
            place = [(indent, name) for indent, name in place if indent < len(key[1])]
            place.append((len(key[1]), key[2]))
            if pending:
                names = [name for _, name in place]
                found[".".join([file.package, *names] if file.package else names)] = pending
            pending = []
        else:
            pending = []
    return found


def _leading_comment(lines: Sequence[str]) -> list[str]:
    comment = []
    for line in lines:
        if not line.startswith("#"):
            break
        if "@package" not in line:
            comment.append(line.removeprefix("#").strip())
    return comment


def _commented(
    settings: Any, comments: dict[str, list[str]], above: tuple[str, ...] = ()
) -> Iterator[str]:
    """The lines of the settings, each below its comment, without what only builds objects."""
    indent = "  " * (len(above) + 1)
    for key, value in settings.items():
        path = (*above, str(key))
        below = list(_commented(value, comments, path)) if isinstance(value, dict) else []
        if str(key).startswith("_") or (value and isinstance(value, dict) and not below):
            continue
        yield from (f"{indent}# {line}" for line in comments.get(".".join(path), []))
        yield f"{indent}{key}:" if below else f"{indent}{key}: {_flow(value)}"
        yield from below


def _flow(value: Any) -> str:
    text: str = yaml.safe_dump(value, default_flow_style=True, width=10**6, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")
