"""The errors that commands show without a traceback."""

from math import isfinite


class InputError(ValueError):
    """Something that the user gave is wrong: a path, a file, a setting.

    The message names the file or key, says what was expected and what to do.
    """


class UnavailableError(InputError):
    """A method or a data set cannot be had here: a file or a package that it needs is absent.

    The message says in one line what is missing and where it can be had: tables show it as a row.
    """


class OutputError(InputError, OSError):
    """A file or folder cannot be written; the message names it and says why."""


class NonFiniteLossError(RuntimeError):
    """A loss or its gradient became infinite or not a number; it has not touched the weights."""


def own_message(error: Exception) -> str:
    """What an error says, without the traceback that a worker process has put before it."""
    return str(error).rpartition(f"{type(error).__name__}: ")[2]


def check_number(
    setting: str,
    value: object,
    *,
    least: float | None = None,
    over: float | None = None,
    most: float | None = None,
    whole: bool = False,
    multiple_of: int = 1,
) -> None:
    """Check that a setting is a finite number in its range.

    Args:
        setting: its name, for the message.
        value: what the user gave.
        least: the smallest value allowed.
        over: what the value must exceed.
        most: the largest value allowed.
        whole: whether only integers are allowed.
        multiple_of: of which a whole number must be a multiple.

    Raises:
        InputError: it is not; naming setting, value and range.
    """
    kinds = (int,) if whole else (int, float)
    fits = isinstance(value, kinds) and not isinstance(value, bool) and isfinite(value)
    if fits:
        assert isinstance(value, int | float)
        fits = (
            (least is None or value >= least)
            and (over is None or value > over)
            and (most is None or value <= most)
            and (multiple_of == 1 or value % multiple_of == 0)
        )
    if not fits:
        words = "a whole number" if whole else "a number"
        if multiple_of != 1:
            words = f"a multiple of {multiple_of}"
        bounds = {"over": over, "at least": least, "at most": most}
        given = [f"{word} {bound:g}" for word, bound in bounds.items() if bound is not None]
        raise InputError(f"{setting}={value}: expected {' '.join([words, ' and '.join(given)])}")
