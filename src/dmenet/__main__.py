"""``dmenet COMMAND ...``: becomes ``python -m dmenet.commands.COMMAND ...``."""

import ast
import os
import sys
from difflib import get_close_matches
from importlib.metadata import version
from pathlib import Path

from dmenet.commands.hydra.inputs import settings_of
from dmenet.errors import InputError

USAGE = """usage: dmenet COMMAND [FILE ...] [setting=value ...] [group=option ...]

{commands}

dmenet COMMAND --help shows its settings, dmenet --version the version.
Completion in bash, likewise zsh and fish: eval "$(dmenet --shell-completion install=bash)"
"""
COMPLETION = ("--shell-completion", "-sc")
WITHOUT_IMPORT = {"--help", "-h", "--version", *COMPLETION}
"""Flags that are answered by the configuration alone, without a wait for PyTorch."""

WITHOUT_SETTINGS = ("demo",)
"""Commands that Hydra has no part in."""


def main() -> None:
    """Replace this process by the command's, so that Lightning can start it again for each rank."""
    commands = descriptions()
    command, *words = sys.argv[1:] or ["--help"]
    if command in ("--help", "-h"):
        width = max(map(len, commands))
        lines = [f"  {name:{width}}  {line}" for name, line in commands.items()]
        print(USAGE.format(commands="\n".join(lines)), end="")
    elif command == "--version":
        print(f"dmenet {version('dmenet')}")
    elif command in COMPLETION:
        complete(list(commands), words)
    elif command not in commands:
        near = get_close_matches(command, commands, n=1)
        hint = f"did you mean {near[0]}?" if near else f"commands: {', '.join(commands)}"
        fail(f"{command}: no such command; {hint}")
    elif WITHOUT_IMPORT & {*words} and command not in WITHOUT_SETTINGS:
        run_without_import(command, words)
    else:
        try:
            settings = settings_of(command, words)
        except InputError as error:
            fail(f"{command}: {error}")
        os.execv(sys.executable, [sys.executable, "-m", f"dmenet.commands.{command}", *settings])


def descriptions() -> dict[str, str]:
    """What each command does, from the first line of its module, which is not imported."""
    found = {}
    for path in sorted((Path(__file__).parent / "commands").glob("[!_]*.py")):
        line = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").partition("\n")[0]
        found[path.stem] = line.removeprefix(f"``dmenet {path.stem}``: ")
    return found


def complete(commands: list[str], words: list[str]) -> None:
    """Answer the shell: names of commands by us, and what follows one by Hydra.

    The shell hands over the line that it completes in the variable ``COMP_LINE``.
    """
    line = os.environ.get("COMP_LINE", "")
    before = line.split()[1:] if line.endswith(" ") else line.split()[1:-1]
    if not words or not words[0].startswith("query="):
        run_without_import("train", [COMPLETION[0], *words])
    elif not before:
        print(*commands, sep="\n")
    elif before[0] in commands and before[0] not in WITHOUT_SETTINGS:
        os.environ["COMP_LINE"] = line.split(maxsplit=1)[1]
        run_without_import(before[0], [COMPLETION[0], *words])


def run_without_import(command: str, words: list[str]) -> None:
    """Have Hydra answer in this process for a command that is not run."""
    from dmenet.commands.hydra.configuration import command as command_of

    # Hydra's script for completion is for the program that this names.
    sys.argv = ["dmenet", *words]
    command_of(command)(lambda configuration: None)()


def fail(message: str) -> None:
    """Say what is wrong and exit with status 2."""
    print(f"dmenet: {message}", file=sys.stderr)
    raise SystemExit(2)


if __name__ == "__main__":
    main()
