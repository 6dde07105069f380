"""The layout ``shards``: tar files that WebDataset streams and that can be read at random."""

import json
import shutil
import tarfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dmenet.data.shards import (
    FACTS_MEMBER,
    IMAGE_MEMBER,
    SHARD_NAME,
    SIGMA_MEMBER,
    SIGMA_SCALE_KEY,
    index_shard,
)
from dmenet.errors import InputError
from dmenet.files import replacing
from dmenet.images.encoding import encode_png
from dmenet.ranges import Count
from dmenet.synthesis.layouts.layout import PENDING, LabelledImage, Layout

VALUES_PER_PX = 2048
LARGEST_SIGMA_PX = np.iinfo(np.uint16).max / VALUES_PER_PX
"""32 px; the steps of 1/2048 px are far below what rendering is exact to."""

_UNIT = f"Gaussian sigma of the defocus blur per axis, in 1/{VALUES_PER_PX} px"
_END = bytes(2 * tarfile.BLOCKSIZE)


@dataclass(frozen=True)
class TarShards(Layout):
    """``shard-<index>.tar`` with ``<number>.image.png``, ``<number>.sigma.png``, ``<number>.json``.

    The shard of number n has the index n // ``images_per_block``. Images are 8-bit PNG, maps 16-bit
    PNG in 1/2048 px: exact to 1/4096 px, up to 32 px. The bytes of a shard are a function of what
    it holds: no time, no user.

    Until a shard is whole its samples are files of a hidden folder, from which it is put together.

    Args:
        images_per_block: numbers per shard, at least 1.
    """

    images_per_block: Count = 100

    def describe(self) -> dict[str, Any]:
        """As ``Layout``."""
        return {
            "layout": "shards",
            "unit": "sigma_px",
            "map": f"<number>.{SIGMA_MEMBER}: 16-bit PNG of {_UNIT}",
            "images_per_shard": self.images_per_block,
        }

    def written(self, folder: Path, numbers: Collection[int]) -> set[int]:
        """As ``Layout``: what lies in shards, and what waits to be packed."""
        found: set[int] = set()
        for index in {number // self.images_per_block for number in numbers}:
            found |= _packed(_shard(folder, index)).keys() | _waiting(_pending(folder, index))
        return found & set(numbers)

    def write(self, folder: Path, number: int, photograph: LabelledImage) -> None:
        """As ``Layout``.

        Raises:
            InputError: a sigma is too large for the format.
        """
        sigma_px = photograph.rendering.sigma_px
        if sigma_px.max() > LARGEST_SIGMA_PX:
            raise InputError(
                f"sigma reaches {sigma_px.max():.1f} px, but shards hold up to "
                f"{LARGEST_SIGMA_PX:.0f} px: choose a camera that blurs less, or layout=files"
            )
        values = np.rint(sigma_px.astype(np.float64) * VALUES_PER_PX).astype(np.uint16)
        facts = {**photograph.facts(), SIGMA_SCALE_KEY: 1 / VALUES_PER_PX, "unit": _UNIT}
        parts = {
            IMAGE_MEMBER: encode_png(photograph.rendering.image_u8()),
            SIGMA_MEMBER: encode_png(values, _UNIT),
            FACTS_MEMBER: (json.dumps(facts) + "\n").encode(),
        }
        pending = _pending(folder, number // self.images_per_block)
        pending.mkdir(parents=True, exist_ok=True)
        with replacing(pending / f"{number:06d}.part") as temporary:
            temporary.write_bytes(fragment(number, parts))

    def close(self, folder: Path, numbers: Sequence[int]) -> None:
        """As ``Layout``: pack what waits, together with what the shard has already."""
        for index in sorted({number // self.images_per_block for number in numbers}):
            pending = _pending(folder, index)
            if _waiting(pending):
                _pack(_shard(folder, index), pending)
            shutil.rmtree(pending, ignore_errors=True)


def fragment(number: int, parts: Mapping[str, bytes]) -> bytes:
    """The members of one sample, as they stand in a tar file."""
    pieces = []
    for part, data in parts.items():
        header = tarfile.TarInfo(f"{number:06d}.{part}")
        header.size = len(data)
        pieces += [header.tobuf(tarfile.USTAR_FORMAT), data, bytes(-len(data) % tarfile.BLOCKSIZE)]
    return b"".join(pieces)


def _shard(folder: Path, index: int) -> Path:
    return folder / SHARD_NAME.format(index)


def _pending(folder: Path, index: int) -> Path:
    return folder / PENDING.format(Path(SHARD_NAME.format(index)).stem)


def _packed(shard: Path) -> dict[int, Any]:
    return index_shard(shard) if shard.exists() else {}


def _waiting(pending: Path) -> set[int]:
    return {int(path.stem) for path in pending.glob("[!.]*.part")}


def _pack(shard: Path, pending: Path) -> None:
    packed, waiting = _packed(shard), _waiting(pending)
    # Not beside the shard, so that what a killed process leaves goes with the folder.
    temporary = pending / "partial.tar"
    with temporary.open("wb") as file:
        size = 0
        for number in sorted(packed.keys() | waiting):
            if number in waiting:
                data = (pending / f"{number:06d}.part").read_bytes()
            else:
                members = packed[number]
                data = fragment(number, {part: members[part].read() for part in members})
            size += file.write(data)
        size += file.write(_END)
        file.write(bytes(-size % tarfile.RECORDSIZE))
    temporary.replace(shard)
