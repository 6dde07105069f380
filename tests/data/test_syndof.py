"""The data module of synthetic data, on small noise in every layout."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from dmenet.data.syndof import SyndofDataModule
from dmenet.errors import InputError
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


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photographs with masks, in other formats."""
    folder = tmp_path_factory.mktemp("real")
    rng = np.random.default_rng(0)
    for part in ("image", "gt"):
        (folder / part).mkdir()
    for name in "abc":
        colours = rng.integers(0, 256, (40, 50, 3), np.uint8)
        Image.fromarray(colours).save(folder / f"image/{name}.jpg")
        mask = np.zeros((40, 50), np.uint8)
        mask[:, :20] = 255
        Image.fromarray(mask).save(folder / f"gt/{name}.png")
    return folder


@every_layout
def test_it_trains(name: str, made: Callable[[str], Path], real: Path, tmp_path: Path) -> None:
    model = tiny_model("bds")
    data = SyndofDataModule(
        made(name), protocol=PROTOCOL, real=real, domains=model.domains, crop=32, batch_size=8
    )
    trainer = tiny_trainer(tmp_path)
    trainer.fit(model, data)
    assert trainer.global_step > 0
    assert torch.isfinite(trainer.callback_metrics["val/synthetic/mse"])
    assert set(data._training_samples) == {"synthetic", "real", "unlabelled"}
    sample = data._training_samples["real"][1]
    np.testing.assert_array_equal(sample["mask"][0], np.arange(50) < 20)


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


def test_what_is_missing_is_said(made: Callable[[str], Path], real: Path, tmp_path: Path) -> None:
    def training(folder: Path, **settings: object) -> object:
        domains = settings.pop("domains", ["synthetic"])
        return SyndofDataModule(
            folder, protocol=PROTOCOL, domains=domains, **settings
        )._training_samples  # type: ignore[arg-type]

    with pytest.raises(InputError, match=r"nowhere: no data set"):
        training(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"data.real is not given"):
        training(made("files"), domains=["real"])
    with pytest.raises(InputError, match=r"held_out_every is 2: expected 3"):
        training(made("files"), held_out_every=2)
    with pytest.raises(InputError, match=r"20 images are too few to hold out one of 30"):
        SyndofDataModule(made("files"), protocol=PROTOCOL, held_out_every=30).val_dataloader()
    (tmp_path / "image").symlink_to(real / "image")
    (tmp_path / "gt").mkdir()
    (tmp_path / "gt/a.png").write_bytes((real / "gt/a.png").read_bytes())
    with pytest.raises(InputError, match=r"no mask for 2 of the images, such as b.jpg"):
        training(made("files"), domains=["real"], real=tmp_path)
    for name in "bc":
        Image.new("L", (50, 39)).save(tmp_path / f"gt/{name}.png")
    samples = SyndofDataModule(
        made("files"), protocol=PROTOCOL, domains=["real"], real=tmp_path
    )._training_samples
    with pytest.raises(InputError, match=r"gt/b.png has \(39, 50\) rows and columns"):
        samples["real"][1]
    with pytest.raises(InputError, match=r"elsewhere: no such file or folder"):
        training(made("files"), domains=["unlabelled"], unlabelled=tmp_path / "elsewhere")
