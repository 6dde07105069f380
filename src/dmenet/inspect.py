"""The command ``python -m dmenet.inspect``."""

from dmenet.commands.inspect import main

if __name__ == "__main__":
    main()
