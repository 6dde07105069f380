"""What of a data set is there: what ``dmenet.commands.datasets`` tells people."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from dmenet.errors import InputError
from dmenet.images.reading import image_size

MOST_SIZES = 3
MOST_NAMED = 5

T = TypeVar("T")


@dataclass
class Status:
    """What was found out about a data set.

    Attributes:
        folder: where it was looked for.
        facts: what is there: counts, sizes, conventions.
        missing: what is not there, but may do without.
        problems: what is wrong.
        absent: whether there is nothing at all.
    """

    folder: Path | None
    facts: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    absent: bool = False

    @contextmanager
    def noting_problems(self) -> Iterator[None]:
        """Note an ``InputError`` of the block as a problem, and continue."""
        try:
            yield
        except InputError as error:
            self.problems.append(str(error))

    @property
    def word(self) -> str:
        """How it is, in a word."""
        if self.absent:
            return "absent"
        if self.problems:
            return "wrong"
        return "incomplete" if self.missing else "ready"


def some_of(items: Sequence[T], most: int) -> Sequence[T]:
    """At most so many of the items, evenly spread."""
    return items[:: -(-len(items) // most) or 1]


def named(names: Iterable[str]) -> str:
    """The first few of many names."""
    every = list(names)
    rest = len(every) - MOST_NAMED
    return ", ".join(every[:MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def sizes(images: Iterable[Path]) -> str:
    """The commonest sizes of images, of which only the headers are read."""
    counts = Counter(image_size(path) for path in images)
    shown = [
        f"{size[0]} x {size[1]} ({count})" if size else f"unreadable ({count})"
        for size, count in counts.most_common(MOST_SIZES)
    ]
    rest = len(counts) - len(shown)
    return "sizes " + ", ".join(shown) + (f" and {rest} others" if rest else "")
