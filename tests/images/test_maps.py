from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from dmenet.errors import InputError
from dmenet.images.encoding import encode_png
from dmenet.images.maps import read_map


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_sigma_tiff_round_trip(tmp_path: Path, compression: str | None) -> None:
    path = tmp_path / "sigma_px.tiff"
    sigma_px = np.random.default_rng(0).random((9, 13), dtype=np.float32) * 7
    tifffile.imwrite(path, sigma_px, compression=compression)
    read = read_map(path)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, sigma_px)
    data = path.read_bytes()
    for length in range(1, len(data), 7):
        path.write_bytes(data[:length])
        try:
            read = read_map(path)
        except InputError:
            continue
        np.testing.assert_array_equal(read, sigma_px)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.zeros((4, 5), np.float64), "float64"),
        (np.zeros((4, 5), np.uint16), "uint16"),
        (np.zeros((4, 5, 3), np.float32), r"\(4, 5, 3\)"),
        (np.zeros((6, 4, 5), np.float32), "6 page"),
        (np.full((4, 5), np.nan, np.float32), "negative or non-finite"),
        (np.full((4, 5), np.inf, np.float32), "negative or non-finite"),
        (np.full((4, 5), -1, np.float32), "negative or non-finite"),
    ],
)
def test_wrong_sigma_tiff(tmp_path: Path, values: NDArray[Any], reason: str) -> None:
    path = tmp_path / "sigma_px.tiff"
    photometric = "rgb" if values.shape[-1] == 3 else "minisblack"
    tifffile.imwrite(path, values, photometric=photometric)
    with pytest.raises(InputError, match=rf"sigma_px\.tiff: .*{reason}.* Expected a TIFF"):
        read_map(path)


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"II*\0", encode_png(np.zeros((1, 1), np.uint8))]
)
def test_no_sigma_tiff(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sigma_px.tiff"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"sigma_px\.tiff: .*Expected a TIFF"):
        read_map(path)


def test_missing_sigma_tiff(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"sigma_px\.tiff: no such file"):
        read_map(tmp_path / "sigma_px.tiff")
