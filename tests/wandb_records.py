"""Reads back what a run of W&B wrote offline: its records, in W&B's own message format.

W&B 0.31 has no reader in Python any more. The file is a log as LevelDB has it (blocks of 32 KiB
with chunks of records, each with a checksum), after a header of seven bytes.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wandb.proto.wandb_internal_pb2 import Record

HEADER_BYTES = 7
BLOCK_BYTES = 32768
CHUNK_HEADER = struct.Struct("<IHB")
LAST_CHUNK = (1, 4)


def read_records(path: Path) -> Iterator[Any]:
    """The records of a ``.wandb`` file, in order."""
    content = path.read_bytes()
    assert content[:4] == b":W&B"
    position, payload = HEADER_BYTES, b""
    while position < len(content):
        left_in_block = BLOCK_BYTES - position % BLOCK_BYTES
        if left_in_block < CHUNK_HEADER.size:
            position += left_in_block
            continue
        _, length, kind = CHUNK_HEADER.unpack_from(content, position)
        position += CHUNK_HEADER.size
        payload += content[position : position + length]
        position += length
        if kind in LAST_CHUNK:
            record = Record()
            record.ParseFromString(payload)
            yield record
            payload = b""
