from pathlib import Path

import cv2
import numpy as np
import pytest

from dmenet.errors import InputError
from dmenet.synthesis.readers.depth_files import SUFFIXES, read_values
from made_rgbd import write_dpt, write_pfm

VALUES = np.arange(1, 13, dtype=np.float64).reshape(3, 4)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32, np.float64])
def test_arrays_keep_their_values(tmp_path: Path, kind: type) -> None:
    np.save(tmp_path / "a.npy", VALUES.astype(kind))
    values = read_values(tmp_path / "a.npy")
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, VALUES)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_of_one_or_equal_channels(tmp_path: Path, kind: type, channels: int) -> None:
    largest = np.iinfo(kind).max
    pixels = np.repeat((VALUES + largest - 12)[..., np.newaxis], channels, axis=2).astype(kind)
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    np.testing.assert_array_equal(read_values(tmp_path / "a.png"), VALUES + largest - 12)


def test_tiff_of_floats(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.tiff"), (VALUES / 8).astype(np.float32))
    np.testing.assert_array_equal(read_values(tmp_path / "a.tiff"), VALUES / 8)


@pytest.mark.parametrize("order", ["<", ">"])
def test_pfm_in_either_byte_order_is_upright(tmp_path: Path, order: str) -> None:
    values = VALUES.copy()
    values[0, 0] = np.inf
    # Also a first number whose bytes are those of white space.
    values[-1, 0] = np.frombuffer(b"    ", f"{order}f4")[0]
    np.testing.assert_array_equal(read_values(write_pfm(tmp_path / "a.pfm", values, order)), values)


@pytest.mark.parametrize("height", [3, 512, 100])
@pytest.mark.parametrize(
    "header",
    [
        "Pf\n4 {h}\n1.0\n",
        "Pf\n4 {h}\n1\n",
        "Pf\r\n4 {h}\r\n1\r\n",
        "Pf\n# 1 comment\n4 {h}\n# 2 more\n# here\n1\n",
        "Pf\n4\n{h}\n+1e0 \n",
    ],
)
def test_headers_of_pfm_are_read_by_position(tmp_path: Path, header: str, height: int) -> None:
    values = np.resize(VALUES, (height, 4))
    # The first number begins with the byte of a line end.
    values[-1, 0] = np.frombuffer(b"\n\x0a\x0d\x20", ">f4")[0]
    data = header.format(h=height).encode() + values[::-1].astype(">f4").tobytes()
    (tmp_path / "a.pfm").write_bytes(data)
    np.testing.assert_array_equal(read_values(tmp_path / "a.pfm"), values)


@pytest.mark.parametrize(
    "header", ["Pf\n4 3 1\n", "Pf\n4 3\n1.0.0\n", "Pf\n4 3\nnan\n", "PF\n4 3\n1\n"]
)
def test_other_headers_of_pfm_are_refused(tmp_path: Path, header: str) -> None:
    (tmp_path / "a.pfm").write_bytes(header.encode() + VALUES.astype(">f4").tobytes())
    with pytest.raises(InputError, match=r"a\.pfm: cannot be read"):
        read_values(tmp_path / "a.pfm")


def test_values_have_the_scale_of_the_header(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_pfm(tmp_path / "a.pfm", VALUES, scale=2.5)
    for _ in range(2):
        np.testing.assert_allclose(read_values(tmp_path / "a.pfm"), 2.5 * VALUES)
    unscaled = read_values(tmp_path / "a.pfm", pfm_scale=False)
    np.testing.assert_array_equal(unscaled, VALUES)
    (record,) = caplog.records
    assert record.getMessage().endswith("header, 2.5")


def test_dpt(tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_values(write_dpt(tmp_path / "a.dpt", VALUES)), VALUES)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("content", [b"", b"nonsense", b"Pf\n5 5\n-1\nabc", b"PF\n1 1\n-1\n" * 2])
def test_damaged_files_are_named(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"a{suffix}: cannot be read"):
        read_values(path)


@pytest.mark.parametrize("name", ["a.pfm", "a.dpt", "a.npy"])
def test_files_cut_short_are_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_pfm(tmp_path / "a.pfm", VALUES)
    write_dpt(tmp_path / "a.dpt", VALUES)
    np.save(tmp_path / "a.npy", VALUES)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(InputError, match=f"{name}: cannot be read"):
        read_values(path)


def test_sizes_in_a_header_allocate_nothing(tmp_path: Path) -> None:
    path = write_dpt(tmp_path / "a.dpt", VALUES)
    path.write_bytes(path.read_bytes()[:4] + np.array([2**30, 2**30], "<i4").tobytes() + b"1234")
    with pytest.raises(InputError, match="4 bytes follow its header"):
        read_values(path)


def test_pickles_are_not_executed(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[print]], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"a\.npy: cannot be read"):
        read_values(tmp_path / "a.npy")


def test_coloured_maps_and_unknown_formats(tmp_path: Path) -> None:
    coloured = np.random.default_rng(0).integers(0, 255, (4, 5, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), coloured)
    with pytest.raises(InputError, match="coloured picture"):
        read_values(tmp_path / "a.png")
    with pytest.raises(InputError, match="of no known format"):
        read_values(tmp_path / "a.exr")
    with pytest.raises(InputError, match="no such file"):
        read_values(tmp_path / "missing.png")
