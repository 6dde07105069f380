"""The command ``python -m dmenet.evaluate``."""

from dmenet.commands.evaluate import main

if __name__ == "__main__":
    main()
