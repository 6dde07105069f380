"""``dmenet COMMAND ...``: becomes ``python -m dmenet.commands.COMMAND ...``."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Replace this process by the command's, so that Lightning can start it again for each rank."""
    commands = sorted(p.stem for p in (Path(__file__).parent / "commands").glob("[!_]*.py"))
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        raise SystemExit(f"usage: dmenet COMMAND ...; commands: {', '.join(commands)}")
    command, *arguments = sys.argv[1:]
    os.execv(sys.executable, [sys.executable, "-m", f"dmenet.commands.{command}", *arguments])


if __name__ == "__main__":
    main()
