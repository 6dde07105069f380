"""Photographs without labels."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dmenet.data.unlabelled import UnlabelledDataModule
from dmenet.errors import InputError, UnavailableError
from dmenet.images.photographs import UNLABELLED


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, name in enumerate(("b.JPG", "deep/er/c.png", "a.jpg", ".hidden/d.jpg", "e.txt")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20, 10 + number)).save(path, format="PNG")
    return tmp_path


def test_photographs_of_subfolders_too(folder: Path) -> None:
    samples = UnlabelledDataModule(folder).training_samples("unlabelled")
    assert [sample["name"] for sample in samples] == ["a", "b", "c"]
    assert samples[1]["image"].shape == (10, 20, 3)
    assert samples[1]["image"].dtype == np.float32
    assert set(samples[1]) == {"name", "image"}
    assert UnlabelledDataModule(folder).status().facts == [
        "3 photographs", "sizes 20 x 12 (1), 20 x 10 (1), 20 x 11 (1)",
        "Skipped e.txt: no photograph",
    ]  # fmt: skip


def test_what_is_skipped_is_said(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "deep/f.gif").touch()
    with caplog.at_level("INFO"):
        UnlabelledDataModule(folder).prepare_data()
    assert caplog.messages == [
        f"{folder}: Skipped f.gif: .gif is not read; export it as JPEG, PNG or TIFF",
        f"{folder}: Skipped e.txt: no photograph",
    ]


def test_photographs_behind_links(folder: Path) -> None:
    (folder / "all").mkdir()
    (folder / "all/linked").symlink_to(folder / "deep")
    (folder / "all/up").symlink_to(folder / "all")
    samples = UnlabelledDataModule(folder / "all").training_samples("unlabelled")
    assert [sample["name"] for sample in samples] == ["c"]


def test_those_of_the_installed_packages() -> None:
    assert len(UnlabelledDataModule(None).training_samples("unlabelled")) == len(UNLABELLED)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"nowhere: no such folder.*train/Flickr"):
        UnlabelledDataModule(tmp_path / "nowhere").prepare_data()
    with pytest.raises(InputError, match=r"no images in it"):
        UnlabelledDataModule(tmp_path).prepare_data()
    with pytest.raises(InputError, match=r"no truth to compare with.*dmenet predict"):
        UnlabelledDataModule(tmp_path).test_sets  # noqa: B018
    with pytest.raises(InputError, match=r"has no real images"):
        UnlabelledDataModule(tmp_path).training_samples("real")
