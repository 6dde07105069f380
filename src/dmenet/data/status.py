"""What of a data set is there: what ``dmenet.commands.datasets`` tells people."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dmenet.images.reading import image_size

MOST_SIZES = 3
MOST_NAMED = 5


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

    @property
    def word(self) -> str:
        """How it is, in a word."""
        if self.absent:
            return "absent"
        if self.problems:
            return "wrong"
        return "incomplete" if self.missing else "ready"


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
