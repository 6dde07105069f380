"""The layout ``released`` is what code for the released data expects."""

import json
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from configured import built
from dmenet.data.layouts import list_entries
from dmenet.errors import InputError
from dmenet.synthesis.layouts.layout import LabelledImage
from dmenet.synthesis.layouts.released_folders import ReleasedFolders, released_maps, released_name
from dmenet.synthesis.released.compositing import render_released
from dmenet.synthesis.rendering.camera import ThinLensCamera
from made_syndof import Recipes, make

NAME = re.compile(r"noise_\d{6}_f_50_fp_0_\d+_A_\d(_\d)?")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("released")
    make(folder, ReleasedFolders(), 12)
    return folder


def test_folders_and_names(folder: Path) -> None:
    """The released code pairs the files of two folders by their order, and takes every file."""
    parts = {p.name for p in folder.iterdir()}
    assert parts == {"image", "blur_map", "blur_map_binary", "camera", "dataset.json"}
    listed = {
        part: sorted(p.name for p in (folder / part).iterdir()) for part in parts if "." not in part
    }
    stems = [name.removesuffix(".png") for name in listed["image"]]
    assert all(NAME.fullmatch(stem) for stem in stems), stems
    assert listed["blur_map"] == listed["image"]
    assert listed["blur_map_binary"] == [f"{stem}_binary.png" for stem in stems]
    assert listed["camera"] == [f"{stem}.json" for stem in stems]
    assert [int(stem.split("_")[1]) for stem in stems] == list(range(12))


def test_types_and_values(folder: Path) -> None:
    recipes = Recipes()
    recipe = recipes.recipe()
    for number, path in enumerate(sorted((folder / "blur_map").iterdir())):
        truth = recipe.photograph(number, recipe.scene(number)).rendering
        values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        assert values.dtype == np.uint16
        assert values.shape == (8, 12, 3)
        assert (values == values[..., :1]).all()
        np.testing.assert_array_equal(
            values[..., 1], np.rint(10 * truth.sigma_px.clip(0, 7)).astype(int)
        )
        assert "10 x Gaussian sigma" in Image.open(path).text["Description"]
        image = cv2.imread(str(folder / "image" / path.name), cv2.IMREAD_UNCHANGED)
        assert image.dtype == np.uint8
        assert image.shape == (8, 12, 3)
        np.testing.assert_allclose(image[..., ::-1] / 255, truth.image, atol=0.51 / 255)
        binary = cv2.imread(
            str(folder / "blur_map_binary" / f"{path.stem}_binary.png"), cv2.IMREAD_UNCHANGED
        )
        assert binary.dtype == np.uint8
        np.testing.assert_array_equal(binary, np.where(truth.sigma_px > 0.25, 255, 0))


def test_the_unit_is_said_beside(folder: Path) -> None:
    description = json.loads((folder / "dataset.json").read_text())
    assert description["layout"] == "released"
    assert description["unit"] == "sigma7"
    assert "10 x Gaussian sigma" in description["map"]
    facts = json.loads(next((folder / "camera").iterdir()).read_text())
    assert facts["unit"] == "sigma7"
    assert facts["seed"][0] == 0
    assert 0.9 <= facts["sensor"]["gain"] <= 1
    assert facts["camera"]["focal_length_mm"] == 50


def test_the_unit_of_the_training_code(tmp_path: Path) -> None:
    """It divides by 150: under ``coc15`` that is its network's map, CoC / 15."""
    make(tmp_path, ReleasedFolders("coc15"), 2)
    for entry, path in zip(
        list_entries(tmp_path), sorted((tmp_path / "blur_map").iterdir()), strict=True
    ):
        theirs = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., 1] / 10 / 15
        np.testing.assert_allclose(entry.read("coc15")["defocus"], theirs, atol=1e-6)
        assert (theirs >= 1 / 15).all()
    with pytest.raises(InputError, match="unit=sigma: expected 'coc15' or 'sigma7'"):
        built(ReleasedFolders, unit="sigma")


def test_the_released_renderers_own_maps_are_kept() -> None:
    """A CoC of 1.2 px has the sigma 0.05, which the released generator rounds to 0."""
    camera = ThinLensCamera.for_max_coc(
        max_coc_px=29, nearest_mm=1000, farthest_mm=9000, focal_length_mm=50,
        focus_distance_mm=2000, image_width_px=300,
    )  # fmt: skip
    depth_mm = np.tile(np.linspace(1000, 9000, 300), (16, 1))
    image = np.random.default_rng(0).random((16, 300, 3), dtype=np.float32)
    rendering = render_released(image, depth_mm, camera)
    values, binary = released_maps(LabelledImage("a", rendering, camera, {}), "sigma7")
    np.testing.assert_array_equal(values, rendering.blur_map_u16x10)
    np.testing.assert_array_equal(binary, 255 * rendering.blur_map_binary)
    # A sensor changes the image only.
    noisy = LabelledImage("a", replace(rendering, image=image), camera, {})
    np.testing.assert_array_equal(released_maps(noisy, "sigma7")[0], values)
    assert released_name(7, noisy) == "a_000007_f_50_fp_0_13_A_" + f"{camera.f_number:.2g}".replace(
        ".", "_"
    )


def test_the_published_data_need_their_unit(folder: Path, tmp_path: Path) -> None:
    for part in ("image", "blur_map"):
        (tmp_path / part).symlink_to(folder / part)
    with pytest.raises(InputError, match=r"data.stored_unit to train on it\): coc15 for"):
        list_entries(tmp_path)
    entries = list_entries(tmp_path, "sigma7")
    theirs = [entry.read("sigma7")["sigma_px"] for entry in list_entries(folder)]
    np.testing.assert_array_equal([entry.read("sigma7")["sigma_px"] for entry in entries], theirs)
    as_coc = list_entries(tmp_path, "coc15")[0].read("sigma7")["sigma_px"]
    np.testing.assert_allclose(as_coc, np.maximum(0, theirs[0] - 1) / 2, atol=1e-5)


def test_a_map_without_image(tmp_path: Path) -> None:
    for part in ("image", "blur_map"):
        (tmp_path / part).mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "blur_map/a.png")
    with pytest.raises(InputError, match=r"such as a.png, are in only one"):
        list_entries(tmp_path, "coc15")
    Image.new("RGB", (4, 4)).save(tmp_path / "image/a.png")
    with pytest.raises(InputError, match=r"blur_map/a.png: is of uint8. Expected a PNG of 16"):
        list_entries(tmp_path, "coc15")[0].read("coc15")
