"""The CUHK data module, on a stand-in for its files; the real ones where there are any."""

import logging
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dmenet.data.cuhk import CuhkDataModule
from dmenet.data.masked_photographs import contradicts_sharpness
from dmenet.data.splits import drawn, read_names
from dmenet.errors import InputError, UnavailableError
from made_cuhk import BLURRED_COLUMNS, WIDTH, generate

NUMBERS = range(1, 31)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("cuhk"), NUMBERS)


def module(folder: Path, **settings: Any) -> CuhkDataModule:
    return CuhkDataModule(folder, **{"validation_count": 4, "domains": ["real"], **settings})


def names(samples: Any) -> set[str]:
    return {sample["name"] for sample in samples}


def test_the_hundred_that_the_field_tests_on() -> None:
    listed = read_names("cuhk", "train604_test100")
    assert len(set(listed)) == 100
    assert listed[0] == "out_of_focus0026"
    assert listed[-1] == "out_of_focus0698"


def test_parts_are_disjoint_and_leave_nothing_out(folder: Path) -> None:
    data = module(folder)
    training = names(data.training_samples("real"))
    validation = names(data.validation_samples("real"))
    # Of the listed ones, 26 to 28 are there.
    assert len(validation) == 4
    assert training | validation == {
        f"out_of_focus{n:04d}" for n in NUMBERS if n not in (26, 27, 28)
    }
    assert not training & validation


def test_masks_of_every_kind_say_what_is_blurred(folder: Path) -> None:
    for samples in module(folder, split="all").test_sets.values():
        assert len(samples) == len(NUMBERS)
        for sample in samples:
            assert sample["mask"].dtype == np.float32
            np.testing.assert_array_equal(sample["mask"][0], np.arange(WIDTH) < BLURRED_COLUMNS)


def test_the_name_of_a_set_says_its_split(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("out_of_focus0003.jpg\n\nout_of_focus0009\n")
    sets = {
        "cuhk_all_30": {"split": "all"},
        "cuhk_mine": {"split": str(tmp_path / "mine.txt")},
        "cuhk_random_7_seed5": {"split": "random", "test_count": 7, "split_seed": 5},
        "cuhk_folders": {"test_folder": generate(tmp_path / "test", [50, 51])},
    }
    for name, settings in sets.items():
        data = module(folder, **settings)
        ((found, samples),) = data.test_sets.items()
        assert found == name
        if name != "cuhk_all_30":
            assert not names(samples) & names(data.training_samples("real"))
            assert not names(samples) & names(data.validation_samples("real"))
    assert names(samples) == {"out_of_focus0050", "out_of_focus0051"}


def test_random_splits_by_seed() -> None:
    everything = [f"out_of_focus{n:04d}" for n in range(1, 705)]
    first = drawn(everything, 200, "test 0")
    assert first == drawn(reversed(everything), 200, "test 0")
    assert len(first) == 200
    assert 30 < len(first & drawn(everything, 200, "test 1")) < 90
    # One that is missing changes no more than itself and its substitute.
    assert len(first - drawn(everything[:-1], 200, "test 0")) <= 1


def test_an_inverted_copy_is_noticed_and_can_be_used(tmp_path: Path) -> None:
    generate(tmp_path, NUMBERS, inverted=True)
    with pytest.raises(InputError, match=r"30 of 30 photographs are sharper.*inverted=true"):
        module(tmp_path).prepare_data()
    assert module(tmp_path).status().word == "wrong"
    data = module(tmp_path, inverted=True, split="all")
    data.prepare_data()
    sample = data.test_sets["cuhk_all_30"][0]
    np.testing.assert_array_equal(sample["mask"][0], np.arange(WIDTH) < BLURRED_COLUMNS)


def test_what_was_compared_is_reported(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="dmenet"):
        module(folder).prepare_data()
    assert "30 images, split train604_test100; of 30 masks, 30 agree" in caplog.text
    with pytest.raises(InputError, match=r"30 of 30 .* white is .*|is black, .* inverted=false"):
        module(folder, inverted=True).prepare_data()


def test_a_mask_of_one_value_cannot_be_compared() -> None:
    image = np.zeros((4, 4, 3), np.float32)
    assert contradicts_sharpness(image, np.ones((4, 4), np.float32)) is None
    assert contradicts_sharpness(image, np.zeros((4, 4), np.float32)) is None


def test_status_counts_and_names_what_is_missing(folder: Path, tmp_path: Path) -> None:
    status = module(folder).status()
    assert status.word == "incomplete"
    assert "30 images of 704, sizes 48 x 36 (30)" in status.facts
    assert "split train604_test100: 23 training, 4 validation, 3 test" in status.facts
    assert "masks: white is the blurred side in 30 of 30" in status.facts
    assert status.missing == [
        "674 of all images",
        "97 test images: out_of_focus0037, out_of_focus0099, out_of_focus0103, out_of_focus0117, "
        "out_of_focus0126 and 92 more",
    ]
    generate(tmp_path, [1, 2, 3])
    Image.new("L", (WIDTH, 5)).save(tmp_path / "gt/out_of_focus0002.png")
    (problem,) = module(tmp_path).status().problems
    assert "out_of_focus0002.png has (5, 48) rows and columns" in problem


def test_masked_photographs_of_other_names(folder: Path, tmp_path: Path) -> None:
    generate(tmp_path, [1, 2])
    (tmp_path / "image/out_of_focus0001.jpg").rename(tmp_path / "image/mine.jpg")
    (tmp_path / "gt/out_of_focus0001.png").rename(tmp_path / "gt/mine.png")
    data = module(tmp_path, prefix="", split="all")
    assert names(data.test_sets["cuhk_all_4"]) == {
        "mine", "out_of_focus0002", "motion0001", "motion0002",
    }  # fmt: skip


def test_what_is_missing_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UnavailableError, match=r"nowhere: no such folder. Expected image/.*cse.cuhk"
    ):
        module(tmp_path / "nowhere").prepare_data()
    with pytest.raises(
        UnavailableError, match=r"97 of the 100 test images .* are missing \(out_of"
    ):
        module(folder).test_sets  # noqa: B018
    with pytest.raises(InputError, match=r"split 80_20: neither a list.*\(train604_test100\)"):
        module(folder, split="80_20").prepare_data()
    with pytest.raises(InputError, match=r"leaves no images for training"):
        module(folder, split="all").training_samples("real")
    with pytest.raises(InputError, match=r"has no synthetic images to train on.*data=paper"):
        module(folder).training_samples("synthetic")
    generate(tmp_path, [1, 2, 3])
    (tmp_path / "gt/out_of_focus0002.png").unlink()
    with pytest.raises(InputError, match=r"gt: no mask for 1 of the images: out_of_focus0002"):
        module(tmp_path).prepare_data()
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(InputError, match=r"empty.txt: the list is empty"):
        read_names("cuhk", str(tmp_path / "empty.txt"))


def test_a_test_folder_needs_no_training_folder(folder: Path, tmp_path: Path) -> None:
    data = CuhkDataModule(tmp_path / "nowhere", test_folder=folder)
    data.prepare_data()
    assert len(data.test_sets["cuhk_folders"]) == len(NUMBERS)


def test_nothing_of_a_test_folder_is_trained_on(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    data = module(folder, test_folder=tmp_path / "link")
    for look in (data.prepare_data, data.status, lambda: data.training_samples("real")):
        with pytest.raises(InputError, match="link: given for training and for test"):
            look()
    data = module(folder, test_folder=generate(tmp_path / "test", [3, 4, 50]))
    trained_on = names(data.training_samples("real")) | names(data.validation_samples("real"))
    assert len(trained_on) == len(NUMBERS) - 2
    assert not trained_on & names(data.test_sets["cuhk_folders"])
    data = module(folder, prefix="", test_folder=tmp_path / "test")
    assert len(data.training_samples("real")) + 4 == len(NUMBERS) + 2


def test_the_real_data_set() -> None:
    root = os.environ.get("DMENET_DATA")
    if root is None or not Path(root, "cuhk").is_dir():
        pytest.skip("DMENET_DATA is not set, or has no cuhk")
    data = CuhkDataModule(Path(root, "cuhk"))
    data.prepare_data()
    parts = data.training_samples("real"), data.validation_samples("real") or []
    assert [len(part) for part in parts] == [544, 60]
