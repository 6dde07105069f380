import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from dmenet.synthesis import embedded_images
from dmenet.synthesis.embedded_images import MOTORCYCLE_COLUMNS, write_embedded_dataset

FEW = {"synthetic": {"train": 3, "test": 2}, "motorcycle": {"train": 1, "test": 1}}


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_images, "COUNTS", FEW)


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_dataset_is_a_function_of_its_seed_and_resumes(tmp_path: Path) -> None:
    write_embedded_dataset(tmp_path / "one")
    made = _files(tmp_path / "one")
    assert len(made) == 3 * 7

    lost = tmp_path / "one" / "synthetic" / "train" / "0001_sigma_px.tiff"
    kept = tmp_path / "one" / "synthetic" / "train" / "0000_image.png"
    lost.unlink()
    before = kept.stat().st_mtime_ns
    write_embedded_dataset(tmp_path / "one")
    assert kept.stat().st_mtime_ns == before
    assert _files(tmp_path / "one") == made

    write_embedded_dataset(tmp_path / "two", seed=1)
    others = _files(tmp_path / "two")
    assert others.keys() == made.keys()
    assert not set(others.values()) & set(made.values())


def test_items_are_what_they_should_be(tmp_path: Path) -> None:
    write_embedded_dataset(tmp_path)
    seeds = set()
    for camera in tmp_path.rglob("*_camera.json"):
        described = json.loads(camera.read_text())
        seeds.add(tuple(described["seed"]))
        image = Image.open(str(camera).replace("_camera.json", "_image.png"))
        sigma_px = tifffile.imread(str(camera).replace("_camera.json", "_sigma_px.tiff"))
        assert (image.height, image.width) == sigma_px.shape
        assert image.mode == "RGB"
        assert sigma_px.min() >= 0
        assert 0.5 < sigma_px.max() < 7.001
    assert len(seeds) == 7
    parts = {
        split: np.asarray(Image.open(tmp_path / "motorcycle" / split / "0000_image.png"))
        for split in ("train", "test")
    }
    assert parts["train"].shape == (500, 440, 3)
    assert parts["test"].shape == (500, 277, 3)


def test_no_pixel_is_in_both_splits() -> None:
    assert MOTORCYCLE_COLUMNS["train"][1] <= MOTORCYCLE_COLUMNS["test"][0]
