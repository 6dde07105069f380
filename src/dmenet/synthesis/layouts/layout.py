"""What every layout has: a way to write one photograph, and to tell what is written.

``dataset.json`` says what a folder holds and with which settings, so that no two sets are mixed.
``skipped/<number>.json`` is an image that could not be made, and why; one file each, so that
processes that share a folder do not share a file.
"""

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from dmenet.data.layouts import DATASET_FILE, read_description
from dmenet.errors import InputError, OutputError
from dmenet.files import replacing, writing
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.canvas import Rendering

PENDING = ".pending-{}"
"""Folder of what is not finished. Hidden, and beside the final files: renaming within one file
system is atomic."""


@dataclass(frozen=True)
class LabelledImage:
    """One image of a data set, before it is written.

    Attributes:
        scene: its name, fit for a file name.
        rendering: its image as the sensor gives it.
        camera: what took it.
        origin: where it comes from, such as its seed; JSON values.
    """

    scene: str
    rendering: Rendering
    camera: ThinLensCamera
    origin: Mapping[str, Any]

    def facts(self) -> dict[str, Any]:
        """What is kept beside the image, as JSON values."""
        return {"scene": self.scene, "camera": asdict(self.camera), **self.origin}


class Layout(ABC):
    """A layout of a data set. Several processes may write into one folder, each its own blocks."""

    images_per_block: int = 1
    """Images of consecutive numbers that one process makes."""

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """What ``dataset.json`` says of it: its name, the unit of its maps, how to read them."""

    @abstractmethod
    def written(self, folder: Path, numbers: Collection[int]) -> set[int]:
        """Those of the numbers that need not be made again."""

    @abstractmethod
    def write(self, folder: Path, number: int, photograph: LabelledImage) -> None:
        """Keep one photograph.

        Raises:
            InputError: this photograph cannot be kept in this layout.
            OSError: the folder cannot be written to.
        """

    def close(self, folder: Path, numbers: Sequence[int]) -> None:  # noqa: B027
        """Finish a block, of which all that can be made is written.

        Raises:
            OSError: the folder cannot be written to.
        """


@contextmanager
def writing_into(folder: Path) -> Iterator[None]:
    """Turn the system's errors into an ``OutputError`` that names the folder."""
    try:
        with writing(folder):
            yield
    except OutputError as error:
        raise OutputError(
            f"{error}. What is finished is kept, and the same command makes the rest"
        ) from error


def claim(folder: Path, layout: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Make a folder that of a data set, or see that it is already.

    Of several processes that begin at once, one writes the file and the others compare with it.

    Args:
        folder: made if missing.
        layout: ``Layout.describe()``.
        settings: all that decides what the images are; JSON values, may be nested.

    Raises:
        InputError: the folder is that of another data set; names the settings that differ.
        OSError: the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    description = {**layout, "settings": dict(settings)}
    text = json.dumps(description, indent=2) + "\n"
    if not (folder / DATASET_FILE).exists():
        _write_unless_there(folder / DATASET_FILE, text)
    # Through JSON, which knows no tuples.
    wanted, found = flat(json.loads(text)), flat(read_description(folder) or {})
    differing = [
        f"{key} was {found.get(key)!r}, is {wanted.get(key)!r}"
        for key in sorted(found.keys() | wanted.keys())
        if found.get(key) != wanted.get(key)
    ]
    if differing:
        raise InputError(
            f"{folder} holds images made with other settings ({'; '.join(differing)}): choose "
            "another output, or delete this one"
        )


def _write_unless_there(path: Path, text: str) -> None:
    temporary = path.with_name(f".partial-{uuid4().hex}{path.suffix}")
    try:
        temporary.write_text(text, "utf-8")
        try:
            # A rename would replace the file of another process, and its settings with it.
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:  # not every network file system has hard links
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by dotted keys, without the "settings." that they stand under."""
    flattened: dict[str, Any] = {}
    for key, value in nested.items():
        if isinstance(value, dict):
            inner = prefix if key == "settings" and not prefix else f"{prefix}{key}."
            flattened |= flat(value, inner)
        else:
            flattened[f"{prefix}{key}"] = value
    return flattened


SKIPPED = "skipped"


class Skipped(NamedTuple):
    """An image that could not be made; ``scene`` is None where not even its scene could."""

    number: int
    scene: str | None
    reason: str

    def __str__(self) -> str:
        return f"image {self.number} ({self.scene or 'no scene'}): {self.reason}"


def note_skipped(folder: Path, skipped: Skipped) -> None:
    """Write down that an image was skipped."""
    path = _path(folder, skipped.number)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(skipped._asdict(), indent=2) + "\n", "utf-8")


def forget_skipped(folder: Path, number: int) -> None:
    """It has been made after all."""
    _path(folder, number).unlink(missing_ok=True)


def _path(folder: Path, number: int) -> Path:
    return folder / SKIPPED / f"{number:06d}.json"
