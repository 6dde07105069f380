"""The command ``python -m dmenet.datasets``."""

from dmenet.commands.datasets import main

if __name__ == "__main__":
    main()
