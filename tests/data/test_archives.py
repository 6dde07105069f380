"""Unpacking published zip files."""

import shutil
import stat
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from dmenet.data.archives import unpack
from dmenet.errors import InputError


def make(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


PUBLISHED = {
    "datasets/readme.txt": "read me",
    "datasets/train/CUHK/image/a.jpg": "a",
    "datasets/train/CUHK/gt/a.png": "A",
    "datasets/test/CUHK/image/b.jpg": "b",
    "datasets/test/CUHK/gt/b.png": "B",
    "datasets/test/RTF/image/0/c.png": "c",
    "datasets/test/RTF/gt/0/c.mat": "C",
    "datasets/train/Flickr/image/d.jpg": "d",
}


def test_the_one_place_where_the_parts_lie_together(tmp_path: Path) -> None:
    archive = make(tmp_path / "a.zip", {"x/y/image/a.jpg": "a", "x/y/gt/a.png": "A", "x/z": "no"})
    unpack(archive, tmp_path / "cuhk", ("image", "gt"))
    assert contents(tmp_path / "cuhk") == {"image/a.jpg": "a", "gt/a.png": "A"}
    assert {path.name for path in tmp_path.iterdir()} == {"a.zip", "cuhk"}


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    archive = make(tmp_path / "a.zip", {"image/a.jpg": "a", "gt/a.png": "A"})
    (tmp_path / "empty").mkdir()
    unpack(archive, tmp_path / "empty", ("image", "gt"))
    assert contents(tmp_path / "empty") == {"image/a.jpg": "a", "gt/a.png": "A"}
    (tmp_path / "empty/image/a.jpg").write_text("mine")
    unpack(archive, tmp_path / "empty", ("image", "gt"))
    assert contents(tmp_path / "empty")["image/a.jpg"] == "mine"
    (tmp_path / "full").mkdir()
    (tmp_path / "full/other").touch()
    with pytest.raises(InputError, match=r"a.zip: cannot be unpacked into .*full"):
        unpack(archive, tmp_path / "full", ("image", "gt"))


def test_several_places_are_told_apart_by_the_folder(tmp_path: Path) -> None:
    archive = make(tmp_path / "published.zip", PUBLISHED)
    with pytest.raises(InputError, match=r"Say which: .*published.zip/datasets/test/CUHK, .*RTF"):
        unpack(archive, tmp_path / "out", ("image", "gt"))
    unpack(archive / "test/RTF", tmp_path / "rtf", ("image", "gt"))
    assert contents(tmp_path / "rtf") == {"image/0/c.png": "c", "gt/0/c.mat": "C"}
    with pytest.raises(InputError, match=r"train/Flickr in it has no image/ and gt/"):
        unpack(archive / "train/Flickr", tmp_path / "out", ("image", "gt"))
    assert not (tmp_path / "out").exists()


def test_nothing_lands_outside(tmp_path: Path) -> None:
    archive = make(
        tmp_path / "evil.zip",
        {
            "image/a.jpg": "a",
            "gt/a.png": "A",
            "image/../../evil1": "x",
            "../image/evil2": "x",
            f"{tmp_path}/image/evil3": "x",
            "gt/..": "x",
        },
    )
    link = zipfile.ZipInfo("image/link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "a") as opened:
        opened.writestr(link, "/etc/passwd")
    unpack(archive, tmp_path / "in/cuhk", ("image", "gt"))
    assert contents(tmp_path / "in") == {"cuhk/image/a.jpg": "a", "cuhk/gt/a.png": "A"}
    assert {path.name for path in tmp_path.iterdir()} == {"evil.zip", "in"}


def test_an_interrupted_one_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = make(tmp_path / "a.zip", {f"image/{n}": str(n) * 9 for n in range(5)} | {"gt/a": "A"})
    original, opened = zipfile.ZipFile.open, []

    def failing(self: zipfile.ZipFile, info: zipfile.ZipInfo, *arguments: object) -> object:
        opened.append(info.filename)
        if len(opened) == 4:
            raise KeyboardInterrupt
        return original(self, info, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(zipfile.ZipFile, "open", failing)
    with pytest.raises(KeyboardInterrupt):
        unpack(archive, tmp_path / "out", ("image", "gt"))
    assert not (tmp_path / "out").exists()
    unpack(archive, tmp_path / "out", ("image", "gt"))
    assert opened[4:] == ["image/3", "image/4", "gt/a"]
    assert contents(tmp_path / "out")["image/3"] == "3" * 9


def test_what_cannot_be_unpacked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere.zip: no such file"):
        unpack(tmp_path / "nowhere.zip", tmp_path / "out", ("image", "gt"))
    (tmp_path / "text.zip").write_text("not a zip file")
    with pytest.raises(InputError, match=r"text.zip: cannot be unpacked: File is not a zip file"):
        unpack(tmp_path / "text.zip", tmp_path / "out", ("image", "gt"))
    whole = make(tmp_path / "a.zip", {"image/a": "a" * 999, "gt/a": "A"})
    data = bytearray(whole.read_bytes())
    data[45] ^= 255
    (tmp_path / "damaged.zip").write_bytes(data)
    with pytest.raises(InputError, match=r"damaged.zip: cannot be unpacked"):
        unpack(tmp_path / "damaged.zip", tmp_path / "out", ("image", "gt"))
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"a.zip: cannot be unpacked into .*file/out"):
        unpack(whole, tmp_path / "file/out", ("image", "gt"))


def test_too_little_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = make(tmp_path / "a.zip", {"image/a": "a" * 999, "gt/a": "A"})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=999))
    with pytest.raises(InputError, match=r"it takes 1,000 bytes, of which .*out has 999"):
        unpack(archive, tmp_path / "out", ("image", "gt"))
