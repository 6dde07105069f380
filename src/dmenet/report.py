"""The command ``python -m dmenet.report``."""

from dmenet.commands.report import main

if __name__ == "__main__":
    main()
