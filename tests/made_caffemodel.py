"""A ``.caffemodel`` in Protocol Buffers' wire format, with made-up weights."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def varint(number: int) -> bytes:
    groups = []
    while True:
        groups.append(number & 0x7F | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(groups)


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def blob(weights: NDArray[np.float32]) -> bytes:
    """With its shape (field 7), as Caffe writes it, and the values packed (field 5)."""
    shape = field(1, b"".join(varint(size) for size in weights.shape))
    return field(7, shape) + field(5, weights.astype("<f4").tobytes())


def layer(name: str, kind: str, weights: list[NDArray[np.float32]]) -> bytes:
    phase = varint(10 << 3) + varint(1)
    texts = field(1, name.encode()) + field(2, kind.encode()) + phase
    return field(100, texts + b"".join(field(7, blob(w)) for w in weights))


def write_caffemodel(path: Path, layers: dict[str, list[NDArray[np.float32]]]) -> None:
    """Layers with weights, and one without any, as networks have."""
    content = field(1, b"made up") + layer("pool1", "Pooling", [])
    path.write_bytes(content + b"".join(layer(n, "Layer", w) for n, w in layers.items()))
