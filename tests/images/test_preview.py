from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from dmenet.images import preview
from dmenet.images.preview import (
    LEAST_SIDE,
    colourise,
    resized,
    ticks,
    upper_bound,
    write_preview,
)
from dmenet.sample import Image, Map


def ramp(height: int, width: int, maximum: float = 7) -> Map:
    return np.tile(np.linspace(0, maximum, width, dtype=np.float32), (height, 1))


def noise(height: int, width: int) -> Image:
    return np.random.default_rng(0).random((height, width, 3), np.float32)


def pixels_of(path: Path) -> np.ndarray:
    with PillowImage.open(path) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture.convert("RGB"))


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


@pytest.mark.parametrize(
    ("largest", "bound"),
    [
        (0, 0.1),
        (0.02, 0.1),
        (0.28, 0.3),
        (0.3, 0.3),
        (0.4, 0.5),
        (1, 1),
        (3.275, 5),
        (7, 7),
        (8, 10),
    ],
)
def test_the_bound_is_round_and_over_what_the_map_holds(largest: float, bound: float) -> None:
    assert upper_bound(np.full((4, 5), largest, np.float32)) == pytest.approx(bound)


def test_few_outliers_do_not_darken_the_rest() -> None:
    sigma_px = np.full((100, 100), 0.9, np.float32)
    sigma_px[0, :50] = 60
    assert upper_bound(sigma_px) == 1


@pytest.mark.parametrize("largest", [0.25, 1.1, 6.8])
def test_no_map_is_shown_black(tmp_path: Path, largest: float) -> None:
    path = tmp_path / "preview.png"
    write_preview(path, noise(480, 640), ramp(480, 640, largest))
    shown = pixels_of(path)[:480, -640:]
    assert shown[:, -10:].mean() > 100
    assert shown[:, :10].mean() < 10


@pytest.mark.parametrize("size", [(480, 640), (640, 480)])
def test_photograph_and_map_side_by_side_pixel_by_pixel(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    path = tmp_path / "preview.png"
    image, sigma_px = noise(*size), ramp(*size)
    write_preview(path, image, sigma_px)
    pixels = pixels_of(path)
    height, width = size
    np.testing.assert_array_equal(pixels[:height, :width], np.rint(image * 255))
    np.testing.assert_array_equal(pixels[:height, -width:], colourise(sigma_px, 7))
    assert list(tmp_path.iterdir()) == [path]


def test_a_fixed_scale_for_comparing(tmp_path: Path) -> None:
    path = tmp_path / "preview.png"
    sigma_px = ramp(480, 640, 0.3)
    write_preview(path, noise(480, 640), sigma_px, shown_up_to_px=3.275)
    np.testing.assert_array_equal(pixels_of(path)[:480, -640:], colourise(sigma_px, 3.275))


@pytest.mark.parametrize("bound", [0.1, 0.3, 0.5, 1, 1.5, 2, 3, 3.275, 5, 7, 10, 0.07, 123.4])
@pytest.mark.parametrize("most", [2, 4, 7])
def test_ticks_end_at_the_bound_and_do_not_crowd(bound: float, most: int) -> None:
    values = ticks(bound, most)
    assert values[0] == 0
    assert values[-1] == bound
    assert 2 <= len(values) <= most + 2
    assert np.diff(values).min() >= bound / (2 * most)


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 4000)])
def test_large_maps_are_reduced(size: tuple[int, int]) -> None:
    assert sorted(resized(ramp(*size)).shape) == [900, 1200]


@pytest.mark.parametrize("size", [(60, 90), (1, 1), (90, 60)])
def test_thumbnails_are_enlarged_by_repeated_pixels(size: tuple[int, int]) -> None:
    small = ramp(*size)
    shown = resized(small)
    factor = shown.shape[0] // size[0]
    assert LEAST_SIDE <= max(shown.shape) < 2 * LEAST_SIDE
    np.testing.assert_array_equal(shown[::factor, ::factor], small)


def test_reduction_averages() -> None:
    stripes = np.zeros((2400, 8), np.float32)
    stripes[::2] = 2
    np.testing.assert_allclose(resized(stripes), np.ones((1200, 4), np.float32))


@pytest.mark.parametrize("size", [(1, 1), (16, 300), (300, 16), (3000, 200), (9000, 2), (2, 9000)])
@pytest.mark.parametrize("maximum_px", [0.05, 0.5, 3.275, 12.34, 100])
def test_labels_are_whole_and_the_margins_empty(
    tmp_path: Path, size: tuple[int, int], maximum_px: float
) -> None:
    path = tmp_path / "preview.png"
    write_preview(path, noise(*size), ramp(*size, maximum_px), maximum_px)
    pixels = pixels_of(path)
    assert pixels.shape[1] >= 2 * LEAST_SIDE
    strip = (pixels[resized(np.zeros(size, np.float32)).shape[0] :] < 250).any(-1)
    assert not strip[[0, -1]].any()
    assert not strip[:, [0, -1]].any()
    parts = np.diff(strip.any(1).astype(int)).tolist().count(1)
    assert parts == 3  # bar with ticks, numbers, label


def test_interrupted_writing_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "preview.png"
    path.write_text("old")

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(preview, "encode_png", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_preview(path, noise(4, 4), ramp(4, 4))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
