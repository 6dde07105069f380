"""``dmenet inspect``, run as a user runs it."""

from inspect import Parameter, signature
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest
import yaml
from hydra.utils import get_class
from PIL import Image

from dmenet.commands.hydra.composing import configuration_root
from forked import run_command
from made_rgbd import room, write_image


def readers() -> dict[str, dict[str, Any]]:
    files = (configuration_root() / "conf/reader").glob("*.yaml")
    return {file.stem: yaml.safe_load(file.read_text()) for file in files}


@pytest.mark.parametrize("name", sorted(readers()))
def test_configurations_mirror_readers(name: str) -> None:
    settings = readers()[name]
    parameters = signature(get_class(settings.pop("_target_"))).parameters
    assert list(settings) == [name for name in parameters if name in settings]
    if name in ("sintel", "synthia"):  # pairs of files, whose values the data set fixes
        return
    assert list(settings) == list(parameters)
    for key, parameter in parameters.items():
        default = "???" if parameter.default is Parameter.empty else parameter.default
        assert settings[key] == default


def inspect(folder: Path, *overrides: str) -> CompletedProcess[str]:
    return run_command(folder, "inspect", "hydra.run.dir=run", *overrides)


def write_pair(folder: Path, name: str, depth_mm: np.ndarray) -> None:
    write_image(folder / f"image/{name}.png", *depth_mm.shape)
    (folder / "depth").mkdir(exist_ok=True)
    np.save(folder / f"depth/{name}.npy", depth_mm)


PAIRS = ("source.reader.images=image", "source.reader.depths=depth", "source.reader.mm_per_unit=1")


def test_bad_scenes_are_reported_and_do_not_stop_the_others(tmp_path: Path) -> None:
    depth = room(240, 320)
    for name in ("a", "e"):
        write_pair(tmp_path, name, depth)
    write_pair(tmp_path, "b", 1e7 / depth)
    write_pair(tmp_path, "c", depth / 1000)
    write_pair(tmp_path, "d", np.where(depth > 5000, 0, depth))
    done = inspect(tmp_path, *PAIRS)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "Warning" not in done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("|")][2:]
    first = [cell.strip() for cell in rows[0].strip("|").split("|")]
    assert first[:2] == ["a", "320 x 240"]
    assert first[2:7] == [f"{q / 1000:.3g}" for q in np.quantile(depth, [0, 0.05, 0.5, 0.95, 1])]
    assert first[7:11] == ["0.0%", str(np.unique(depth).size), "50*", "right"]
    assert [row.split("|")[2].split()[0] for row in rows[2:]] == ["problem"] * 3
    assert "2 of 5 scenes can be used" in done.stdout
    assert "3 of 5 scenes" in done.stderr
    for problem in (
        r"problem 1: depth/b.npy: looks upside down",
        r"problem 2: depth/c.npy: depths from",
        r"problem 3: depth/d.npy: ",
    ):
        assert problem in done.stderr
    with Image.open(tmp_path / "inspected/inspection.png") as sheet:
        assert sheet.format == "PNG"
        assert min(sheet.size) > 300
    assert len(list((tmp_path / "inspected").iterdir())) == 1


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    write_pair(tmp_path, "a", room())
    done = inspect(tmp_path, *PAIRS, "count=0")
    assert done.returncode == 2
    assert "count=0: expected" in done.stderr
    done = inspect(tmp_path, "source=dead_leaves")
    assert done.returncode == 2
    assert "has no reader" in done.stderr
