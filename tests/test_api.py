"""The Python API, as a user calls it."""

import doctest
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import ExifTags
from PIL import Image as PillowImage
from skimage import data

import dmenet
from dmenet.images import given
from dmenet.images.reading import read_image

CAT = data.chelsea()[100:164, 60:156]


@pytest.fixture(scope="module")
def model() -> dmenet.Model:
    return dmenet.load(device="cpu")


@pytest.fixture(scope="module")
def result(model: dmenet.Model) -> dmenet.Result:
    return model(CAT)


def test_documented_examples_run() -> None:
    for module in (dmenet, given):
        tried = doctest.testmod(module)
        assert tried.attempted >= 1
        assert tried.failed == 0


def test_neither_hydra_nor_lightning_is_imported() -> None:
    script = (
        "import sys, numpy as np, dmenet\n"
        "assert 'torch' not in sys.modules, 'import dmenet alone is quick'\n"
        "dmenet.load(device='cpu')(np.zeros((32, 32, 3), np.uint8)).preview()\n"
        "import dmenet.restoration\n"
        "print(sorted(m.partition('.')[0] for m in sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    for name in ("hydra", "omegaconf", "pytorch_lightning", "lightning_fabric", "wandb"):
        assert f"'{name}'" not in run.stdout


def test_all_kinds_of_the_same_photograph_give_the_same_map(
    model: dmenet.Model, result: dmenet.Result, tmp_path: Path
) -> None:
    PillowImage.fromarray(CAT).save(tmp_path / "cat.png")
    kinds = [
        tmp_path / "cat.png",
        str(tmp_path / "cat.png"),
        PillowImage.fromarray(CAT),
        (CAT / np.float64(255)),
        CAT.astype(np.uint16) * 257,
        torch.from_numpy(CAT).permute(2, 0, 1),
        torch.from_numpy(CAT / 255).permute(2, 0, 1).to(torch.float32),
    ]
    results = model(kinds)
    assert [each.name for each in results] == ["cat.png", "cat.png", *[""] * 5]
    for each in results:
        np.testing.assert_allclose(each.image, CAT / 255, atol=1e-6)
        np.testing.assert_allclose(each.sigma_px, result.sigma_px, atol=1e-4)


def test_a_batch_gives_a_list(model: dmenet.Model, result: dmenet.Result) -> None:
    batch = np.stack([CAT, CAT[:, ::-1]])
    for several in (batch, torch.from_numpy(batch).permute(0, 3, 1, 2)):
        first, second = model(several)
        np.testing.assert_allclose(first.sigma_px, result.sigma_px, atol=1e-4)
        np.testing.assert_allclose(second.image, CAT[:, ::-1] / 255, atol=1e-6)
    assert model([]) == []


def test_grey_and_transparent_pictures() -> None:
    grey = given.image_of(CAT[..., 0])
    assert grey.shape == CAT.shape
    np.testing.assert_array_equal(grey[..., 0], grey[..., 2])
    clear = np.dstack([CAT, np.zeros(CAT.shape[:2], np.uint8)])
    np.testing.assert_allclose(given.image_of(clear), CAT / 255, atol=1e-6)
    deep = CAT[..., 0].astype(np.uint16) * 257
    np.testing.assert_allclose(given.image_of(PillowImage.fromarray(deep)), grey, atol=1e-6)


def test_a_picture_of_pillow_is_turned_as_its_file_is(tmp_path: Path) -> None:
    exif = PillowImage.Exif()
    exif[ExifTags.Base.Orientation] = 6
    PillowImage.fromarray(CAT).save(tmp_path / "turned.png", exif=exif)
    with PillowImage.open(tmp_path / "turned.png") as picture:
        ours = given.image_of(picture)
    assert ours.shape == (CAT.shape[1], CAT.shape[0], 3)
    np.testing.assert_array_equal(ours, read_image(tmp_path / "turned.png"))


@pytest.mark.parametrize(
    ("photograph", "message"),
    [
        (CAT.astype(np.int64), "int64"),
        (CAT.astype(np.float32), r"not in \[0, 1\]"),
        (np.full((4, 4, 3), np.nan), r"not in \[0, 1\]"),
        (np.zeros((2, 4, 4, 2), np.uint8), r"shape \(4, 4, 2\)"),
        (np.zeros((0, 4, 3), np.uint8), r"shape \(0, 4, 3\)"),
        (torch.zeros(8, 8, 3), "channels first"),
        (3, "int is no photograph"),
        ("nowhere.jpg", "nowhere.jpg: no such file"),
    ],
)
def test_what_is_no_photograph_is_refused(
    model: dmenet.Model, photograph: object, message: str
) -> None:
    with pytest.raises(dmenet.InputError, match=message):
        model(photograph)  # type: ignore[call-overload]


def test_a_result_gives_mask_preview_and_words(result: dmenet.Result) -> None:
    np.testing.assert_array_equal(result.mask(2.0), result.sigma_px > 2)
    assert result.mask().dtype == bool
    assert result.preview().size[0] > 2 * 384
    with PillowImage.open(BytesIO(result._repr_png_())) as shown:
        assert shown.size == result.preview().size
    assert "96 x 64 px" in repr(result)
    with pytest.raises(dmenet.InputError, match="threshold_px=-1"):
        result.mask(-1)


def test_a_name_from_a_stranger_is_no_markup(result: dmenet.Result) -> None:
    shown = dmenet.Result(result.image, result.sigma_px, "<script>.png")._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_a_result_is_saved(result: dmenet.Result, tmp_path: Path) -> None:
    for suffix in ("npy", "tiff", "TIF", "png"):
        result.save(tmp_path / f"map.{suffix}")
    np.testing.assert_array_equal(np.load(tmp_path / "map.npy"), result.sigma_px)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "map.tiff"), result.sigma_px)
    assert read_image(tmp_path / "map.png").shape[1] > 2 * 384
    assert len(list(tmp_path.iterdir())) == 4
    with pytest.raises(dmenet.InputError, match=r"map\.jpg: expected a name"):
        result.save(tmp_path / "map.jpg")
    with pytest.raises(dmenet.InputError, match="nowhere"):
        result.save(tmp_path / "nowhere" / "map.npy")


def test_bfloat16_is_near(model: dmenet.Model, result: dmenet.Result) -> None:
    near = dmenet.load(device="cpu", precision="bfloat16")(CAT).sigma_px
    assert near.dtype == np.float32
    assert 0 < np.abs(near - result.sigma_px).max() < 0.5
    assert np.abs(near - result.sigma_px).mean() < 0.05


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": "nothing"}, "mobile"),
        ({"device": "cuda:99"}, "device=cuda:99: cannot be used"),
        ({"device": "toaster"}, "device=toaster: cannot be used"),
        ({"precision": "int3"}, "precision=int3"),
        ({"tile": 33}, "tile=33"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(dmenet.InputError, match=message):
        dmenet.load(**arguments)  # type: ignore[arg-type]


def test_no_other_names() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        dmenet.nothing  # noqa: B018
