"""What holds for every layout: the same bytes however they came about, and nothing by halves."""

import errno
import json
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dmenet.data.layouts import list_entries
from dmenet.errors import InputError
from dmenet.synthesis.layouts.layout import OutputError
from made_syndof import LAYOUTS, Recipes, contents, make

COUNT = 10
"""Two shards of four and one of two."""

every_layout = pytest.mark.parametrize("name", LAYOUTS)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, bytes]]:
    """The files of a data set that was made by one job without a break."""
    made: dict[str, dict[str, bytes]] = {}

    def of(name: str) -> dict[str, bytes]:
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            make(folder, LAYOUTS[name], COUNT)
            made[name] = contents(folder)
        return made[name]

    return of


@every_layout
@pytest.mark.parametrize("shards", [2, 3, 5])
def test_the_union_is_the_same_for_any_number_of_jobs(
    name: str, shards: int, tmp_path: Path, whole: Callable[[str], dict[str, bytes]]
) -> None:
    made = [
        make(tmp_path, LAYOUTS[name], COUNT, shards=shards, shard=shard).made
        for shard in reversed(range(shards))
    ]
    assert sorted(number for job in made for number in job) == list(range(COUNT))
    assert contents(tmp_path) == whole(name)
    expected = {"files": 4, "released": 4, "released_coc15": 4}.get(name)
    assert len(whole(name)) == (1 + 3 if expected is None else 1 + expected * COUNT)


@every_layout
def test_another_seed_makes_other_images(
    name: str, tmp_path: Path, whole: Callable[[str], dict[str, bytes]]
) -> None:
    make(tmp_path, LAYOUTS[name], COUNT, seed=1)
    assert not set(contents(tmp_path).values()) & set(whole(name).values())


@every_layout
def test_what_is_finished_is_not_made_again_and_the_count_may_grow(
    name: str, tmp_path: Path, whole: Callable[[str], dict[str, bytes]]
) -> None:
    make(tmp_path, LAYOUTS[name], 6)
    assert make(tmp_path, LAYOUTS[name], 6).made == []
    assert make(tmp_path, LAYOUTS[name], COUNT).made == [6, 7, 8, 9]
    assert contents(tmp_path) == whole(name)


class Killed(BaseException):
    """Stands for a process that is gone: nothing of it runs any more, no cleaning up either."""


class DyingDisk:
    """Lets so many steps that change files pass, and kills the process in the middle of the next.

    A file that is written when it dies is left with half its content.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
        self.steps, self.dead = steps, False
        self._break(monkeypatch, Path, "write_bytes", half=True)
        self._break(monkeypatch, Path, "write_text", half=True)
        self._break(monkeypatch, Path, "open", half=True)
        for step in ("replace", "mkdir", "unlink"):
            self._break(monkeypatch, Path, step)
        for step in ("link", "rmdir"):
            self._break(monkeypatch, os, step)
        # What rmtree removes files with.
        self._break(monkeypatch, os, "unlink")

    def _break(
        self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, half: bool = False
    ) -> None:
        original = getattr(owner, name)

        def step(*args: Any, **kwargs: Any) -> Any:
            if name == "open" and (args[1:] or ("r",))[0] != "wb":
                return original(*args, **kwargs)
            if self.dead or self.steps == 0:
                if half and not self.dead:
                    content = args[1] if name.startswith("write") else "half"
                    data = content.encode() if isinstance(content, str) else content
                    with open(args[0], "wb") as file:  # noqa: PTH123
                        file.write(data[: len(data) // 2])
                self.dead = True
                raise Killed
            self.steps -= 1
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, step)


@every_layout
def test_killed_at_any_step_it_goes_on(
    name: str, tmp_path: Path, whole: Callable[[str], dict[str, bytes]]
) -> None:
    """As often as it takes: each attempt gets some steps farther than the one before."""
    count, deaths = 6, 0
    make(tmp_path / "whole", LAYOUTS[name], count)
    expected = contents(tmp_path / "whole")
    for first in range(3):
        folder, steps, finished = tmp_path / str(first), first, False
        while not finished:
            with pytest.MonkeyPatch.context() as monkeypatch:
                disk = DyingDisk(monkeypatch, steps)
                try:
                    make(folder, LAYOUTS[name], count)
                    finished = True
                except Killed:
                    deaths += 1
            assert finished != disk.dead
            visible = {
                file: data
                for file, data in contents(folder).items()
                if not any(part.startswith(".") for part in Path(file).parts)
            }
            for file, data in visible.items():
                if file.endswith(".tar"):
                    assert list_entries(folder)
                else:
                    assert data == expected[file], file
            steps += 3
        hidden = {file: data for file, data in contents(folder).items() if file not in expected}
        assert {f: d for f, d in contents(folder).items() if f not in hidden} == expected
        # Only the layout `files` and dataset.json leave what a killed process was writing.
        assert all(Path(file).name.startswith(".partial-") for file in hidden)
        if name != "files":
            assert all(Path(file).suffix == ".json" for file in hidden)
    assert deaths > 10


@every_layout
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("call", [1, 5])
def test_a_disk_that_is_full_or_read_only(
    name: str, code: int, call: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, LAYOUTS[name], 2)
    original, calls = Path.replace, 0

    def fail(path: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls >= call:
            raise OSError(code, os.strerror(code), str(path))
        return original(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        # Not an image's fault: it must not be skipped.
        with pytest.raises(OutputError) as raised:
            make(tmp_path, LAYOUTS[name], COUNT, skip_faulty=True)
    assert str(tmp_path) in str(raised.value)
    assert os.strerror(code) in str(raised.value)
    assert not (tmp_path / "skipped").exists()
    assert not list(tmp_path.rglob("*partial*"))
    make(tmp_path, LAYOUTS[name], COUNT)
    assert len(list_entries(tmp_path)) == COUNT


@every_layout
def test_files_that_cannot_grow(name: str, tmp_path: Path) -> None:
    """The system itself refuses, in the middle of a file."""
    recipes = Recipes(size=(100, 120))
    make(tmp_path, LAYOUTS[name], 1, recipes=recipes)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
    try:
        with pytest.raises(OutputError, match="File too large"):
            make(tmp_path, LAYOUTS[name], 3, recipes=recipes)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list(tmp_path.rglob("*partial*"))
    make(tmp_path, LAYOUTS[name], 3, recipes=recipes)
    assert len(list_entries(tmp_path)) == 3


@every_layout
def test_a_scene_that_cannot_be_read(name: str, tmp_path: Path) -> None:
    broken = Recipes(broken=[2, 8, 9])
    with pytest.raises(InputError, match=r"image 2 .*scene2.png: cannot be read.*on_error=skip"):
        make(tmp_path, LAYOUTS[name], COUNT, recipes=broken)
    assert broken.made == [0, 1]
    make(tmp_path, LAYOUTS[name], COUNT, recipes=broken, skip_faulty=True)
    assert [entry.number for entry in list_entries(tmp_path)] == [0, 1, 3, 4, 5, 6, 7]
    notes = sorted((tmp_path / "skipped").glob("*.json"))
    assert [json.loads(note.read_text())["number"] for note in notes] == [2, 8, 9]
    assert "scene2.png" in notes[0].read_text()
    # Repaired, they are made, each into its place.
    assert make(tmp_path, LAYOUTS[name], COUNT).made == [2, 8, 9]
    assert len(list_entries(tmp_path)) == COUNT
    assert not list((tmp_path / "skipped").iterdir())
    make(tmp_path / "whole", LAYOUTS[name], COUNT)
    assert {
        file: data for file, data in contents(tmp_path).items() if "whole" not in file
    } == contents(tmp_path / "whole")


TOLERANCE_PX = {
    "files": 0.0,
    "released": 0.05,
    "released_coc15": 0.025,
    "shards": 1 / 4096,
}


@every_layout
def test_reads_back_within_the_stated_precision(name: str, tmp_path: Path) -> None:
    recipes = Recipes(largest=6.9)
    make(tmp_path, LAYOUTS[name], COUNT, recipes=recipes)
    for number, entry in enumerate(list_entries(tmp_path)):
        recipe = recipes.recipe()
        truth = recipe.photograph(number, recipe.scene(number)).rendering
        sample = entry.read("sigma7")
        assert entry.number == number
        np.testing.assert_allclose(sample["image"], truth.image, atol=0.5 / 255 + 1e-6)
        error_px = np.abs(sample["sigma_px"] - truth.sigma_px).max()
        assert error_px <= TOLERANCE_PX[name] + 1e-5
        # The bound is nearly met: what is stated is what is stored.
        assert error_px >= 0.9 * TOLERANCE_PX[name]
        np.testing.assert_allclose(sample["defocus"], sample["sigma_px"] / 7, rtol=1e-5)
        assert sample["sigma_px"].dtype == sample["image"].dtype == np.float32
        np.testing.assert_array_equal(sample["mask"], sample["sigma_px"] > 0.5)
