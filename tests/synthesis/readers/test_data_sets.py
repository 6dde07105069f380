"""Sintel, SYNTHIA, the layout of the released generator, NYUv2."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml

from dmenet.commands.hydra.composing import configuration_root
from dmenet.errors import InputError
from dmenet.synthesis.readers.mending import Holes
from dmenet.synthesis.readers.nyuv2 import NYUv2, NYUv2Mat
from dmenet.synthesis.readers.pairs import Pairs
from dmenet.synthesis.readers.syndof_input import SyndofInput
from made_rgbd import HEIGHT, WIDTH, room, write_dpt, write_image, write_png

CONF = configuration_root() / "conf/reader"


def reader(name: str, images: Path, depths: Path) -> Pairs:
    """As shipped for a data set of images with maps."""
    settings = yaml.safe_load((CONF / f"{name}.yaml").read_text())
    assert settings.pop("_target_") == "dmenet.synthesis.readers.pairs.Pairs"
    return Pairs(**settings | {"images": images, "depths": depths})


def test_sintel(tmp_path: Path) -> None:
    for frame in ("alley_1/frame_0001", "alley_1/frame_0002", "market_2/frame_0001"):
        write_image(tmp_path / f"clean/{frame}.png")
        write_dpt(tmp_path / f"depth/{frame}.dpt", room() / 1000)
    sintel = reader("sintel", tmp_path / "clean", tmp_path / "depth")
    assert sintel.names[1:] == ["alley_1_frame_0002", "market_2_frame_0001"]
    np.testing.assert_allclose(sintel[2].depth_mm, room(), rtol=1e-6)


def test_synthia(tmp_path: Path) -> None:
    centimetres = room() / 10
    centimetres[:5] = 65535
    write_image(tmp_path / "RGB/000000.png")
    channels = np.repeat(centimetres[..., np.newaxis], 3, axis=2)
    write_png(tmp_path / "Depth/000000.png", channels, np.uint16)
    scene = reader("synthia", tmp_path / "RGB", tmp_path / "Depth")[0]
    np.testing.assert_array_equal(scene.depth_mm, np.rint(centimetres) * 10)


def test_layout_of_the_released_generator(tmp_path: Path) -> None:
    write_image(tmp_path / "image/MPI/alley_1/frame_0001.png")
    write_dpt(tmp_path / "depth/MPI/alley_1/frame_0001.dpt", room() / 1000)
    write_image(tmp_path / "image/middlebury/Chair/im0.png")
    write_png(tmp_path / "depth/middlebury/Chair/disp0.png", room() / 10, np.uint16)
    syndof = SyndofInput(tmp_path)
    assert syndof.names == ["MPI_alley_1_frame_0001", "middlebury_Chair_im0"]
    np.testing.assert_allclose(syndof[0].depth_mm, room(), rtol=1e-6)
    np.testing.assert_allclose(syndof[1].depth_mm, room(), atol=5.1)
    (tmp_path / "depth/middlebury/Chair/disp0.png").unlink()
    with pytest.raises(InputError, match=r"no map for 1 of 2 .*im0\.png\. Expected .*Chair.disp0"):
        SyndofInput(tmp_path)


def test_a_disp0_of_disparities_is_refused(tmp_path: Path) -> None:
    write_image(tmp_path / "image/Chair/im0.png", 240, 320)
    write_png(tmp_path / "depth/Chair/disp0.png", 1e6 / room(240, 320), np.uint16)
    with pytest.raises(InputError, match=r"disp0\.png: looks upside down"):
        SyndofInput(tmp_path)[0]
    assert SyndofInput(tmp_path, check_direction=False)[0].known.all()


def test_nyuv2_files(tmp_path: Path) -> None:
    height, width = 480, 640
    values = np.rint(room(height, width) / 1000 * 25.5)
    write_image(tmp_path / "image/0003.jpg", height, width)
    write_png(tmp_path / "depth/0003.png", values, np.uint8)
    scene = NYUv2(tmp_path, crop_px=5, dequantise=False)[0]
    assert scene.image.shape == (height - 10, width - 10, 3)
    np.testing.assert_allclose(scene.depth_mm, values[5:-5, 5:-5] / 25.5 * 1000)
    smooth = NYUv2(tmp_path, crop_px=5)[0].depth_mm
    assert np.abs(smooth - scene.depth_mm).max() <= 0.5 * 1000 / 25.5 + 1e-6
    truth = room(height, width)[5:-5, 5:-5]
    assert np.abs(smooth - truth).mean() < 0.4 * np.abs(scene.depth_mm - truth).mean()
    # The slopes have many depths; what counts is how many the file has.
    assert np.unique(smooth).size > 1000
    assert NYUv2(tmp_path, crop_px=5)[0].levels() == np.unique(values[5:-5, 5:-5]).size
    with pytest.raises(InputError, match="a border of 240 px leaves nothing"):
        NYUv2(tmp_path, crop_px=240)[0]


def test_nyuv2_copies_with_holes_or_upside_down(tmp_path: Path) -> None:
    values = np.rint(room(480, 640) / 1000 * 25.5)
    write_image(tmp_path / "image/a.png", 480, 640)
    write_png(tmp_path / "depth/a.png", 3000 / values, np.uint8)
    with pytest.raises(InputError, match=r"a\.png: looks upside down"):
        NYUv2(tmp_path)[0]
    assert NYUv2(tmp_path, check_direction=False)[0].known.all()
    holed = values.copy()
    holed[200:220, 300:340] = 0
    write_png(tmp_path / "depth/a.png", holed, np.uint8)
    with pytest.raises(InputError, match="give holes=fill"):
        NYUv2(tmp_path)[0]
    filled = NYUv2(tmp_path, holes="fill", crop_px=0)[0]
    np.testing.assert_array_equal(filled.known, holed > 0)
    hole = filled.depth_mm[200:220, 300:340]
    assert hole.min() > 0.9 * room(480, 640)[200:220, 290:350].min()


@pytest.mark.parametrize("holes", ["error", "fill"])
def test_every_reader_may_fill_holes(tmp_path: Path, holes: Holes) -> None:
    depth = room()
    depth[10:20, 10:20] = 0
    write_image(tmp_path / "image/a.png")
    write_dpt(tmp_path / "depth/a.dpt", depth / 1000)
    write_png(tmp_path / "cm/a.png", depth / 10, np.uint16)
    images = np.zeros((1, HEIGHT, WIDTH, 3), np.uint8)
    mat = write_mat(tmp_path / "nyu.mat", images, depth[np.newaxis] / 1000)
    for source in (
        Pairs(tmp_path / "image", tmp_path / "cm", mm_per_unit=10, holes=holes),
        SyndofInput(tmp_path, holes=holes),
        NYUv2Mat(mat, 0, holes=holes),
    ):
        if holes == "error":
            with pytest.raises(InputError, match="give holes=fill"):
                source[0]
        else:
            scene = source[0]
            assert not scene.known[10:20, 10:20].any()
            assert scene.depth_mm.min() > 1000


def write_mat(path: Path, images: np.ndarray, depths_m: np.ndarray) -> Path:
    """As MATLAB does: H x W x 3 x N in column-major order."""
    with h5py.File(path, "w") as data:
        data["images"] = images.transpose(0, 3, 2, 1)
        data["depths"] = depths_m.transpose(0, 2, 1).astype(np.float32)
    return path


def test_nyuv2_mat(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, HEIGHT, WIDTH, 3), np.uint8)
    depths = np.stack([room(), room() * 1.1]) / 1000
    source = NYUv2Mat(write_mat(tmp_path / "nyu.mat", images, depths), crop_px=3)
    assert source.names == ["0000", "0001"]
    scene = source[1]
    assert scene.image.dtype == np.float32
    np.testing.assert_allclose(scene.image, images[1, 3:-3, 3:-3] / 255, rtol=1e-6)
    np.testing.assert_allclose(scene.depth_mm, room()[3:-3, 3:-3] * 1.1, rtol=1e-6)
    assert scene.focal_length_px == pytest.approx(518.858)


def test_bad_mat_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "nyu.mat"
    with pytest.raises(InputError, match=r"nyu\.mat: no such file"):
        NYUv2Mat(path)
    path.write_bytes(b"MATLAB 5.0 MAT-file")
    with pytest.raises(InputError, match=r"nyu\.mat: cannot be read"):
        NYUv2Mat(path)
    with h5py.File(path, "w") as data:
        data["images"] = np.zeros((1, 3, 5, 4), np.uint8)
    with pytest.raises(InputError, match=r"nyu\.mat: cannot be read.*depths"):
        NYUv2Mat(path)
    images = np.zeros((1, HEIGHT, WIDTH, 3), np.uint8)
    write_mat(path, images, room()[np.newaxis, :50])
    with pytest.raises(InputError, match="images of uint8 with shape"):
        NYUv2Mat(path)
    write_mat(path, images, np.zeros((1, HEIGHT, WIDTH)))
    with pytest.raises(InputError, match="no value is known"):
        NYUv2Mat(path, crop_px=0)[0]


@pytest.mark.filterwarnings("error")
def test_real_data_sets(real: Callable[[str], Path]) -> None:
    sintel, street, chair = SyndofInput(real("syndof_samples"))
    assert sintel.image.shape == (436, 1024, 3)
    assert street.depth_mm.max() == 655350
    assert (chair.depth_mm.min(), chair.depth_mm.max()) == (1620, 3070)
    source = NYUv2(real("nyuv2"))
    assert len(source) == 400
    for scene in source[::50]:
        assert scene.image.shape == (448, 608, 3)
        assert 500 < scene.depth_mm.min() < scene.depth_mm.max() < 10100
        assert np.unique(scene.depth_mm).size > 10_000
