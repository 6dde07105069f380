"""What every layout has: a way to write one photograph, and to tell what is written."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from dmenet.errors import OutputError
from dmenet.files import writing
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.canvas import Rendering

PENDING = ".pending-{}"
"""Folder of what is not finished. Hidden, and beside the final files: renaming within one file
system is atomic."""


@dataclass(frozen=True)
class Photograph:
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


class Layout(Protocol):
    """A layout of a data set. Several processes may write into one folder, each its own blocks."""

    @property
    def images_per_block(self) -> int:
        """Images of consecutive numbers that one process makes."""

    def describe(self) -> dict[str, Any]:
        """What ``dataset.json`` says of it: its name, the unit of its maps, how to read them."""

    def written(self, folder: Path, numbers: Collection[int]) -> set[int]:
        """Those of the numbers that need not be made again."""

    def write(self, folder: Path, number: int, photograph: Photograph) -> None:
        """Keep one photograph.

        Raises:
            InputError: this photograph cannot be kept in this layout.
            OSError: the folder cannot be written to.
        """

    def close(self, folder: Path, numbers: Sequence[int]) -> None:
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
