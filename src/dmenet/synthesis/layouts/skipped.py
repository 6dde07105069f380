"""``skipped/<number>.json``: the images that could not be made, and why.

One file each, so that processes that share a folder do not share a file.
"""

import json
from pathlib import Path
from typing import NamedTuple

from dmenet.files import replacing

SKIPPED = "skipped"


class Skipped(NamedTuple):
    """An image that could not be made; ``scene`` is None where not even its scene could."""

    number: int
    scene: str | None
    reason: str

    def __str__(self) -> str:
        return f"image {self.number} ({self.scene or 'no scene'}): {self.reason}"


def note(folder: Path, skipped: Skipped) -> None:
    """Write down that an image was skipped."""
    path = _path(folder, skipped.number)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(skipped._asdict(), indent=2) + "\n", "utf-8")


def forget(folder: Path, number: int) -> None:
    """It has been made after all."""
    _path(folder, number).unlink(missing_ok=True)


def _path(folder: Path, number: int) -> Path:
    return folder / SKIPPED / f"{number:06d}.json"
