"""The RTF data module, on a stand-in for its files; the real ones where there are any."""

import logging
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.io import loadmat, savemat

from dmenet.data.rtf import (
    RtfDataModule,
    add_noise,
    conversion_table,
    read_truth,
    sigma_px_from_disc_radius_px,
)
from dmenet.errors import InputError, UnavailableError
from made_rtf import HEIGHT, NARROWER, WIDTH, generate, truth

NUMBERS = range(1, 4)


@pytest.fixture
def real() -> Path:
    root = os.environ.get("DMENET_DATA")
    if root is None or not Path(root, "rtf").is_dir():
        pytest.skip("DMENET_DATA is not set, or has no rtf")
    return Path(root, "rtf")


def test_the_table_is_the_data_sets_own(real: Path) -> None:
    theirs = loadmat(real / "convertion.mat")["convertion"]
    # Some of theirs are sums that differ in the last bit.
    np.testing.assert_allclose(conversion_table()[:, ::-1], theirs, rtol=1e-15)


def test_the_real_image(real: Path) -> None:
    data = RtfDataModule(real)
    data.prepare_data()
    sample = data.test_sets["rtf_0"][0]
    assert sample["name"] == "01"
    radii = loadmat(real / "gt/0/map_01.mat")["blurMap"]
    table = dict(conversion_table())
    expected = np.vectorize(table.get)(radii)
    np.testing.assert_array_equal(sample["sigma_px"], expected.astype(np.float32))


def test_sigmas_by_the_table() -> None:
    radii = np.array([0.5, 0.3, 0.624, 0.625, 0.626, 2.0, 6.0, 6.2])
    expected = [0.3, 0.3, 0.3, 0.3, 0.5, 1.125, 3.275, 3.275]
    np.testing.assert_array_equal(sigma_px_from_disc_radius_px(radii), np.float32(expected))


@given(st.floats(0.25, 6.25))
def test_the_nearest_entry_is_taken(radius: float) -> None:
    table = conversion_table()
    nearest = table[np.argmin(np.abs(table[:, 0] - radius)), 1]
    assert sigma_px_from_disc_radius_px(np.array(radius)) == np.float32(nearest)


@pytest.mark.parametrize("kind", ["mat", "npy"])
def test_samples(tmp_path: Path, kind: str) -> None:
    generate(tmp_path / "rtf", NUMBERS, ("0", "1", "1.6"), kind)
    data = RtfDataModule(tmp_path / "rtf")
    data.prepare_data()
    assert {name: len(samples) for name, samples in data.test_sets.items()} == {
        "rtf_0": 3, "rtf_1": 3, "rtf_1.6": 3,
    }  # fmt: skip
    sample = pickle.loads(pickle.dumps(data.test_sets["rtf_1"]))[2]
    assert sample["name"] == "03"
    assert sample["image"].shape == (HEIGHT, WIDTH, 3)
    assert sample["sigma_px"].shape == (HEIGHT, NARROWER)
    np.testing.assert_array_equal(sample["sigma_px"], sigma_px_from_disc_radius_px(truth(3)))


def test_missing_noise_is_added_as_images_are_read(tmp_path: Path) -> None:
    generate(tmp_path / "rtf", NUMBERS, ("0", "1.0"))
    before = sorted(tmp_path.rglob("*"))
    data = RtfDataModule(tmp_path / "rtf")
    data.prepare_data()
    clean, noisy = (data.test_sets[name][1] for name in ("rtf_0", "rtf_1.6"))
    assert noisy["name"] == clean["name"]
    np.testing.assert_array_equal(noisy["image"], data.test_sets["rtf_1.6"][1]["image"])
    levels = noisy["image"] * 255
    np.testing.assert_allclose(levels, np.rint(levels), atol=1e-4)
    difference = (
        255 * (noisy["image"] - clean["image"])[(clean["image"] > 0.1) & (clean["image"] < 0.9)]
    )
    assert difference.std() == pytest.approx(np.hypot(1.6, np.sqrt(1 / 12)), rel=0.05)
    assert np.array_equal(noisy["sigma_px"], clean["sigma_px"])
    assert sorted(tmp_path.rglob("*")) == before, "nothing that two evaluations could meet in"


def test_noise_is_of_the_images_of_the_folder(tmp_path: Path) -> None:
    """Two sets with images of the same names, as two evaluations at once may read them."""
    generate(tmp_path / "rtf", NUMBERS)
    generate(tmp_path / "other", NUMBERS)
    Image.new("RGB", (WIDTH, HEIGHT)).save(tmp_path / "other/image/0/image_02.png")
    (tmp_path / "other/image/0/image_03.png").unlink()
    ours, theirs = (RtfDataModule(tmp_path / name).test_sets["rtf_1"] for name in ("rtf", "other"))
    assert [sample["name"] for sample in theirs] == ["01", "02"]
    assert np.array_equal(ours[0]["image"], theirs[0]["image"])
    assert theirs[1]["image"].max() < 0.05 < ours[1]["image"].max()


def test_noise_is_a_function_of_name_and_seed() -> None:
    grey = np.full((60, 60, 3), 0.5, np.float32)
    noisy = add_noise(grey, 1.0, "a", 0)
    assert np.array_equal(noisy, add_noise(grey, 1.0, "a", 0))
    for other in (add_noise(grey, 1.0, "b", 0), add_noise(grey, 1.0, "a", 1)):
        assert abs(np.corrcoef(noisy.ravel(), other.ravel())[0, 1]) < 0.05


def test_fewer_images_are_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    generate(tmp_path / "rtf", NUMBERS)
    data = RtfDataModule(tmp_path / "rtf")
    with caplog.at_level(logging.WARNING, logger="dmenet"):
        data.prepare_data()
    assert "3 of the 22 images" in caplog.text
    status = data.status()
    assert status.word == "incomplete"
    assert "noise 0: 3 images of 22, sizes 36 x 36 (3)" in status.facts
    assert "truths of noise 0: 34 x 36" in status.facts
    assert "noise 1.6: added to 3 images as they are read" in status.facts


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"nowhere: no such folder.*D'Andrès"):
        RtfDataModule(tmp_path / "nowhere").prepare_data()
    with pytest.raises(UnavailableError, match="nowhere: no such folder"):
        RtfDataModule(tmp_path / "nowhere").status()
    generate(tmp_path / "rtf", NUMBERS)
    with pytest.raises(
        UnavailableError, match=r"image: no folder of noise 1. Expected image/1 and"
    ):
        RtfDataModule(tmp_path / "rtf", make_noise=False).test_sets  # noqa: B018
    (tmp_path / "rtf/gt/0/map_02.mat").unlink()
    with pytest.raises(InputError, match=r"gt/0: no truth for image_02.png"):
        RtfDataModule(tmp_path / "rtf").prepare_data()


def test_truths_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "map_01.mat"
    for content, message in (
        ({"blurMap": np.full((4, 4), 9.0)}, "values from 9 to 9.*from 0.5 to 6"),
        ({"blurMap": np.full((4, 4), np.nan)}, "values from nan"),
        ({"blurMap": np.ones((4, 4, 3))}, r"float64 of shape \(4, 4, 3\)"),
        ({"other": np.ones((4, 4))}, "cannot be read: 'blurMap'"),
    ):
        savemat(path, content)
        with pytest.raises(InputError, match=message):
            read_truth(path)
    path.write_bytes(b"MATLAB 7.3 MAT-file or none at all" * 8)
    with pytest.raises(InputError, match=r"map_01.mat: cannot be read"):
        read_truth(path)
    np.save(tmp_path / "evil.npy", np.array([{"a": print}], dtype=object))
    with pytest.raises(InputError, match=r"evil.npy: cannot be read"):
        read_truth(tmp_path / "evil.npy")
