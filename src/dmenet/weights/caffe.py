"""Reading the weights of a Caffe network (``.caffemodel``) without Caffe.

The file is one Protocol Buffers message; of it, only layers, their names and their blobs are read
(fields of ``caffe.proto``). OpenCV 5 no longer reads such files.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dmenet.errors import InputError

Blobs = dict[str, list[NDArray[np.float32]]]
"""Of each layer that has some: its weights and biases, flat."""

_LAYERS = 100
_LAYER_NAME, _LAYER_BLOBS = 1, 7
_BLOB_DATA = 5

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def read_caffemodel(path: Path) -> Blobs:
    """The weights of every layer of a network.

    Raises:
        InputError: the file is missing, or is no such file.
    """
    try:
        data = memoryview(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}. Expected a .caffemodel file") from error
    try:
        layers = [_layer(field) for number, field in _fields(data) if number == _LAYERS]
    except (IndexError, ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is damaged or not a .caffemodel file") from error
    found = {name: blobs for name, blobs in layers if blobs}
    if not found:
        raise InputError(f"{path} holds no weights: expected a trained .caffemodel file")
    return found


def _layer(message: memoryview) -> tuple[str, list[NDArray[np.float32]]]:
    name, blobs = "", []
    for number, field in _fields(message):
        if number == _LAYER_NAME:
            name = bytes(field).decode()
        elif number == _LAYER_BLOBS:
            parts = [part for inner, part in _fields(field) if inner == _BLOB_DATA]
            blobs.append(np.frombuffer(b"".join(parts), "<f4").astype(np.float32))
    return name, blobs


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and content of the fields of a message; numbers (which are not needed) are empty."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        number, kind = key >> 3, key & 7
        start = position
        if kind == _VARINT:
            _, position = _varint(message, position)
            start = position
        elif kind in (_FIXED64, _FIXED32):
            position += 8 if kind == _FIXED64 else 4
        elif kind == _BYTES:
            length, start = _varint(message, position)
            position = start + length
        else:
            raise ValueError(f"field of kind {kind}")
        if position > len(message):
            raise ValueError("cut short")
        yield number, message[start:position]


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """A number in groups of seven bits, and the position after it."""
    value = shift = 0
    while True:
        byte = message[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
        shift += 7
