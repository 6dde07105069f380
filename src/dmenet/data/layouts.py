"""The layouts in which synthetic data lie on disk, and reading them.

- ``files``: ``<number>_image.png``, ``<number>_sigma_px.tiff`` and ``<number>_camera.json``.
- ``released``: ``image/``, ``blur_map/``, ``blur_map_binary/``, as the released SYNDOF data, and
  ``camera/``.
- ``shards``: tar files in the format of WebDataset.

``dataset.json`` says which it is, and in which unit the maps are. Writers: ``synthesis.layouts``.
"""

import json
import re
from collections.abc import Callable
from functools import partial
from operator import methodcaller
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dmenet.data.shards import IMAGE_MEMBER, Member, index_shard, read_facts, read_sample
from dmenet.errors import InputError
from dmenet.images.encoding import decode_png
from dmenet.images.maps import read_map
from dmenet.images.reading import read_bytes, read_image
from dmenet.sample import Image, Map, Sample, SamplesOnDisk, with_truth
from dmenet.units import (
    MAX_RELEASED_COC_PX,
    MAX_SIGMA_PX,
    UNITS,
    Unit,
    check_unit,
    sigma_px_from_map,
)

DATASET_FILE = "dataset.json"

IMAGE_SUFFIX, SIGMA_SUFFIX, CAMERA_SUFFIX = "_image.png", "_sigma_px.tiff", "_camera.json"
"""Of the layout ``files``."""

IMAGES, MAPS, BINARY_MAPS, CAMERAS = "image", "blur_map", "blur_map_binary", "camera"
MAPS_FOR_TEST = "gt"
"""What the released test data call their maps."""

RELEASED_VALUE_OF_1: dict[Unit, float] = {
    "sigma7": 10 * MAX_SIGMA_PX,
    "coc15": 10 * MAX_RELEASED_COC_PX,
}
"""What the 16-bit files hold where the map value is 1: tenths of a px, of sigma or of CoC."""

_NUMBERED = re.compile(r"_(\d{6,})_f_")


class Entry(NamedTuple):
    """One image of a data set, which is read when asked for.

    Attributes:
        number: of the image in its set.
        read: the image and its map, in a unit.
        facts: what is kept beside it, such as its scene and camera; none in published data.
    """

    number: int
    read: Callable[[Unit], Sample]
    facts: Callable[[], dict[str, Any]] = dict


def samples_of(entries: list[Entry], unit: Unit) -> SamplesOnDisk[Entry]:
    """The entries as samples with map values in a unit, each read at every access."""
    return SamplesOnDisk(entries, methodcaller("read", unit))


def list_entries(folder: Path, stored_unit: Unit | None = None) -> list[Entry]:
    """The images of a data set, by their numbers; what is being written is left out.

    Args:
        folder: of one of the layouts.
        stored_unit: of the maps of a ``released`` layout that has no ``dataset.json``, as the
            published data have none.

    Raises:
        InputError: it is no such folder, is empty, or its files do not belong together.
    """
    description = read_description(folder)
    if description is None:
        entries = _unnumbered_entries(folder, stored_unit)
    elif description["layout"] == "files":
        entries = _file_entries(folder)
    elif description["layout"] == "released":
        entries = _released_entries(folder, description.get("unit"))
    elif description["layout"] == "shards":
        entries = _shard_entries(folder)
    else:
        raise InputError(
            f"{folder / DATASET_FILE}: unknown layout {description['layout']!r}. Expected files, "
            "released or shards"
        )
    if not entries:
        raise InputError(
            f"{folder}: holds no finished image. `dmenet synthesize output={folder}` with"
            " the same settings as before makes the rest"
        )
    return sorted(entries, key=lambda entry: entry.number)


def read_description(folder: Path) -> dict[str, Any] | None:
    """What ``dataset.json`` says, or None where there is none.

    Raises:
        InputError: the file is damaged or of another kind.
    """
    path = folder / DATASET_FILE
    if not path.exists():
        return None
    return _read_json(path, needed=("layout",))


def _read_json(path: Path, needed: tuple[str, ...] = ()) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read: {error}. Expected JSON") from error
    if not isinstance(values, dict) or not values.keys() >= {*needed}:
        lack = "".join(f'has no "{name}". ' for name in needed)
        raise InputError(f"{path}: {lack}Expected what `dmenet synthesize` writes; make it again")
    return values


def _file_entries(folder: Path) -> list[Entry]:
    entries = []
    for camera in folder.glob(f"*{CAMERA_SUFFIX}"):
        stem = camera.name.removesuffix(CAMERA_SUFFIX)
        if stem.isdecimal():
            read = partial(_read_image_files, folder, stem)
            entries.append(Entry(int(stem), read, partial(_read_json, camera)))
    return entries


def _read_image_files(folder: Path, stem: str, unit: Unit) -> Sample:
    map_path = folder / f"{stem}{SIGMA_SUFFIX}"
    image = read_image(folder / f"{stem}{IMAGE_SUFFIX}")
    return _sample(stem, image, read_map(map_path), unit, str(map_path))


def _released_entries(folder: Path, unit: object) -> list[Entry]:
    if unit not in UNITS:
        raise InputError(f"{folder / DATASET_FILE}: unit {unit!r}. Expected one of {list(UNITS)}")
    entries = []
    for camera in (folder / CAMERAS).glob("[!.]*.json"):
        number = number_of_released(camera.stem)
        if number is not None:
            read = partial(_read_released, folder, camera.stem, unit)
            entries.append(Entry(number, read, partial(_read_json, camera)))
    return entries


def number_of_released(stem: str) -> int | None:
    """The number of an image by its name in the ``released`` layout."""
    found = _NUMBERED.findall(stem)
    return int(found[-1]) if found else None


def _unnumbered_entries(folder: Path, stored_unit: Unit | None) -> list[Entry]:
    part = MAPS if (folder / MAPS).is_dir() else MAPS_FOR_TEST
    if not ((folder / IMAGES).is_dir() and (folder / part).is_dir()):
        raise InputError(
            f"{folder}: no data set. Expected the folder that `dmenet synthesize` wrote, "
            f"with {DATASET_FILE}, or the released SYNDOF data, with the folders {IMAGES} and "
            f"{MAPS}"
        )
    if stored_unit is None:
        raise InputError(
            f"{folder}: has no {DATASET_FILE} that says the unit of its maps. Give it as "
            "stored_unit (data.stored_unit to train on it): coc15 for the published data, sigma7 "
            "for what the released generator makes"
        )
    check_unit(stored_unit)
    images, maps = (
        {path.stem for path in (folder / name).glob("[!.]*.png")} for name in (IMAGES, part)
    )
    if alone := sorted(images ^ maps):
        raise InputError(
            f"{folder}: {len(alone)} files, such as {alone[0]}.png, are in only one of {IMAGES} "
            f"and {part}: copy what is missing"
        )
    return [
        Entry(number, partial(_read_released, folder, stem, stored_unit, maps=part))
        for number, stem in enumerate(sorted(images))
    ]


def _read_released(folder: Path, stem: str, stored: Unit, unit: Unit, maps: str = MAPS) -> Sample:
    map_path = folder / maps / f"{stem}.png"
    image = read_image(folder / IMAGES / f"{stem}.png")
    values = decode_png(read_bytes(map_path, "a map of 16 bits"), str(map_path))
    if values.dtype != np.uint16:
        raise InputError(f"{map_path}: is of {values.dtype}. Expected a PNG of 16 bits")
    # The released code reads the second of three equal channels.
    tenths = values if values.ndim == 2 else values[..., 1]
    shares = tenths.astype(np.float64) / RELEASED_VALUE_OF_1[stored]
    sigma_px = sigma_px_from_map(shares, stored).astype(np.float32)
    sample = _sample(stem, image, sigma_px, unit, str(map_path))
    if unit == stored:
        # Under coc15 small circles of confusion have no sigma, but map values.
        sample["defocus"] = shares.clip(0, 1).astype(np.float32)
    return sample


def _shard_entries(folder: Path) -> list[Entry]:
    return [
        Entry(number, partial(_read_sharded, number, parts), partial(read_facts, parts))
        for path in sorted(folder.glob("[!.]*.tar"))
        for number, parts in index_shard(path).items()
    ]


def _read_sharded(number: int, parts: dict[str, Member], unit: Unit) -> Sample:
    name = f"{number:06d}"
    origin = f"{parts[IMAGE_MEMBER].path}: {name}"
    return _sample(name, *read_sample(parts, origin), unit, origin)


def _sample(name: str, image: Image, sigma_px: Map, unit: Unit, origin: str) -> Sample:
    if image.shape[:2] != sigma_px.shape:
        raise InputError(
            f"{origin}: a map of {sigma_px.shape} rows and columns with an image of "
            f"{image.shape[:2]}. Expected two of one size; make them again"
        )
    return with_truth(name, image, sigma_px, unit)
