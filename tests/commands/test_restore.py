"""``dmenet restore`` and ``dmenet sort``, by a method that needs no weights and no time."""

import csv
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import tifffile
from hydra import compose, initialize_config_dir
from PIL import ExifTags, ImageCms
from PIL import Image as PillowImage
from skimage import data

from dmenet.commands import restore, sort
from dmenet.commands.hydra.composing import configuration_root, set_configuration_root
from dmenet.errors import InputError
from dmenet.images.maps import read_map, write_map
from dmenet.images.reading import read_image
from dmenet.images.writing import FileFacts, read_with_facts, write_photograph
from own_kinds import run_checked

CAT = data.chelsea()[100:148, 60:132]
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def run(name: str, *overrides: str) -> None:
    set_configuration_root()
    with initialize_config_dir(str(configuration_root() / "conf"), version_base="1.3"):
        configuration = compose(name, list(overrides))
    fixed = {"_target_": "dmenet.estimators.FixedEstimator", "sigma_px": 1.5}
    configuration.estimator = {"fixed": fixed}
    run_checked(name, configuration)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    exif = PillowImage.Exif()
    exif[ExifTags.Base.Make] = "A camera"
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FNumber] = 2.8
    picture = PillowImage.fromarray(CAT)
    for name in ("photo.jpg", "photo.png", "photo.tif"):
        picture.save(tmp_path / name, exif=exif.tobytes(), icc_profile=ICC)
    return tmp_path


@pytest.mark.parametrize("mode", get_args(restore.Mode))
def test_each_mode_writes_a_picture(folder: Path, mode: str) -> None:
    run("restore", "photo=photo.png", f"mode={mode}")
    (written,) = (folder / "restored").iterdir()
    assert written.name == f"photo_{mode}.png"
    assert read_image(written).shape == (72, 48, 3)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_profile_and_exif_are_kept(folder: Path, suffix: str) -> None:
    run("restore", f"photo=photo.{suffix}", "prior=wiener")
    with PillowImage.open(folder / f"restored/photo_all_in_focus.{suffix}") as written:
        exif = written.getexif()
        assert written.info["icc_profile"] == ICC
        assert written.size == (48, 72), "upright"
        assert exif.get(ExifTags.Base.Orientation, 1) == 1
        assert exif[ExifTags.Base.Make] == "A camera"
        assert exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FNumber] == pytest.approx(2.8)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_sixteen_bits_stay_sixteen(folder: Path, suffix: str) -> None:
    image = np.random.default_rng(0).random((5, 7, 3)).astype(np.float32)
    facts = FileFacts(16, ICC, read_with_facts(folder / "photo.jpg")[1].exif)
    write_photograph(folder / f"deep{suffix}", image, facts)
    pixels, again = read_with_facts(folder / f"deep{suffix}")
    np.testing.assert_allclose(pixels, image, atol=1e-5)
    assert again.bits == 16
    assert again.icc == ICC
    if suffix == ".png":
        assert again.exif == facts.exif


def test_a_map_of_ones_own_is_used(folder: Path) -> None:
    for suffix in ("npy", "tiff"):
        write_map(folder / f"map.{suffix}", np.zeros((72, 48), np.float32))
        run("restore", "photo=photo.png", f"map=map.{suffix}", "mode=deblur")
        written = read_image(folder / "restored/photo_deblur.png")
        np.testing.assert_array_equal(written, read_image(folder / "photo.png"))
    write_map(folder / "small.npy", np.zeros((3, 4), np.float32))
    with pytest.raises(InputError, match=r"map=small\.npy: 4 x 3 px"):
        run("restore", "photo=photo.png", "map=small.npy")
    with pytest.raises(InputError, match=r"map=map\.npy with 4 photographs"):
        run("restore", f"photo={folder}", "map=map.npy")


def test_what_is_no_map_is_refused(folder: Path) -> None:
    (folder / "text.npy").write_text("no map")
    np.save(folder / "negative.npy", np.full((3, 3), -1.0))
    np.save(folder / "cube.npy", np.zeros((3, 3, 3)))
    for name in ("text.npy", "negative.npy", "cube.npy", "nowhere.npy", "nowhere.tiff"):
        with pytest.raises(InputError, match=name):
            read_map(folder / name)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("mode=magic", "mode=magic"),
        ("prior=magic", "prior=magic"),
        ("side=above", "side=above"),
        ("aperture=star", "star"),
        ("strength=0.5", "strength=0.5"),
        ("noise=0", "noise=0"),
        ("blades=2", "blades=2"),
        ("photo=nowhere.jpg", r"nowhere\.jpg"),
    ],
)
def test_wrong_settings_are_named(folder: Path, setting: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        run("restore", "photo=photo.png", setting)


def test_a_photograph_that_cannot_be_read_is_reported(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"broken\.jpg"):
        run("restore", f"photo={folder}", "mode=mask")
    assert len(list((folder / "restored").iterdir())) == 3
    assert "3 of 4 photographs: mask in restored\n" in capsys.readouterr().out
    with pytest.raises(InputError, match=r"broken\.jpg"):
        run("restore", "photo=broken.jpg", "mode=mask")
    assert capsys.readouterr().out == "0 of 1 photographs\n"


@pytest.mark.parametrize("name", ["restore", "sort"])
def test_subfolders_are_searched_as_the_advice_says(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "day").mkdir()
    (folder / "photo.png").rename(folder / "day/other.png")
    where = [f"photo={folder}", "mode=mask"] if name == "restore" else [f"folder={folder}"]
    run(name, *where)
    assert "Skipped day: a subfolder; recursive=true searches it" in capsys.readouterr().out
    run(name, *where, "recursive=true")
    assert "3 of 3 photographs" in capsys.readouterr().out
    assert name == "sort" or (folder / "restored/day/other_mask.png").is_file()


def test_photographs_are_sorted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blurs = iter([3.0, 0.5, 1.0])
    monkeypatch.setattr(
        sort, "estimate", lambda _, image: np.full(image.shape[:2], next(blurs), np.float32)
    )
    (folder / "broken.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"broken\.png"):
        run("sort", f"folder={folder}")
    with (folder / "sorted" / sort.TABLE).open() as file:
        rows = list(csv.DictReader(file))
    assert [row["photograph"] for row in rows] == ["photo.png", "photo.tif", "photo.jpg"]
    assert [float(row["subject_sigma_px"]) for row in rows] == [0.5, 1.0, 3.0]
    assert [float(row["sharp_share"]) for row in rows] == [1, 1, 0]
    assert read_image(folder / "sorted" / sort.SHEET).shape[0] > 300


def test_a_tiff_of_16_bits_from_elsewhere_is_deep(folder: Path) -> None:
    tifffile.imwrite(folder / "deep.tif", CAT.astype(np.uint16) * 257, photometric="rgb")
    run("restore", "photo=deep.tif", "prior=wiener")
    assert tifffile.imread(folder / "restored/deep_all_in_focus.tif").dtype == np.uint16
