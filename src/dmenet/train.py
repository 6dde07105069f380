"""The command ``python -m dmenet.train``."""

from dmenet.commands.train import main

if __name__ == "__main__":
    main()
