"""The command ``python -m dmenet.tables``."""

from dmenet.commands.tables import main

if __name__ == "__main__":
    main()
