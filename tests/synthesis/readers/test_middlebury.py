"""Middlebury stereo of any year, and the Motorcycle that comes with scikit-image."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dmenet.errors import InputError
from dmenet.synthesis.readers.middlebury import Middlebury, load_motorcycle
from made_rgbd import write_image, write_pfm, write_png

CALIBRATION = """cam0=[1000.5 0 60.2; 0 1000.5 45; 0 0 1]
cam1=[1000.5 0 70; 0 1000.5 45; 0 0 1]
doffs=31.5
baseline=193.001
width=120
height=90
ndisp=70
"""
OFFSET_PX = 230


def old_scene(folder: Path, image: str, disparity: str, height: int) -> np.ndarray:
    rows, columns = np.mgrid[:height, :120]
    values = np.rint(20 + 0.2 * rows + 0.05 * columns)
    values[10:14, 50:60] = 0
    write_image(folder / image, height, 120)
    write_png(folder / disparity, values, np.uint8)
    return values


@pytest.fixture
def new_scene(tmp_path: Path) -> Path:
    disparity = np.full((90, 120), 10.0)
    disparity[40:, 30:60] = 60
    disparity[40:, 20:30] = np.inf
    write_image(tmp_path / "im0.png")
    # The files say 1 / 255, and hold px.
    write_pfm(tmp_path / "disp0.pfm", disparity, scale=0.003922)
    (tmp_path / "calib.txt").write_text(CALIBRATION)
    return tmp_path


@pytest.mark.parametrize(("height", "shrink"), [(370, 3), (555, 2), (1110, 1)])
def test_2005(tmp_path: Path, height: int, shrink: int) -> None:
    values = old_scene(tmp_path / "Art", "view1.png", "disp1.png", height)
    (tmp_path / "Art/dmin.txt").write_text(f"{OFFSET_PX}\n")
    scene = Middlebury(tmp_path, dequantise=False)[0]
    assert scene.name == "Art"
    assert scene.focal_length_px == 3740 / shrink
    np.testing.assert_array_equal(scene.known, values > 0)
    truth = 3740 * 160 / (values + OFFSET_PX)
    np.testing.assert_allclose(scene.depth_mm[scene.known], truth[scene.known])
    assert scene.depth_mm[12, 55] >= truth[12, 48:62][values[12, 48:62] > 0].min()


def test_steps_become_slopes(tmp_path: Path) -> None:
    values = old_scene(tmp_path, "view1.png", "disp1.png", 370)
    scene = Middlebury(tmp_path, offset_px=OFFSET_PX)[0]
    depth = scene.depth_mm
    rows, columns = np.mgrid[:370, :120]
    error = 3740 * 160 / depth - OFFSET_PX - (20 + 0.2 * rows + 0.05 * columns)
    assert np.sqrt(np.square(error[30:-20, 20:-20]).mean()) < 0.1
    moved = np.abs(3740 * 160 / depth - OFFSET_PX - values)[values > 0]
    assert moved.max() <= 0.5 + 1e-6
    assert scene.levels() == np.unique(values[values > 0]).size, "of the file, not of the slopes"


def test_2003_and_the_assumed_offset(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    values = old_scene(tmp_path / "Cones", "im2.png", "disp2.png", 375)
    with caplog.at_level(logging.INFO):
        reader = Middlebury(tmp_path, offset_px=150, dequantise=False)
        scene = reader[0]
    assert scene.focal_length_px == 3740 / 4
    np.testing.assert_allclose(
        scene.depth_mm[scene.known], (3740 * 160 / (values + 150))[scene.known]
    )
    (record,) = caplog.records
    assert "1 of 1 Middlebury scenes have no dmin.txt" in record.getMessage()
    assert "150 px is assumed" in record.getMessage()
    # Files that other tests left open warn when they are collected.
    assert not [w for w in recwarn.list if w.category is not ResourceWarning]


def test_2014(new_scene: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        scene = Middlebury(new_scene)[0]
    assert not caplog.records
    assert scene.name == new_scene.name
    assert scene.focal_length_px == 1000.5
    assert scene.depth_mm[0, 0] == pytest.approx(1000.5 * 193.001 / (10 + 31.5))
    assert scene.depth_mm[60, 45] == pytest.approx(1000.5 * 193.001 / (60 + 31.5))
    # Occluded: the wall goes on.
    assert not scene.known[60, 25]
    assert scene.depth_mm[60, 25] == scene.depth_mm[0, 0]
    with pytest.raises(InputError, match=r"disp0\.pfm: 4\.6% of the values are unknown"):
        Middlebury(new_scene, holes="error")[0]


def test_calibrations_are_read_line_by_line(new_scene: Path) -> None:
    other = "note=cam0=[7 0 7]\nxbaseline=7\n"
    (new_scene / "calib.txt").write_text(other + CALIBRATION.replace("=", " = "), newline="\r\n")
    assert Middlebury(new_scene)[0].focal_length_px == 1000.5


@pytest.mark.parametrize(
    "content",
    [
        "",
        "cam0=[1 2 3]\n",
        CALIBRATION.replace("doffs", "off"),
        CALIBRATION.replace("doffs=", "doffs=nan #"),
        CALIBRATION.replace("cam0=[1000.5", "cam0=[inf"),
    ],
)
def test_bad_calibrations_are_named(new_scene: Path, content: str) -> None:
    (new_scene / "calib.txt").write_text(content)
    with pytest.raises(InputError, match=r"calib\.txt: expected lines cam0="):
        Middlebury(new_scene)[0]
    (new_scene / "calib.txt").unlink()
    with pytest.raises(InputError, match=r"calib\.txt: no such file"):
        Middlebury(new_scene)[0]


def test_folders_without_scenes_and_bad_offsets(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no Middlebury scene in it"):
        Middlebury(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        Middlebury(tmp_path / "nowhere")
    old_scene(tmp_path, "view1.png", "disp1.png", 370)
    with pytest.raises(InputError, match=r"disp1\.png: .* lies behind infinity"):
        Middlebury(tmp_path, offset_px=-30)[0]
    for wrong in ("many", "nan"):
        (tmp_path / "dmin.txt").write_text(wrong)
        with pytest.raises(InputError, match=r"dmin\.txt: expected one number"):
            Middlebury(tmp_path)[0]


@pytest.mark.filterwarnings("error")
def test_real_scenes(real: Callable[[str], Path]) -> None:
    reader = Middlebury(real("middlebury"))
    assert {"Art", "Baby1", "Cones"} <= set(reader.names)
    for scene in reader[::4]:
        assert 1000 < scene.depth_mm.min() < scene.depth_mm.max() < 3500
        assert scene.image.shape[:2] == scene.depth_mm.shape
        assert scene.known.mean() > 0.8


def test_motorcycle_stands_between_two_and_five_metres() -> None:
    rgbd = load_motorcycle()
    assert rgbd.image.shape == (500, 741, 3)
    assert rgbd.image.dtype == np.float32
    assert rgbd.depth_mm.min() > 2000
    assert rgbd.depth_mm.max() < 5500
    assert 0.9 < rgbd.known.mean() < 0.95
    # The tank is nearer than the door behind the seat.
    assert rgbd.depth_mm[210, 420] < 3000 < 4000 < rgbd.depth_mm[40, 230]
