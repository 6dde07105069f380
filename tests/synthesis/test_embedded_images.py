import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from dmenet.synthesis import embedded_images
from dmenet.synthesis.embedded_images import MOTORCYCLE_COLUMNS, write_embedded_dataset

MEANS = {"synthetic/train": 123.397, "motorcycle/test": 96.110}
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


def test_what_is_missing_is_made_and_what_another_version_made_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_embedded_dataset(tmp_path)
    made = _files(tmp_path)
    assert len(made) == 3 * 7 + 4

    lost = tmp_path / "synthetic" / "train" / "0001_sigma_px.tiff"
    kept = tmp_path / "synthetic" / "train" / "0000_image.png"
    lost.unlink()
    before = kept.stat().st_mtime_ns
    write_embedded_dataset(tmp_path)
    assert kept.stat().st_mtime_ns == before
    assert _files(tmp_path) == made

    monkeypatch.setattr(embedded_images, "VERSION", embedded_images.VERSION + 1)
    kept.write_bytes(b"of an earlier version")
    write_embedded_dataset(tmp_path)
    assert (
        _files(tmp_path)[str(kept.relative_to(tmp_path))] == made[str(kept.relative_to(tmp_path))]
    )


def test_the_pictures_are_those_of_their_version(tmp_path: Path) -> None:
    """Numbers in the documentation are of these; whoever changes them raises the version."""
    write_embedded_dataset(tmp_path)
    means = {
        part: np.asarray(Image.open(tmp_path / part / "0000_image.png")).mean()
        for part in ("synthetic/train", "motorcycle/test")
    }
    assert embedded_images.VERSION == 2
    assert means == pytest.approx(MEANS, abs=0.01)


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
