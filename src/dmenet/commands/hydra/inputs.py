"""Files and folders on a command line, which have no key, as settings that Hydra reads."""

import re
from collections.abc import Sequence
from pathlib import Path

from dmenet.errors import InputError

TAKES_INPUTS = {"predict": "input", "report": "folders", "restore": "photo", "sort": "folder"}
"""The commands that take files or folders without a key, and the setting that holds them."""

FLAGS_WITH_VALUE = {
    "--cfg", "-c", "--package", "-p", "--config-path", "-cp", "--config-name", "-cn",
    "--config-dir", "-cd", "--info", "-i", "--experimental-rerun",
}  # fmt: skip
"""Hydra's flags whose value is the next word."""


def settings_of(command: str, words: Sequence[str]) -> list[str]:
    """The words of a command line with the files and folders among them as one setting.

    Args:
        command: such as ``predict``.
        words: what follows it.

    Raises:
        InputError: the command takes no files or folders, or they are given twice.
    """
    rest: list[str] = []
    inputs: list[str] = []
    for word, before in zip(words, ["", *words], strict=False):
        chosen = inputs if before not in FLAGS_WITH_VALUE and _is_input(command, word) else rest
        chosen.append(word)
    if not inputs:
        return rest
    key = TAKES_INPUTS.get(command)
    if key is None:
        raise InputError(
            f"{inputs[0]!r}: this command takes no files or folders. Settings are given as "
            f"key=value; `dmenet {command} --help` shows them"
        )
    if any(word.startswith(f"{key}=") for word in rest):
        raise InputError(f"{inputs[0]!r} and {key}=...: give one of them, or all without `{key}=`")
    quoted = [quote(_as_path(word)) for word in inputs]
    single = key == "input" and len(quoted) == 1
    return [*rest, f"{key}={quoted[0]}" if single else f"{key}=[{','.join(quoted)}]"]


def _is_input(command: str, word: str) -> bool:
    if word.startswith("-"):
        return False
    if command in TAKES_INPUTS and _exists(word):
        return True
    # Hydra deletes the setting `a.b` by the word `~a.b`.
    is_deletion = word.startswith("~") and not word.startswith("~/")
    return "=" not in word and not is_deletion


def _exists(word: str) -> bool:
    try:
        return Path(word).exists()
    except (OSError, ValueError):
        return False


def _as_path(word: str) -> str:
    """The same path, where a name would mean something else: a home folder, a missing value."""
    return str(Path(word).absolute()) if _exists(word) and word.startswith(("~", "???")) else word


def quote(text: str) -> str:
    """``text`` as a value on Hydra's command line, which is then read as exactly this string."""
    # In OmegaConf `\${` is the text `${`, and backslashes before it count double.
    text = re.sub(r"(\\*)\$\{", r"\1\1\\${", text)
    # In Hydra's quotes, backslashes count double before a quote and at the end.
    text = re.sub(r'(\\*)"', r'\1\1\\"', text)
    return '"' + re.sub(r"(\\+)\Z", r"\1\1", text) + '"'


def paths_of(setting: str | Sequence[str], key: str) -> list[Path]:
    """The paths of a setting that holds one or several.

    Raises:
        InputError: it is neither.
    """
    given = [setting] if isinstance(setting, str) else setting
    if not isinstance(given, Sequence) or not given or not all(isinstance(p, str) for p in given):
        raise InputError(f"{key}={setting}: expected a file or folder, or a list of them")
    try:
        return [Path(path).expanduser() for path in given]
    except RuntimeError as error:
        raise InputError(f"{key}={setting}: no such home folder") from error


def path_of(setting: str, key: str) -> Path:
    """The path of a setting that holds one.

    Raises:
        InputError: it is a list, or no path.
    """
    if not isinstance(setting, str | int) or isinstance(setting, bool) or str(setting) == "":
        raise InputError(f"{key}={setting!r}: expected one file or folder")
    (path,) = paths_of(str(setting), key)
    return path
