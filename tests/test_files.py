import stat
from pathlib import Path

import pytest

import dmenet
from dmenet.errors import InputError
from dmenet.files import files_below, folders_below, replacing


def test_success_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "map.tiff"
    path.write_text("old")
    with replacing(path) as temporary:
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".tiff"
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_exceptions_leave_the_old_file(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "map.tiff"
    path.write_text("old")

    def write_half() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(error):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_interrupted_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "map.tiff"):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_failed_rename_removes_the_temporary(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    path.mkdir()
    with pytest.raises(OSError, match="folder"), replacing(path) as temporary:
        temporary.write_text("new")
    assert list(tmp_path.iterdir()) == [path]


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.touch()
    with replacing(tmp_path / "map.tiff") as temporary:
        temporary.touch()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_names_as_long_as_the_file_system_takes(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250 + ".tiff")
    with replacing(path) as temporary:
        temporary.touch()
    assert path.is_file()


def test_folders_behind_links_are_read_and_loops_end(tmp_path: Path) -> None:
    for name in ("all/own/a.png", "elsewhere/deep/b.png", "all/.hidden/c.png", "all/.d.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    top = tmp_path / "all"
    (top / "linked").symlink_to(tmp_path / "elsewhere")
    (top / "again").symlink_to(tmp_path / "elsewhere/deep", target_is_directory=True)
    (tmp_path / "elsewhere/loop").symlink_to(top)
    (top / "own/up").symlink_to("..")
    (top / "dead.png").symlink_to(tmp_path / "nowhere")
    names = [path.relative_to(top).as_posix() for path in files_below(top)]
    assert names == ["again/b.png", "dead.png", "linked/deep/b.png", "own/a.png"]
    folders = [path.relative_to(top).as_posix() for path in folders_below(top)]
    assert folders == [".", "again", "linked", "linked/deep", "own"]
    with pytest.raises(InputError, match="nowhere: cannot be read"):
        files_below(tmp_path / "nowhere")


def test_folders_are_searched_in_one_place() -> None:
    package = Path(dmenet.__file__).parent
    assert not [p for p in package.rglob("*.py") if ".rglob(" in p.read_text()]
