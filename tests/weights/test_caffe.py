from pathlib import Path

import numpy as np
import pytest

from dmenet.errors import InputError
from dmenet.weights.caffe import read_caffemodel
from made_caffemodel import write_caffemodel


def weights(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def test_it_reads_what_was_written(tmp_path: Path) -> None:
    layers = {"conv1": [weights(25, 3, 3, 3), weights(25)], "fc": [weights(7, 300)]}
    write_caffemodel(tmp_path / "net.caffemodel", layers)
    read = read_caffemodel(tmp_path / "net.caffemodel")
    assert list(read) == ["conv1", "fc"]
    for name, blobs in layers.items():
        for blob, found in zip(blobs, read[name], strict=True):
            np.testing.assert_array_equal(found, blob.ravel())


@pytest.mark.parametrize("content", [b"text", b"\xff" * 40, b"\x00\x01", b""])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.caffemodel"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"other\.caffemodel"):
        read_caffemodel(path)


def test_files_cut_short_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.caffemodel"
    write_caffemodel(path, {"conv1": [weights(25, 3, 3, 3)]})
    whole = path.read_bytes()
    for length in (len(whole) - 1, len(whole) // 2, 12):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"damaged or not a \.caffemodel|holds no weights"):
            read_caffemodel(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.caffemodel"):
        read_caffemodel(tmp_path / "nowhere.caffemodel")
