from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from dmenet.images import preview
from dmenet.images.preview import colourise, write_preview
from dmenet.sample import Map


def ramp(height: int, width: int, maximum: float = 7) -> Map:
    return np.tile(np.linspace(0, maximum, width, dtype=np.float32), (height, 1))


def ink(rows: np.ndarray) -> np.ndarray:
    """Where something is drawn on the white strip, H x W."""
    return (rows < 250).any(-1)


def test_colourise_spans_the_colormap_and_clips() -> None:
    values = np.array([[-1, 0, 3.5, 7, 70]], np.float32)
    colours = colourise(values, 7)
    assert colours.dtype == np.uint8
    assert colours.shape == (1, 5, 3)
    assert (colours[0, 0] == colours[0, 1]).all()
    assert (colours[0, 3] == colours[0, 4]).all()
    assert colours[0, 1].sum() < colours[0, 2].sum() < colours[0, 3].sum()


def test_colourise_is_monotonous_in_brightness() -> None:
    colours = colourise(ramp(1, 256), 7)[0].astype(float)
    assert (np.diff(colours @ [0.2126, 0.7152, 0.0722]) > -0.5).all()


@pytest.mark.parametrize("size", [(480, 640), (640, 480)])
def test_map_is_shown_pixel_by_pixel(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "preview.png"
    sigma_px = ramp(*size)
    write_preview(path, sigma_px)
    with PillowImage.open(path) as picture:
        assert picture.format == "PNG"
        pixels = np.asarray(picture)
    np.testing.assert_array_equal(pixels[: size[0]], colourise(sigma_px, 7))
    assert pixels.shape[1] == size[1]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 4000)])
def test_large_maps_are_reduced(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "preview.png"
    write_preview(path, ramp(*size))
    with PillowImage.open(path) as picture:
        width, height = picture.size
    shown = tuple(round(side * 2048 / 4000) for side in size)
    assert width == shown[1]
    assert shown[0] < height < shown[0] * 1.15


def test_reduction_averages() -> None:
    stripes = np.zeros((4096, 8), np.float32)
    stripes[::2] = 2
    reduced = preview._reduced(stripes)
    np.testing.assert_allclose(reduced, np.ones((2048, 4), np.float32))


@pytest.mark.parametrize(
    "size", [(1, 1), (16, 16), (16, 300), (300, 16), (3000, 200), (200, 3000), (9000, 2), (2, 9000)]
)
@pytest.mark.parametrize("maximum_px", [0.05, 0.5, 3.275, 7, 12.34, 100])
def test_labels_are_whole_and_the_margins_empty(
    tmp_path: Path, size: tuple[int, int], maximum_px: float
) -> None:
    path = tmp_path / "preview.png"
    write_preview(path, ramp(*size, maximum_px), maximum_px)
    with PillowImage.open(path) as picture:
        pixels = np.asarray(picture)
    shown_height = preview._reduced(np.zeros(size, np.float32)).shape[0]
    strip = ink(pixels[shown_height:])
    assert strip.any()
    assert not strip[[0, -1]].any()
    assert not strip[:, [0, -1]].any()
    assert pixels.shape[1] >= 200
    rows = strip.any(1)
    parts = np.diff(rows.astype(int)).tolist().count(1)
    assert parts == 3  # bar with ticks, numbers, label


def test_numbers_do_not_touch(tmp_path: Path) -> None:
    """Between the texts of two ticks there is white: at least as many gaps as ticks."""
    path = tmp_path / "preview.png"
    write_preview(path, ramp(480, 640))
    with PillowImage.open(path) as picture:
        strip = ink(np.asarray(picture)[480:])
    starts = np.flatnonzero(np.diff(strip.any(1).astype(int)) == 1)
    numbers = strip[starts[1] + 1 : starts[2]].any(0)
    assert np.diff(numbers.astype(int)).tolist().count(1) == 8  # 0 to 7


def test_font_has_every_sign_of_the_label() -> None:
    """Pillow's default font draws a box for σ."""
    from PIL import ImageFont

    font = ImageFont.truetype(preview._FONT_FILE, 20)
    missing = bytes(font.getmask("\ue123"))
    assert all(bytes(font.getmask(sign)) != missing for sign in preview.LABEL)


def test_interrupted_writing_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "preview.png"
    path.write_text("old")

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(PillowImage.Image, "save", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_preview(path, ramp(4, 4))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
