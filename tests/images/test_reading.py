import struct
import sys
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from PIL import Image as PillowImage

from dmenet.errors import InputError
from dmenet.images import reading
from dmenet.images.maps import read_map
from dmenet.images.reading import IMAGE_SUFFIXES, list_images, read_image

ORIENTATION = 0x0112
RGB8 = np.random.default_rng(0).integers(0, 256, (7, 11, 3), dtype=np.uint8)
RGB16 = np.random.default_rng(1).integers(0, 65536, (7, 11, 3), dtype=np.uint16)


def upright(stored: NDArray[Any], orientation: int) -> NDArray[Any]:
    """What EXIF defines: which side of the scene the stored row 0 and column 0 are."""
    if orientation >= 5:
        stored = np.swapaxes(stored, 0, 1)
    bottom, right = orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)
    return stored[:: -1 if bottom else 1, :: -1 if right else 1]


def assert_reads(path: Path, expected: NDArray[Any]) -> None:
    """Expected values in [0, 1], to within float32's rounding."""
    image = read_image(path)
    assert image.dtype == np.float32
    assert image.flags["C_CONTIGUOUS"]
    assert image.shape == expected.shape
    np.testing.assert_allclose(image, expected, atol=1e-7)


def png(colour_type: int, bits: int, rows: bytes, width: int, height: int) -> bytes:
    """A PNG file by hand, for what no library here writes."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".tiff", ".jpg", ".webp"])
def test_orientation_of_8_bit_files(tmp_path: Path, suffix: str, orientation: int) -> None:
    path = tmp_path / f"photo{suffix}"
    exif = PillowImage.Exif()
    exif[ORIENTATION] = orientation
    smooth = cv2.resize(RGB8[:2, :2], (24, 16), interpolation=cv2.INTER_LINEAR)
    PillowImage.fromarray(smooth).save(path, exif=exif, quality=100)
    image = read_image(path)
    expected = upright(smooth, orientation) / 255
    assert image.shape == expected.shape
    lossy = suffix in (".jpg", ".webp")
    np.testing.assert_allclose(image, expected, atol=0.1 if lossy else 1e-7)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_16_bit_files(tmp_path: Path, orientation: int) -> None:
    exif = PillowImage.Exif()
    exif[ORIENTATION] = orientation
    grey = np.ascontiguousarray(RGB16[..., 0])
    PillowImage.fromarray(grey).save(tmp_path / "grey.png", exif=exif)
    tag = [(ORIENTATION, 3, 1, orientation, True)]
    tifffile.imwrite(tmp_path / "rgb.tif", RGB16, photometric="rgb", extratags=tag)
    tifffile.imwrite(
        tmp_path / "float.tif", RGB16 / np.float32(65535), photometric="rgb", extratags=tag
    )
    assert_reads(tmp_path / "grey.png", upright(np.dstack([grey] * 3), orientation) / 65535)
    assert_reads(tmp_path / "rgb.tif", upright(RGB16, orientation) / 65535)
    assert_reads(tmp_path / "float.tif", upright(RGB16, orientation) / 65535)


def test_unknown_orientation_changes_nothing(tmp_path: Path) -> None:
    exif = PillowImage.Exif()
    exif[ORIENTATION] = 0
    PillowImage.fromarray(RGB8).save(tmp_path / "photo.png", exif=exif)
    assert_reads(tmp_path / "photo.png", RGB8 / 255)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".tiff", ".PNG"])
def test_lossless_rgb(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photo{suffix}"
    PillowImage.fromarray(RGB8).save(path)
    assert_reads(path, RGB8 / 255)


def test_content_decides_not_suffix(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    PillowImage.fromarray(RGB8).save(path, format="PNG")
    assert_reads(path, RGB8 / 255)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGBA"])
def test_8_bit_modes_of_png_and_tiff(tmp_path: Path, mode: str, suffix: str) -> None:
    path = tmp_path / f"photo{suffix}"
    rgba = PillowImage.fromarray(np.dstack([RGB8, RGB8[..., :1]]))
    picture = rgba.convert(mode)
    picture.save(path)
    shown = np.asarray(picture).astype(np.float64) * (255 if mode == "1" else 1)
    colours = {"1": shown, "L": shown, "LA": shown[..., 0], "RGBA": shown[..., :3]}[mode]
    expected = colours if colours.ndim == 3 else np.dstack([colours] * 3)
    assert_reads(path, expected / 255)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("transparency", [None, 1, bytes([0, 128, 255, 255])])
def test_palette(tmp_path: Path, transparency: int | bytes | None) -> None:
    path = tmp_path / "photo.png"
    picture = PillowImage.fromarray(np.array([[0, 1], [2, 3]], np.uint8), mode="L").convert("P")
    palette = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120]
    picture.putpalette(palette)
    picture.save(path, **({} if transparency is None else {"transparency": transparency}))
    assert_reads(path, np.array(palette).reshape(2, 2, 3) / 255)


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_cmyk(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photo{suffix}"
    PillowImage.new("CMYK", (16, 16), (0, 255, 0, 51)).save(path, quality=100)
    np.testing.assert_allclose(read_image(path)[8, 8], [0.8, 0, 0.8], atol=0.02)


def test_grey_jpeg(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    PillowImage.new("L", (16, 16), 51).save(path)
    np.testing.assert_allclose(read_image(path), np.full((16, 16, 3), 0.2), atol=0.01)


def test_16_bit_grey_alpha_png(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    grey_alpha = RGB16[..., :2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in grey_alpha)
    path.write_bytes(png(4, 16, rows, 11, 7))
    assert_reads(path, np.dstack([grey_alpha[..., :1]] * 3) / 65535)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit_files(tmp_path: Path, suffix: str, channels: int) -> None:
    path = tmp_path / f"photo{suffix}"
    rgba = np.dstack([RGB16, RGB16[..., :1]])
    stored = {1: RGB16[..., 0], 3: RGB16[..., ::-1], 4: rgba[..., [2, 1, 0, 3]]}[channels]
    assert cv2.imwrite(str(path), stored)  # with LZW compression for TIFF, which is usual there
    expected = np.dstack([RGB16[..., 0]] * 3) if channels == 1 else RGB16
    assert_reads(path, expected / 65535)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("options", [{}, {"tile": (16, 32)}, {"byteorder": ">"}, {"bigtiff": True}])
def test_16_bit_tiff_layouts(
    tmp_path: Path, compression: str | None, options: dict[str, Any]
) -> None:
    path = tmp_path / "photo.tif"
    values = np.tile(RGB16, (5, 4, 1))
    tifffile.imwrite(path, values, photometric="rgb", compression=compression, **options)
    assert_reads(path, values / 65535)


def test_tiff_of_separate_channels(tmp_path: Path) -> None:
    """OpenCV scrambles the deep ones silently."""
    path = tmp_path / "photo.tif"
    channels_first = np.moveaxis(RGB8, 2, 0)
    tifffile.imwrite(path, channels_first, photometric="rgb", planarconfig="separate")
    assert_reads(path, RGB8 / 255)
    deep = channels_first.astype(np.uint16)
    tifffile.imwrite(path, deep, photometric="rgb", planarconfig="separate")
    with pytest.raises(InputError, match="with interleaved channels"):
        read_image(path)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_float_tiff(tmp_path: Path, dtype: type) -> None:
    path = tmp_path / "photo.tif"
    values = (RGB16 / 65535).astype(dtype)
    tifffile.imwrite(path, values, photometric="rgb")
    assert_reads(path, values)
    tifffile.imwrite(path, values[..., 0], photometric="minisblack")
    assert_reads(path, np.dstack([values[..., 0]] * 3))


@pytest.mark.parametrize("wrong", [-0.1, 1.1, 255.0, np.nan, np.inf])
def test_float_tiff_out_of_range(tmp_path: Path, wrong: float) -> None:
    path = tmp_path / "photo.tif"
    values = np.full((4, 5), 0.5, np.float32)
    values[2, 3] = wrong
    tifffile.imwrite(path, values)
    with pytest.raises(InputError, match=r"photo\.tif: .*not in \[0, 1\]"):
        read_image(path)


@pytest.mark.parametrize(
    ("values", "photometric", "reason"),
    [
        (np.zeros((4, 5), np.uint32), "minisblack", "type uint32"),
        (np.zeros((4, 5), np.int16), "minisblack", "type int16"),
        (np.zeros((4, 5), np.float16), "minisblack", "unusual type"),
        (np.zeros((4, 5), np.uint16), "miniswhite", "must be grey, RGB"),
        (np.zeros((4, 5, 2), np.uint16), "minisblack", "must be grey, RGB"),
        (np.zeros((4, 5, 4), np.uint16), "separated", "must be grey, RGB"),
    ],
)
def test_other_tiffs_are_refused(
    tmp_path: Path, values: NDArray[Any], photometric: str, reason: str
) -> None:
    path = tmp_path / "photo.tif"
    tifffile.imwrite(path, values, photometric=photometric, planarconfig="contig")
    with pytest.raises(InputError, match=rf"photo\.tif: .*{reason}"):
        read_image(path)


def png_arrays(dtype: type) -> st.SearchStrategy[NDArray[Any]]:
    sizes = array_shapes(min_dims=2, max_dims=2, max_side=9)
    return sizes.flatmap(lambda size: arrays(dtype, (*size, 3)))


@settings(max_examples=40)
@given(values=png_arrays(np.uint8) | png_arrays(np.uint16))
def test_png_round_trip(values: NDArray[Any]) -> None:
    """Every integer is recovered from the floats."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "photo.png"
        assert cv2.imwrite(str(path), values[..., ::-1])
        image = read_image(path)
    assert image.min() >= 0
    assert image.max() <= 1
    np.testing.assert_array_equal(np.rint(image * np.iinfo(values.dtype).max), values)


def encoded(kind: str) -> bytes:
    stream = BytesIO()
    picture = PillowImage.fromarray(np.kron(RGB8, np.ones((4, 4, 1), np.uint8)))
    if kind == "png16":
        return cv2.imencode(".png", RGB16)[1].tobytes()
    if kind == "tiff16":
        return cv2.imencode(".tif", RGB16)[1].tobytes()
    picture.save(stream, kind.split("-")[0], progressive=kind.endswith("progressive"))
    return stream.getvalue()


@pytest.mark.filterwarnings("ignore:Truncated File Read")
@pytest.mark.parametrize(
    "kind", ["png", "jpeg", "jpeg-progressive", "bmp", "webp", "tiff", "png16", "tiff16"]
)
def test_truncated_files_are_refused(tmp_path: Path, kind: str) -> None:
    """Wherever a file is cut: an error, or all pixels (when only what follows them is missing)."""
    path = tmp_path / "photo.png"
    data = encoded(kind)
    path.write_bytes(data)
    whole = read_image(path)
    for share in np.linspace(0.9, 0.999, 20):
        path.write_bytes(data[: int(share * len(data))])
        with suppress(InputError):
            np.testing.assert_array_equal(read_image(path), whole)
    for share in np.linspace(0.01, 0.9, 20):
        path.write_bytes(data[: int(share * len(data))])
        with pytest.raises(InputError, match="Expected a complete file") as caught:
            read_image(path)
        assert str(path) in str(caught.value)
        assert "object at 0x" not in str(caught.value)


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=150)
@given(
    kind=st.sampled_from(["png", "jpeg", "tiff", "png16", "tiff16", "bmp"]),
    damage=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4
    ),
)
def test_damaged_files_never_give_another_error(kind: str, damage: list[tuple[float, int]]) -> None:
    data = bytearray(encoded(kind))
    for position, value in damage:
        data[int(position * min(len(data), 400))] = value
    with TemporaryDirectory() as folder:
        path = Path(folder) / "photo.png"
        path.write_bytes(data)
        try:
            image = read_image(path)
        except InputError:
            return
    assert image.ndim == 3
    assert image.dtype == np.float32


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"this is no picture", "no known image format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no known image format"),
        (b"\x80\x04\x95pickle", "no known image format"),
        (b"II*\0", "cannot be read"),
    ],
)
def test_what_is_no_image(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"photo\.png: .*{reason}.* Expected"):
        read_image(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"photo\.png: no such file\. Expected a photograph"):
        read_image(tmp_path / "photo.png")


def test_folder_instead_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        read_image(tmp_path)
    with pytest.raises(InputError, match="is a folder"):
        read_map(tmp_path)


def test_path_through_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="Not a directory"):
        read_image(tmp_path / "file" / "photo.png")


def test_decompression_bombs(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png(2, 8, b"", 30_000, 30_000))
    with pytest.raises(InputError, match=r"bomb\.png: .*900000000 pixels"):
        read_image(path)
    path = tmp_path / "bomb.tif"
    tifffile.imwrite(path, shape=(30_000, 30_000), dtype=np.uint16, rowsperstrip=30_000, bigtiff=1)
    with path.open("r+b") as file:
        file.truncate(4096)
    with pytest.raises(InputError, match=r"bomb\.tif: .*30000 x 30000"):
        read_image(path)
    with pytest.raises(InputError, match=r"bomb\.tif: .*30000 x 30000"):
        read_map(path)


@pytest.mark.filterwarnings("error")
def test_large_cameras_are_no_bombs(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(png(0, 1, b"", 12_000, 9_000))
    with pytest.raises(InputError, match="truncated"):
        read_image(path)


def test_list_images_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "photo.any"
    path.touch()
    assert list_images(path) == [path]


def test_list_images_of_a_folder(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "c.tiff", ".hidden.png", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    assert [path.name for path in list_images(tmp_path)] == ["a.png", "b.JPG", "c.tiff"]


@pytest.mark.parametrize("content", [[], ["notes.txt", ".hidden.png"]])
def test_list_images_of_nothing(tmp_path: Path, content: list[str]) -> None:
    for name in content:
        (tmp_path / name).touch()
    with pytest.raises(InputError, match="no images directly in this folder") as caught:
        list_images(tmp_path)
    assert all(suffix in str(caught.value) for suffix in IMAGE_SUFFIXES)


def test_list_images_of_a_missing_path(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing: no such file or folder.*\.png"):
        list_images(tmp_path / "missing")


@pytest.mark.parametrize("orientation", [1, 6, 8])
def test_heic(tmp_path: Path, orientation: int) -> None:
    """Phones note the orientation twice; it is applied once."""
    pillow_heif = pytest.importorskip("pillow_heif")
    smooth = cv2.resize(RGB8[:2, :2], (48, 32), interpolation=cv2.INTER_LINEAR)
    exif = PillowImage.Exif()
    exif[ORIENTATION] = orientation
    for name in ("photo.heic", "renamed.jpg"):
        path = tmp_path / name
        heif = pillow_heif.from_pillow(PillowImage.fromarray(smooth))
        heif.save(path, quality=100, exif=exif.tobytes())
        image = read_image(path)
        expected = upright(smooth, orientation) / 255
        assert image.shape == expected.shape
        np.testing.assert_allclose(image, expected, atol=0.1)


def test_damaged_heic(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    path = tmp_path / "photo.heic"
    pillow_heif.from_pillow(PillowImage.fromarray(RGB8)).save(path)
    data = path.read_bytes()
    for length in (20, len(data) // 2, len(data) - 20):
        path.write_bytes(data[:length])
        with pytest.raises(InputError, match=r"photo\.heic: cannot be read as a photograph"):
            read_image(path)


@pytest.mark.parametrize(
    ("name", "content", "needs"),
    [
        ("photo.heic", b"\0\0\0\x18ftypheic", "pillow-heif: pip install 'dmenet[heic]'"),
        ("photo.NEF", b"II*\0", "rawpy: pip install 'dmenet[raw]'"),
    ],
)
def test_formats_without_their_package(
    tmp_path: Path, name: str, content: bytes, needs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    for package in ("pillow_heif", "rawpy"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError) as caught:
        read_image(path)
    assert str(caught.value).startswith(str(path))
    assert needs in str(caught.value)


def test_raw_that_is_none(tmp_path: Path) -> None:
    """Most raw files are TIFFs by content, of a thumbnail; they are never read as such."""
    pytest.importorskip("rawpy")
    path = tmp_path / "photo.dng"
    tifffile.imwrite(path, RGB8, photometric="rgb")
    with pytest.raises(InputError, match=r"photo\.dng: cannot be read as a photograph") as caught:
        read_image(path)
    assert "b'" not in str(caught.value)


@pytest.mark.parametrize("error", [ValueError("0"), ValueError(""), KeyError(0), OSError("-2")])
def test_errors_of_decoders_that_say_nothing(
    tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: bytes) -> None:
        raise error

    monkeypatch.setattr(reading, "_decode", fail)
    path = tmp_path / "photo.png"
    PillowImage.fromarray(RGB8).save(path)
    with pytest.raises(InputError, match=r"photograph: its content is damaged \(\w+Error\)"):
        read_image(path)
