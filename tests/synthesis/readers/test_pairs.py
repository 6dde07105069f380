from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from configured import built
from dmenet.errors import InputError
from dmenet.synthesis.readers.pairs import Pairs
from made_rgbd import HEIGHT, WIDTH, room, write_dpt, write_image, write_pfm, write_png


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A scene of the same depths in every format."""
    for name in ("a", "b", "c", "d", "deep/e"):
        write_image(tmp_path / f"image/{name}.png")
    (tmp_path / "depth").mkdir()
    np.save(tmp_path / "depth/a.npy", room().astype(np.float32))
    write_png(tmp_path / "depth/b.png", room(), np.uint16)
    write_pfm(tmp_path / "depth/c.pfm", room())
    write_dpt(tmp_path / "depth/d.dpt", room())
    (tmp_path / "depth/deep").mkdir()
    cv2.imwrite(str(tmp_path / "depth/deep/e.tiff"), room().astype(np.float32))
    return tmp_path


def pairs(folder: Path, **settings: Any) -> Pairs:
    return Pairs(folder / "image", folder / "depth", **settings)


def test_every_format_gives_the_same_depths(folder: Path) -> None:
    reader = pairs(folder, mm_per_unit=1)
    assert reader.names == ["a", "b", "c", "d", "deep_e"]
    assert [scene.name for scene in reader] == reader.names
    for scene in reader:
        assert scene.image.shape == (HEIGHT, WIDTH, 3)
        assert scene.known.all()
        np.testing.assert_allclose(scene.depth_mm, room(), atol=0.51)
    assert reader[-1].name == "deep_e"
    assert [scene.name for scene in reader[1:3]] == ["b", "c"]
    with pytest.raises(IndexError):
        reader[5]


def test_units_scale_depths(folder: Path) -> None:
    np.save(folder / "depth/a.npy", room() / 1000)
    np.testing.assert_allclose(pairs(folder, mm_per_unit=1000)[0].depth_mm, room())


def test_disparities(folder: Path) -> None:
    np.save(folder / "depth/a.npy", 4 * (1000 * 160 / room() - 20))
    reader = pairs(folder, direction="disparity", mm_times_unit=4 * 1000 * 160, offset_units=80)
    np.testing.assert_allclose(reader[0].depth_mm, room())


def test_files_of_any_name_are_a_pair(folder: Path) -> None:
    reader = Pairs(folder / "image/a.png", folder / "depth/c.pfm", mm_per_unit=1)
    assert reader.names == ["a"]
    np.testing.assert_allclose(reader[0].depth_mm, room(), rtol=1e-6)


@pytest.mark.parametrize("unknown", [0, -1, np.nan, np.inf])
@pytest.mark.parametrize("direction", ["depth", "disparity"])
def test_holes_are_filled_on_demand_only(folder: Path, unknown: float, direction: str) -> None:
    holed = room() if direction == "depth" else 1e6 / room()
    holed[50:52, 30:40] = unknown
    np.save(folder / "depth/a.npy", holed)
    unit = {"mm_per_unit": 1.0} if direction == "depth" else {"mm_times_unit": 1e6}
    with pytest.raises(InputError, match=r"a\.npy: 0\.2% of the values are unknown"):
        pairs(folder, direction=direction, **unit)[0]
    scene = pairs(folder, direction=direction, holes="fill", **unit)[0]
    assert (~scene.known).sum() == 20
    assert not scene.known[50:52, 30:40].any()
    np.testing.assert_allclose(scene.depth_mm[scene.known], room()[scene.known])
    # The box is nearer than the floor beside it.
    assert (scene.depth_mm[~scene.known] > 2300).all()


def test_maps_that_do_not_fit_are_refused(folder: Path) -> None:
    with pytest.raises(InputError, match=r"a\.npy: depths from .* look like millimetres"):
        pairs(folder, mm_per_unit=1000)[0]
    np.save(folder / "depth/a.npy", room()[:, :100])
    with pytest.raises(InputError, match=f"{WIDTH} x {HEIGHT} px but .*a.npy has 100 x {HEIGHT}"):
        pairs(folder, mm_per_unit=1)[0]


def test_disparities_taken_for_depths_are_refused(tmp_path: Path) -> None:
    write_image(tmp_path / "image/a.png", 240, 320)
    (tmp_path / "depth").mkdir()
    np.save(tmp_path / "depth/a.npy", 1e7 / room(240, 320))
    with pytest.raises(InputError, match=r"a\.npy: looks upside down.*direction=disparity"):
        pairs(tmp_path, mm_per_unit=1)[0]
    assert pairs(tmp_path, mm_per_unit=1, check_direction=False)[0].known.all()
    np.save(tmp_path / "depth/a.npy", room(240, 320))
    with pytest.raises(InputError, match=r"a\.npy: looks upside down.*direction=depth"):
        pairs(tmp_path, direction="disparity", mm_times_unit=1e7)[0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, r"mm_per_unit is not given: expected"),
        ({"mm_per_unit": 0}, "mm_per_unit=0: expected a number over 0"),
        ({"direction": "disparity", "mm_per_unit": 1}, "mm_times_unit is not given"),
        (
            {"direction": "disparity", "mm_times_unit": 1, "mm_per_unit": 1},
            "mm_per_unit=1: direction=disparity has none",
        ),
        ({"direction": "up", "mm_per_unit": 1}, "direction=up: expected 'depth' or 'disparity'"),
        ({"holes": "ignore", "mm_per_unit": 1}, "holes=ignore: expected 'error' or 'fill'"),
    ],
)
def test_settings_without_sense(folder: Path, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        built(Pairs, images=str(folder / "image"), depths=str(folder / "depth"), **settings)


def test_files_without_a_partner(folder: Path) -> None:
    (folder / "depth/b.png").unlink()
    with pytest.raises(InputError, match=r"no map for 1 of 5 images, such as .*b\.png"):
        pairs(folder, mm_per_unit=1)
    with pytest.raises(InputError, match="no such folder"):
        pairs(folder / "nowhere", mm_per_unit=1)
    write_image(folder / "image/a.jpg")
    with pytest.raises(InputError, match=r"a\.png and a\.jpg have one name"):
        pairs(folder, mm_per_unit=1)
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match="no images in this folder"):
        Pairs(folder / "empty", folder / "depth", mm_per_unit=1)
