"""The command ``python -m dmenet.demo``."""

from dmenet.commands.demo import main

if __name__ == "__main__":
    main()
