"""The command ``python -m dmenet.synthesize``."""

from dmenet.commands.synthesize import main

if __name__ == "__main__":
    main()
