"""What every reader is, and finding the files of its scenes."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import overload

import numpy as np
from numpy.typing import NDArray

from dmenet.errors import InputError
from dmenet.files import files_below
from dmenet.images.reading import IMAGE_SUFFIXES


@dataclass(frozen=True)
class RGBD:
    """A sharp photograph with depth.

    Attributes:
        name: of the scene in its data set, fit for a file name.
        image: H x W x 3 in [0, 1].
        depth_mm: H x W, over 0 everywhere; where not ``known``, a guess.
        known: H x W, False where the depth was unknown and has been filled.
        focal_length_px: of the camera that took it, in px of this image; None where unknown.
        stored: H x W, the values in the file, where more was done to them than scaling.
    """

    name: str
    image: NDArray[np.float32]
    depth_mm: NDArray[np.floating]
    known: NDArray[np.bool_]
    focal_length_px: float | None = None
    stored: NDArray[np.floating] | None = None

    def levels(self) -> int:
        """How many different depths the file knows, before any steps are made slopes."""
        values = self.depth_mm if self.stored is None else self.stored
        return int(np.unique(values[self.known]).size)


class SceneReader(Sequence[RGBD]):
    """Scenes of a folder or file by number, in the order of ``names``."""

    names: Sequence[str]
    """What each scene is called; known without opening any image."""

    @abstractmethod
    def read(self, index: int) -> RGBD:
        """Read scene number ``index``, from 0.

        Raises:
            InputError: a file cannot be read, or its content makes no sense.
        """

    def __len__(self) -> int:
        return len(self.names)

    @overload
    def __getitem__(self, index: int) -> RGBD: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[RGBD]: ...
    def __getitem__(self, index: int | slice) -> RGBD | Sequence[RGBD]:
        numbers = range(len(self))[index]
        if isinstance(numbers, range):
            return [self.read(number) for number in numbers]
        return self.read(numbers)


def check_folder(folder: Path, expected: str) -> None:
    """Raise ``InputError`` unless ``folder`` is a folder; ``expected`` says of what."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder. Expected {expected}; check the path")


def files_by_name(folder: Path, suffixes: Sequence[str]) -> dict[str, Path]:
    """The files of a folder and its subfolders, by their path in it without the suffix.

    Args:
        folder: searched by ``dmenet.files.files_below``.
        suffixes: lower-case; files may have them in any case.

    Raises:
        InputError: there is no such folder, or two files differ in the suffix only.
    """
    check_folder(folder, f"a folder with files of {', '.join(suffixes)}")
    found: dict[str, Path] = {}
    for path in files_below(folder):
        if path.suffix.lower() not in suffixes:
            continue
        key = path.relative_to(folder).with_suffix("").as_posix()
        if key in found:
            raise InputError(
                f"{path} and {found[key].name} have one name: expected one file for each scene; "
                "remove or rename one"
            )
        found[key] = path
    return found


def matched(
    images: Path,
    depths: Path,
    suffixes: Sequence[str],
    map_names: Mapping[str, str] = MappingProxyType({}),
) -> Mapping[str, tuple[Path, Path]]:
    """Images with the maps of the same path and name, by name of the scene.

    Args:
        images: a folder, searched with all its subfolders.
        depths: another, of the same layout.
        suffixes: that maps may have.
        map_names: names of maps by names of images, without suffix, where they differ.

    Returns:
        By path in the folder, with "_" for "/" so that it is fit for a file name.

    Raises:
        InputError: a folder is missing or empty, or an image has no map.
    """
    pictures, maps = files_by_name(images, IMAGE_SUFFIXES), files_by_name(depths, suffixes)
    if not pictures:
        raise InputError(f"{images}: no images in this folder ({', '.join(IMAGE_SUFFIXES)})")
    wanted = {}
    for key in pictures:
        folder, slash, name = key.rpartition("/")
        wanted[key] = f"{folder}{slash}{map_names.get(name, name)}"
    if missing := [key for key in pictures if wanted[key] not in maps]:
        raise InputError(
            f"{depths}: no map for {len(missing)} of {len(pictures)} images, such as "
            f"{pictures[missing[0]]}. Expected {wanted[missing[0]]} with one of "
            f"{', '.join(suffixes)}; add it, or remove the image"
        )
    return {key.replace("/", "_"): (path, maps[wanted[key]]) for key, path in pictures.items()}
