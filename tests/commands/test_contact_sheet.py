"""``dmenet contact_sheet``, run as a user runs it."""

from pathlib import Path
from subprocess import CompletedProcess

import pytest
from PIL import Image

from forked import run_command
from made_syndof import LAYOUTS, make


def contact_sheet(folder: Path, *overrides: str) -> CompletedProcess[str]:
    return run_command(folder, "contact_sheet", "hydra.run.dir=run", *overrides)


@pytest.mark.parametrize("layout", ["files", "shards"])
def test_images_are_shown_beside_their_maps(layout: str, tmp_path: Path) -> None:
    make(tmp_path / "set", LAYOUTS[layout], 6)
    if layout == "files":
        (tmp_path / "set/0002_image.png").write_bytes(b"broken")
    done = contact_sheet(tmp_path, "folder=set", "output=out/sheet.jpg")
    assert "Traceback" not in done.stderr
    rows = [line.split("|") for line in done.stdout.splitlines() if line.startswith("|")][2:]
    shown = [int(row[1]) for row in rows]
    assert all("50 mm f/" in row[4] and row[5].strip() == "2" for row in rows)
    with Image.open(tmp_path / "out/sheet.jpg") as sheet:
        assert sheet.format == "JPEG"
    if layout == "files":
        assert shown == [0, 1, 3, 4, 5]
        assert done.returncode == 2
        assert "1 images cannot be read" in done.stderr
        assert "0002_image.png" in done.stderr
    else:
        assert shown == [0, 1, 2, 3, 4, 5]
        assert done.returncode == 0, done.stderr


def test_the_published_layout_needs_no_camera(tmp_path: Path) -> None:
    make(tmp_path / "set", LAYOUTS["released"], 3)
    for part in ("dataset.json", "camera"):
        (tmp_path / "set" / part).rename(tmp_path / part)
    assert "data.stored_unit" in contact_sheet(tmp_path, "folder=set").stderr
    done = contact_sheet(tmp_path, "folder=set", "stored_unit=sigma7", "count=2")
    assert done.returncode == 0, done.stderr
    assert "2 of 3 images in contact_sheet.png" in done.stdout


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    done = contact_sheet(tmp_path, "folder=none", "output=sheet.bmp")
    assert done.returncode == 2
    assert "sheet.bmp: expected a name that ends in one of .png, .jpg" in done.stderr
