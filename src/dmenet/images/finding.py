"""Which files a user means by photographs and folders, and what of them is left out and why."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from dmenet.errors import InputError
from dmenet.images.reading import (
    HEIC_SUFFIXES,
    IMAGE_SUFFIXES,
    RAW_SUFFIXES,
    heic_needs,
    raw_needs,
)

WRITTEN_ENDINGS = (
    "_sigma_px.npy", "_sigma_px.tiff", "_sigma_px.png", "_preview.png", "_mask.png",
)  # fmt: skip
"""What ``dmenet predict`` writes; a second run does not take it for photographs."""

OTHER_PICTURES = (".avif", ".gif", ".jp2", ".jxl", ".psd", ".svg", ".xcf")
MOST_NAMED = 5


@dataclass(frozen=True)
class FoundPhotograph:
    """A photograph that the user named, or that lies in a folder that they named.

    Attributes:
        path: of the file.
        name: its path in that folder, or its own name.
    """

    path: Path
    name: Path


@dataclass
class Found:
    """What was found.

    Attributes:
        photographs: in the order of the inputs, sorted within each folder.
        skipped: paths in named folders that are no photographs that can be read, by the reason.
    """

    photographs: list[FoundPhotograph] = field(default_factory=list)
    skipped: dict[str, list[Path]] = field(default_factory=dict)

    def skip(self, path: Path, reason: str) -> None:
        """Note what is left out."""
        self.skipped.setdefault(reason, []).append(path)

    def skipped_in_words(self) -> list[str]:
        """A line for each reason."""
        lines = []
        for reason, paths in sorted(self.skipped.items()):
            names = ", ".join(path.name for path in paths[:MOST_NAMED])
            more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
            lines.append(f"Skipped {names}{more}: {reason}")
        return lines


def find_photographs(
    inputs: Sequence[Path], recursive: bool = False, leave_out: Path | None = None
) -> Found:
    """The photographs that a user's paths stand for.

    A file is taken whatever its suffix. A folder gives the photographs in it, those of its
    subfolders only if asked for; links are followed. Hidden files and folders are left out, and
    not mentioned. A file that is named twice is taken once.

    Args:
        inputs: files and folders.
        recursive: whether subfolders are searched.
        leave_out: a folder that is not searched, such as that of the results.

    Raises:
        InputError: a path does not exist, or there is no photograph.
    """
    found = Found()
    for path in inputs:
        if path.is_dir():
            _look_into(path, found, recursive, leave_out)
        elif path.is_file():
            found.photographs.append(FoundPhotograph(path, Path(path.name)))
        else:
            what = "is a link to nothing" if path.is_symlink() else "no such file or folder"
            raise InputError(
                f"{path}: {what}. Expected an image or a folder of images "
                f"({', '.join(IMAGE_SUFFIXES)}); check the path"
            )
    unique = {each.path.resolve(): each for each in reversed(found.photographs)}
    found.photographs = list(reversed(unique.values()))
    if not found.photographs:
        raise InputError(
            "\n".join(
                [
                    f"{', '.join(map(str, inputs))}: no images in it. Expected files of "
                    f"{', '.join(IMAGE_SUFFIXES)}",
                    *found.skipped_in_words(),
                ]
            )
        )
    return found


def _look_into(folder: Path, found: Found, recursive: bool, leave_out: Path | None) -> None:
    for path in _entries(folder, found, recursive, leave_out):
        if reason := _reason_to_skip(path):
            found.skip(path, reason)
        else:
            found.photographs.append(FoundPhotograph(path, path.relative_to(folder)))


def _entries(folder: Path, found: Found, recursive: bool, leave_out: Path | None) -> Iterator[Path]:
    """The files of a folder, and of its subfolders if asked for; links may form circles."""
    seen: set[Path] = set() if leave_out is None else {leave_out.resolve()}

    def unreadable(error: OSError) -> None:
        found.skip(Path(error.filename), f"cannot be read: {error.strerror}")

    for parent, folders, files in os.walk(folder, onerror=unreadable, followlinks=True):
        if recursive:
            seen.add(Path(parent).resolve())
        visited = []
        for name in sorted(folders):
            path = Path(parent, name)
            if name.startswith(".") or path.resolve() in seen:
                continue
            if recursive:
                visited.append(name)
            else:
                found.skip(path, "a subfolder; recursive=true searches it")
        folders[:] = visited
        yield from (Path(parent, name) for name in sorted(files) if not name.startswith("."))


def _reason_to_skip(path: Path) -> str | None:
    suffix = path.suffix.lower()
    if not path.exists():
        return "a link to nothing"
    if not path.is_file():
        return "no file"
    if path.name.endswith(WRITTEN_ENDINGS):
        return "a map or preview that dmenet wrote"
    if suffix in IMAGE_SUFFIXES:
        return None
    if suffix in HEIC_SUFFIXES:
        return None if find_spec("pillow_heif") else heic_needs()
    if suffix in RAW_SUFFIXES:
        return None if find_spec("rawpy") else raw_needs()
    if suffix in OTHER_PICTURES:
        return f"{suffix} is not read; export it as JPEG, PNG or TIFF"
    return "no photograph"


def distinct_names(photographs: Sequence[FoundPhotograph]) -> list[str]:
    """A name for the results of each photograph, as a path without suffix; no two are equal.

    The path in the folder that was searched. Where these are equal but for the suffix or for
    upper and lower case, the suffix is added (a_jpg beside a_png), then the folder's name, then a
    number.
    """
    levels: tuple[Callable[[FoundPhotograph], Path], ...] = (
        lambda each: each.name.with_suffix(""),
        lambda each: each.name.with_name(each.name.name.replace(".", "_")),
        lambda each: each.name.with_name(
            f"{each.path.absolute().parent.name}_{each.name.name.replace('.', '_')}"
        ),
    )
    names: dict[int, str] = {}
    for level in levels:
        proposed = {
            place: level(each).as_posix()
            for place, each in enumerate(photographs)
            if place not in names
        }
        uses = Counter(name.casefold() for name in (*proposed.values(), *names.values()))
        names |= {place: name for place, name in proposed.items() if uses[name.casefold()] == 1}
    taken = {name.casefold() for name in names.values()}
    for place in sorted(proposed.keys() - names.keys()):
        numbered = (f"{proposed[place]}_{number}" for number in count(2))
        names[place] = next(name for name in numbered if name.casefold() not in taken)
        taken.add(names[place].casefold())
    return [names[place] for place in range(len(photographs))]
