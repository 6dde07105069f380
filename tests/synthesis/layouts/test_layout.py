"""``dataset.json`` keeps data sets apart."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from dmenet.data.layouts import list_entries
from dmenet.errors import InputError
from dmenet.synthesis.layouts.layout import claim

LAYOUT = {"layout": "files", "unit": "sigma_px"}


def test_differing_settings_are_named(tmp_path: Path) -> None:
    settings = {"seed": 0, "source": {"height": 64, "range": (1.5, 7.0)}}
    claim(tmp_path, LAYOUT, settings)
    before = (tmp_path / "dataset.json").read_bytes()
    claim(tmp_path, LAYOUT, settings)
    other = {"seed": 0, "source": {"height": 96, "range": (1.5, 7.0), "width": 5}}
    with pytest.raises(
        InputError, match=r"\(source.height was 64, is 96; source.width was None, is 5\)"
    ):
        claim(tmp_path, LAYOUT, other)
    with pytest.raises(InputError, match=r"layout was 'files', is 'shards'"):
        claim(tmp_path, LAYOUT | {"layout": "shards"}, settings)
    assert (tmp_path / "dataset.json").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["dataset.json"]


@pytest.mark.parametrize("links", [True, False])
def test_of_two_that_begin_at_once_one_is_refused(
    tmp_path: Path, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both see an empty folder; with hard links the file of the first is never replaced."""
    if not links:

        def link(*_: Any) -> None:
            raise PermissionError

        monkeypatch.setattr(os, "link", link)
        claim(tmp_path, LAYOUT, {"seed": 0})
        assert json.loads((tmp_path / "dataset.json").read_text())["settings"] == {"seed": 0}
        return
    barrier, errors = threading.Barrier(8), []
    exists = Path.exists

    def together(path: Path) -> bool:
        found = exists(path)
        if path.name == "dataset.json":
            barrier.wait(timeout=10)
        return found

    monkeypatch.setattr(Path, "exists", together)

    def begin(seed: int) -> None:
        try:
            claim(tmp_path, LAYOUT, {"seed": seed})
        except InputError as error:
            errors.append(error)

    threads = [threading.Thread(target=begin, args=(i % 2,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 4
    assert [p.name for p in tmp_path.iterdir()] == ["dataset.json"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read"),
        ("[1]", 'has no "layout"'),
        ('{"layout": "heap"}', "unknown layout 'heap'"),
        ('{"layout": "released", "unit": "mm"}', "unit 'mm'"),
        ('{"layout": "shards"}', "holds no finished image"),
    ],
)
def test_strange_descriptions(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "dataset.json").write_text(content)
    with pytest.raises(InputError, match=message):
        list_entries(tmp_path)


def test_no_data_set(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match=r"no data set. Expected the folder that"):
            list_entries(folder)
