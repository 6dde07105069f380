"""Reading shards: tar files in the format of WebDataset, of which any sample can be read at random.

Writer: ``synthesis.layouts.tar_shards``.
"""

import json
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dmenet.errors import InputError
from dmenet.images.encoding import decode_png
from dmenet.sample import Image, Map

SHARD_NAME = "shard-{:06d}.tar"
IMAGE_MEMBER, SIGMA_MEMBER, FACTS_MEMBER = "image.png", "sigma.png", "json"
SIGMA_SCALE_KEY = "sigma_px_per_value"

_END = bytes(2 * tarfile.BLOCKSIZE)
"""Without it, tarfile takes a file that was cut between two members for a whole one."""


class Member(NamedTuple):
    """A file in a tar file: where its content starts and ends."""

    path: Path
    start: int
    size: int

    def read(self) -> bytes:
        """Its content."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            return file.read(self.size)


def index_shard(path: Path) -> dict[int, dict[str, Member]]:
    """Where the files of each sample lie: by the sample's number and by the part.

    Only headers are read, so that a sample can be read at random. Nothing is unpacked.

    Raises:
        InputError: it is no tar file, is cut short, or a sample is not whole.
    """
    samples: dict[int, dict[str, Member]] = {}
    try:
        with tarfile.open(path, "r:") as shard:
            for member in shard:
                key, _, part = member.name.partition(".")
                if not (member.isfile() and key.isdecimal()):
                    raise InputError(f"{path}: holds {member.name}, which is no part of a sample")
                place = Member(path, member.offset_data, member.size)
                samples.setdefault(int(key), {})[part] = place
        with path.open("rb") as file:
            file.seek(-len(_END), os.SEEK_END)
            whole = file.read() == _END
    except (tarfile.TarError, OSError) as error:
        raise InputError(
            f"{path}: cannot be read: {error}. Expected a shard of `dmenet synthesize`; delete it, "
            "and synthesize it again"
        ) from error
    if not whole:
        raise InputError(f"{path}: is cut short. Copy it again, or delete and synthesize it again")
    for number, parts in samples.items():
        if missing := {IMAGE_MEMBER, SIGMA_MEMBER, FACTS_MEMBER} - set(parts):
            raise InputError(f"{path}: sample {number} lacks {sorted(missing)}; make it again")
    return samples


def read_facts(parts: Mapping[str, Member]) -> dict[str, Any]:
    """What is kept beside an image, such as its scene and camera."""
    facts: dict[str, Any] = json.loads(parts[FACTS_MEMBER].read())
    return facts


def read_sample(parts: Mapping[str, Member], origin: str) -> tuple[Image, Map]:
    """An image, H x W x 3 in [0, 1], and its sigmas in px, H x W.

    Args:
        parts: where its files lie.
        origin: what messages call it.

    Raises:
        InputError: its files are no such image and map.
    """
    image = decode_png(parts[IMAGE_MEMBER].read(), f"{origin}.{IMAGE_MEMBER}")
    values = decode_png(parts[SIGMA_MEMBER].read(), f"{origin}.{SIGMA_MEMBER}")
    if image.dtype != np.uint8 or image.ndim != 3 or values.dtype != np.uint16 or values.ndim != 2:
        raise InputError(
            f"{origin}: an image of {image.dtype} {image.shape} with a map of {values.dtype} "
            f"{values.shape}. Expected uint8 in three channels and uint16 in one"
        )
    sigma_px = (values * np.float64(read_facts(parts)[SIGMA_SCALE_KEY])).astype(np.float32)
    return image.astype(np.float32) / np.float32(255), sigma_px
