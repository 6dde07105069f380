from pathlib import Path

import pytest

from dmenet.errors import InputError
from dmenet.images import finding
from dmenet.images.finding import FoundPhotograph, distinct_names, find_photographs


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def names(paths: list[FoundPhotograph]) -> list[str]:
    return [each.name.as_posix() for each in paths]


@pytest.fixture
def holiday(tmp_path: Path) -> Path:
    folder = tmp_path / "holiday"
    touch(folder, "b.JPG", "a.png", "c.gif", "d.heic", "e.NEF", "notes.txt", ".hidden.png")
    touch(folder, "day 1/a.jpg", "day 1/deep/f.tif", ".thumbs/a.jpg")
    (folder / "dead.jpg").symlink_to(tmp_path / "gone.jpg")
    return folder


def without_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "find_spec", lambda name: None)


def test_what_is_skipped_is_said_with_the_reason(
    holiday: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_packages(monkeypatch)
    found = find_photographs([holiday])
    assert names(found.photographs) == ["a.png", "b.JPG"]
    text = "\n".join(found.skipped_in_words())
    for words in (
        "c.gif: .gif is not read; export it",
        "d.heic: HEIC is read with the package pillow-heif: pip install 'dmenet[heic]'",
        "e.NEF: camera raw is read with the package rawpy: pip install 'dmenet[raw]'",
        "notes.txt: no photograph",
        "day 1: a subfolder; recursive=true searches it",
        "dead.jpg: a link to nothing",
    ):
        assert f"Skipped {words}" in text
    assert "hidden" not in text
    assert ".thumbs" not in text


def test_heic_and_raw_are_taken_where_they_can_be_read(
    holiday: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "find_spec", lambda name: name)
    assert {"d.heic", "e.NEF"} <= {*names(find_photographs([holiday]).photographs)}


def test_subfolders_and_links_to_folders(holiday: Path) -> None:
    (holiday / "again").symlink_to(holiday)  # a circle
    elsewhere = holiday.parent / "elsewhere"
    touch(elsewhere, "g.png")
    (holiday / "linked").symlink_to(elsewhere)
    found = find_photographs([holiday], recursive=True)
    expected = {"a.png", "b.JPG", "day 1/a.jpg", "day 1/deep/f.tif", "linked/g.png"}
    assert expected <= {*names(found.photographs)}
    assert not any(name.startswith("again") for name in names(found.photographs))


def test_results_are_not_taken_for_photographs(holiday: Path) -> None:
    touch(holiday, "predictions/a_preview.png", "predictions/x.png", "a_preview.png")
    touch(holiday, "b_sigma_px.tiff")
    found = find_photographs([holiday], recursive=True, leave_out=holiday / "predictions")
    assert not any("predictions" in name for name in names(found.photographs))
    assert not {"a_preview.png", "b_sigma_px.tiff"} & {*names(found.photographs)}
    assert "a map or preview that dmenet wrote" in "\n".join(found.skipped_in_words())


def test_several_inputs_and_one_that_is_named_twice(holiday: Path) -> None:
    touch(holiday.parent, "one.any")
    found = find_photographs([holiday / "a.png", holiday, holiday.parent / "one.any"])
    assert names(found.photographs)[:2] == ["a.png", "b.JPG"]
    assert names(found.photographs)[-1] == "one.any"
    assert names(found.photographs).count("a.png") == 1


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone: no such file or folder.*\.png"):
        find_photographs([tmp_path / "gone"])
    (tmp_path / "dead").symlink_to(tmp_path / "gone")
    with pytest.raises(InputError, match="dead: is a link to nothing"):
        find_photographs([tmp_path / "dead"])
    touch(tmp_path, "in/a.gif", "in/sub/b.png")
    with pytest.raises(InputError) as caught:
        find_photographs([tmp_path / "in"])
    assert "no images in it" in str(caught.value)
    assert "a.gif" in str(caught.value)
    assert "recursive=true" in str(caught.value)


def test_many_of_a_kind_are_counted(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", *(f"{n}.txt" for n in range(9)))
    (line,) = find_photographs([tmp_path]).skipped_in_words()
    assert line == "Skipped 0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 4 more: no photograph"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["a.jpg", "b.png"], ["a", "b"]),
        (["a.jpg", "a.png"], ["a_jpg", "a_png"]),
        (["a.jpg", "a.png", "a_jpg.tif"], ["x_a_jpg", "a_png", "a_jpg"]),
        (["a.b.jpg", "a.c.jpg"], ["a.b", "a.c"]),
        (["1/a.jpg", "2/a.jpg"], ["1/a", "2/a"]),
        (["A.jpg", "a.png"], ["A_jpg", "a_png"]),
        (["A.jpg", "a.JPG"], ["x_A_jpg_2", "x_a_JPG_3"]),
    ],
)
def test_results_of_no_two_photographs_share_a_name(given: list[str], expected: list[str]) -> None:
    found = [FoundPhotograph(Path("/x", name), Path(name)) for name in given]
    assert distinct_names(found) == expected


def test_files_of_two_folders_that_are_named_one_by_one() -> None:
    found = [FoundPhotograph(Path(f"/{day}/a.jpg"), Path("a.jpg")) for day in ("mon", "tue")]
    assert distinct_names(found) == ["mon_a_jpg", "tue_a_jpg"]
