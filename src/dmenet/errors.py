"""The errors that commands show without a traceback."""


class InputError(ValueError):
    """Something that the user gave is wrong: a path, a file, a setting.

    The message names the file or key, says what was expected and what to do.
    """


class UnavailableError(InputError):
    """A method or a data set cannot be had here: a file or a package that it needs is absent.

    The message says in one line what is missing and where it can be had: tables show it as a row.
    """


class NonFiniteLossError(RuntimeError):
    """A loss or its gradient became infinite or not a number; it has not touched the weights."""


def own_message(error: Exception) -> str:
    """What an error says, without the traceback that a worker process has put before it."""
    return str(error).rpartition(f"{type(error).__name__}: ")[2]
