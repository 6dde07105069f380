"""The one file in which a run describes itself."""

from pathlib import Path

import pytest

from dmenet.errors import InputError
from dmenet.run_file import read_run, update_run


def test_sections_are_written_one_by_one(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert read_run(folder) == {}
    update_run(folder, settings={"data.crop": 32}, finished={"epochs": 2})
    update_run(folder, finished=None, job={"state": "started"})
    assert read_run(folder) == {"settings": {"data.crop": 32}, "job": {"state": "started"}}
    assert [path.name for path in folder.iterdir()] == ["run.json"]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{")
    for use in (read_run, update_run):
        with pytest.raises(InputError, match=r"run\.json: cannot be read .*delete the folder"):
            use(tmp_path)
    assert (tmp_path / "run.json").read_text() == "{"


@pytest.mark.parametrize(
    "content",
    ["[]", "3", '{"about": []}', '{"settings": null}', '{"job": "failed"}'],
)
def test_a_file_of_another_version_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(InputError, match=r"run\.json: was written by another version"):
        read_run(tmp_path)
