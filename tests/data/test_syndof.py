"""The data module of synthetic data, on small noise in every layout."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dmenet.data.syndof import SyndofDataModule
from dmenet.errors import InputError, UnavailableError
from dmenet.images.encoding import encode_png
from dmenet.metrics.protocols import SyndofProtocol
from made_syndof import LAYOUTS, Recipes, make
from tiny import tiny_model, tiny_trainer

COUNT = 20
PROTOCOL = SyndofProtocol()
every_layout = pytest.mark.parametrize("name", LAYOUTS)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folders of data in a layout."""
    folders: dict[str, Path] = {}

    def of(name: str) -> Path:
        if name not in folders:
            folders[name] = tmp_path_factory.mktemp(name)
            make(folders[name], LAYOUTS[name], COUNT, recipes=Recipes(size=(36, 40)))
        return folders[name]

    return of


@every_layout
def test_it_trains(name: str, made: Callable[[str], Path], tmp_path: Path) -> None:
    model = tiny_model("b")
    data = SyndofDataModule(
        made(name), protocol=PROTOCOL, domains=model.domains, crop=32, batch_size=8
    )
    trainer = tiny_trainer(tmp_path)
    trainer.fit(model, data)
    assert trainer.global_step > 0
    assert torch.isfinite(trainer.callback_metrics["val/synthetic/mse"])
    assert set(data._training_samples) == {"synthetic"}


@every_layout
def test_all_layouts_give_the_same_batches(
    name: str, made: Callable[[str], Path], tmp_path: Path
) -> None:
    """By index at random, from a pickle too, as workers receive them."""
    modules = [
        SyndofDataModule(made(n), protocol=PROTOCOL, domains=["synthetic"]) for n in ("files", name)
    ]
    for part in range(3):
        theirs, ours = (
            [d._training_samples["synthetic"], d.test_sets["synthetic"], d._split(9)][part]
            for d in modules
        )
        assert len(ours) == len(theirs) == (16, 2, 2)[part]
        ours = pickle.loads(pickle.dumps(ours))
        for index in (1, 0, len(ours) - 1):
            np.testing.assert_array_equal(ours[index]["image"], theirs[index]["image"])
            difference = np.abs(ours[index]["defocus"] - theirs[index]["defocus"])
            assert difference.max() <= 0.0501 / 7


def test_nothing_is_kept_in_memory(made: Callable[[str], Path]) -> None:
    samples = SyndofDataModule(
        made("shards"), protocol=PROTOCOL, domains=["synthetic"]
    )._training_samples["synthetic"]
    assert samples[0]["image"] is not samples[0]["image"]
    with pytest.raises(IndexError):
        samples[len(samples)]


def test_a_data_set_that_grows_holds_out_the_same_images(tmp_path: Path) -> None:
    held_out = []
    for count in (12, 27):
        make(tmp_path, LAYOUTS["shards"], count)
        data = SyndofDataModule(
            tmp_path, protocol=PROTOCOL, domains=["synthetic"], held_out_every=4
        )
        parts = [
            {int(sample["name"]) for sample in samples}
            for samples in (
                data._training_samples["synthetic"], data.test_sets["synthetic"], data._split(3)
            )
        ]  # fmt: skip
        assert sorted(number for part in parts for number in part) == list(range(count))
        held_out.append(parts[1:])
    assert held_out[0][0] <= held_out[1][0]
    assert held_out[0][1] <= held_out[1][1]


def test_other_test_sets(made: Callable[[str], Path]) -> None:
    data = SyndofDataModule(
        made("shards"), protocol=PROTOCOL, test_folders={"far": made("released_coc15")}
    )
    assert {name: len(samples) for name, samples in data.test_sets.items()} == {
        "synthetic": 2,
        "far": COUNT,
    }
    assert data.test_sets["far"][3]["sigma_px"].shape == (36, 40)


@pytest.mark.parametrize("unit", ["sigma7", "coc15"])
def test_the_unit_of_the_map_values(unit: str, made: Callable[[str], Path]) -> None:
    data = SyndofDataModule(made("files"), protocol=PROTOCOL, domains=["synthetic"], unit=unit)  # type: ignore[arg-type]
    sample = data._training_samples["synthetic"][0]
    expected = {"sigma7": sample["sigma_px"] / 7, "coc15": (2 * sample["sigma_px"] + 1) / 15}
    np.testing.assert_allclose(sample["defocus"], expected[unit], rtol=1e-5)


def test_what_is_missing_is_said(made: Callable[[str], Path], tmp_path: Path) -> None:
    def training(folder: Path, domain: str = "synthetic", **settings: Any) -> object:
        return SyndofDataModule(folder, **settings).training_samples(domain)

    with pytest.raises(UnavailableError, match=r"nowhere: no data set.*codeslake/DMENet"):
        training(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"has no real images to train on.*data=paper"):
        training(made("files"), "real")
    with pytest.raises(InputError, match=r"20 images are too few to hold out one of 30"):
        SyndofDataModule(made("files"), held_out_every=30).validation_samples("synthetic")


def test_the_published_layout(tmp_path: Path) -> None:
    """train/SYNDOF and test/SYNDOF of the authors' zip file, in which test maps are in gt/."""
    rng = np.random.default_rng(0)
    for part, maps, count in (("train", "blur_map", 10), ("test", "gt", 3)):
        for number in range(count):
            tenths = rng.integers(0, 151, (20, 24), np.uint16)
            for folder, pixels in (
                ("image", rng.integers(0, 256, (20, 24, 3), np.uint8)),
                (maps, np.dstack([tenths] * 3)),
            ):
                path = tmp_path / part / "SYNDOF" / folder / f"{number:03d}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(encode_png(pixels))
    data = SyndofDataModule(
        tmp_path / "train/SYNDOF",
        test_folder=tmp_path / "test/SYNDOF",
        stored_unit="coc15",
        unit="coc15",
    )
    data.prepare_data()
    # None is held out for test; map values are the stored ones, also where there is no sigma.
    training, validation = (
        data.training_samples("synthetic"), data.validation_samples("synthetic") or []
    )  # fmt: skip
    test = data.test_sets["synthetic"]
    assert (len(training), len(validation), len(test)) == (9, 1, 3)
    np.testing.assert_allclose(test[2]["defocus"], tenths / 150, atol=1e-7)
    assert data.status().facts[1:] == [
        "sizes of some: 24 x 20", "9 training, 1 validation", "3 test: synthetic",
    ]  # fmt: skip


def test_a_test_folder_needs_no_training_folder(
    made: Callable[[str], Path], tmp_path: Path
) -> None:
    data = SyndofDataModule(tmp_path / "nowhere", test_folder=made("files"))
    data.prepare_data()
    assert len(data.test_sets["synthetic"]) == COUNT
    with pytest.raises(UnavailableError, match="nowhere"):
        SyndofDataModule(made("files"), test_folder=tmp_path / "nowhere").prepare_data()
    trained = SyndofDataModule(
        tmp_path / "nowhere", test_folder=made("files"), domains=["synthetic"]
    )
    with pytest.raises(UnavailableError, match="nowhere"):
        trained.prepare_data()


@pytest.mark.parametrize("setting", ["test_folder", "test_folders"])
def test_one_folder_for_training_and_test_is_refused(
    setting: str, made: Callable[[str], Path], tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(made("files"))
    other = {"test_folder": tmp_path / "link", "test_folders": {"same": tmp_path / "link"}}
    data = SyndofDataModule(made("files"), domains=["synthetic"], **{setting: other[setting]})  # type: ignore[arg-type]
    for look in (data.prepare_data, data.status, lambda: data.training_samples("synthetic")):
        with pytest.raises(InputError, match="link: given for training and for test"):
            look()


def test_status(made: Callable[[str], Path]) -> None:
    status = SyndofDataModule(made("shards")).status()
    assert status.word == "ready"
    assert status.facts == [
        "20 images, layout shards", "sizes of some: 40 x 36", "16 training, 2 validation",
        "2 test: synthetic",
    ]  # fmt: skip
