"""Which images of a data set are for training and which for test."""

import hashlib
from collections.abc import Container, Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from annotated_types import Ge

from dmenet.errors import InputError

HeldOutEvery = Annotated[int, Ge(3)]
"""Of so many images, one is for validation and one for test."""

SHIPPED = files("dmenet.data") / "splits"


def held_out(
    numbers: Sequence[int], every: int, remainders: Container[int], what: str
) -> list[int]:
    """The places of those of the numbers whose remainder by ``every`` is one of these.

    Raises:
        InputError: there are none; ``what`` says what is too few.
    """
    chosen = [place for place, number in enumerate(numbers) if number % every in remainders]
    if not chosen:
        raise InputError(
            f"{what} are too few to hold out one of {every}: add some, or lower held_out_every"
        )
    return chosen


def read_names(data_set: str, split: str) -> list[str]:
    """The names of the images to test on, without suffixes.

    Args:
        data_set: whose folder in ``splits/`` is looked at.
        split: of a list that comes with the package (``splits/<data_set>/<split>.txt``), or the
            path of one: a name in each line.

    Raises:
        InputError: there is no such list, or it is empty.
    """
    shipped, path = SHIPPED / data_set / f"{split}.txt", Path(split).expanduser()
    if shipped.is_file():
        text = shipped.read_text("utf-8")
    elif path.is_file():
        text = path.read_text("utf-8")
    else:
        known = sorted(Path(entry.name).stem for entry in (SHIPPED / data_set).iterdir())
        raise InputError(
            f"split {split}: neither a list that comes with dmenet ({', '.join(known)}) nor a file "
            "with a name in each line"
        )
    names = [Path(line.strip()).stem for line in text.splitlines() if line.strip()]
    if not names:
        raise InputError(f"split {split}: the list is empty. Expected a name in each line")
    return names


def check_apart(training: Path, test: Path) -> None:
    """Raise ``InputError`` if two folders are one, whatever links lead there."""
    if training.resolve() == test.resolve():
        raise InputError(
            f"{test}: given for training and for test, so that test images would be trained on. "
            "Give test_folder another folder, or leave it out to hold out some of the images"
        )


def drawn(names: Iterable[str], count: int, seed: str) -> set[str]:
    """A random choice among names, which hardly changes when some of them are missing.

    Args:
        names: to choose from.
        count: how many.
        seed: decides which.
    """

    def rank(name: str) -> str:
        return hashlib.sha256(f"{seed} {name}".encode()).hexdigest()

    return set(sorted(names, key=rank)[:count])
