"""``python -m dmenet.contact_sheet``; see ``commands/contact_sheet.py``."""

from dmenet.commands.contact_sheet import main

if __name__ == "__main__":
    main()
