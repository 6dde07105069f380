"""The command ``python -m dmenet.predict``."""

from dmenet.commands.predict import main

if __name__ == "__main__":
    main()
