"""The training mix of several data sets, on stand-ins for their files."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from PIL import Image

from dmenet.data.cuhk import CuhkDataModule
from dmenet.data.paper import PaperDataModule
from dmenet.data.syndof import SyndofDataModule
from dmenet.data.unlabelled import UnlabelledDataModule
from dmenet.errors import InputError, UnavailableError, own_message
from made_cuhk import generate
from made_syndof import LAYOUTS, Recipes, make
from tiny import tiny_model, tiny_trainer

DOMAINS = ("synthetic", "real", "unlabelled")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    make(folder / "syndof", LAYOUTS["shards"], 10, recipes=Recipes(size=(36, 40)))
    generate(folder / "cuhk", range(1, 8))
    (folder / "unlabelled").mkdir()
    for number in range(5):
        pixels = np.random.default_rng(number).integers(0, 256, (36, 44, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"unlabelled/{number}.png")
    return folder


def module(folder: Path, domains: tuple[str, ...] = DOMAINS, **settings: Any) -> PaperDataModule:
    return PaperDataModule(
        synthetic=SyndofDataModule(folder / "syndof"),
        real=CuhkDataModule(folder / "cuhk", validation_count=2),
        unlabelled=UnlabelledDataModule(folder / "unlabelled"),
        domains=domains,
        **{"crop": 32, "batch_size": 2, "seed": 3, **settings},
    )


def batches(data: PaperDataModule, epochs: int = 2, rank: int = 0, ranks: int = 1) -> list[Any]:
    trainer: Any = SimpleNamespace(
        fit_loop=pl.Trainer(logger=False).fit_loop,
        global_rank=rank,
        world_size=ranks,
        overfit_batches=0.0,
    )
    data.trainer = trainer
    loader = data.train_dataloader()
    return [batch for _ in range(epochs) for batch, _, _ in loader]


def every(batch: dict[str, dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    return {f"{d}/{key}": tensor for d, items in batch.items() for key, tensor in items.items()}


def test_it_trains_and_validates_on_what_is_held_out(folder: Path, tmp_path: Path) -> None:
    model = tiny_model("bds")
    data = module(folder, model.domains)
    trainer = tiny_trainer(tmp_path)
    trainer.fit(model, data)
    # 8 of the 10 synthetic images, in batches of 2.
    assert trainer.global_step == 4
    assert data.validation_sets == ("synthetic", "real")
    for metric in ("val/synthetic/mse", "val/real/accuracy", "val/real/ap_per_image"):
        assert torch.isfinite(trainer.callback_metrics[metric])
    assert "val/real/mse" not in trainer.callback_metrics


def test_parts_know_whether_they_are_trained_on(folder: Path) -> None:
    test_only = SyndofDataModule(folder / "nowhere", test_folder=folder / "syndof")
    others = {"real": CuhkDataModule(folder), "unlabelled": UnlabelledDataModule(folder)}
    PaperDataModule(synthetic=test_only, **others).prepare_data()
    with pytest.raises(UnavailableError, match="nowhere"):
        PaperDataModule(synthetic=test_only, **others, domains=["synthetic"]).prepare_data()


def test_what_a_batch_holds(folder: Path) -> None:
    shapes = {
        name: tuple(tensor.shape) for name, tensor in every(batches(module(folder))[0]).items()
    }
    assert shapes == {
        "synthetic/image": (2, 3, 32, 32),
        "synthetic/defocus": (2, 1, 32, 32),
        "real/image": (2, 3, 32, 32),
        "real/mask": (2, 1, 32, 32),
        "unlabelled/image": (2, 3, 32, 32),
    }


@pytest.mark.parametrize("workers", [1, 3])
def test_workers_change_nothing(folder: Path, workers: int) -> None:
    alone = batches(module(folder))
    for a, b in zip(alone, batches(module(folder, num_workers=workers)), strict=True):
        assert all(torch.equal(tensor, every(b)[name]) for name, tensor in every(a).items())


def test_two_ranks_see_what_one_of_twice_the_batch_sees(folder: Path) -> None:
    one = batches(module(folder, batch_size=4))
    two = [batches(module(folder, batch_size=2), rank=rank, ranks=2) for rank in (0, 1)]
    assert len(one) == 4
    for whole, first, second in zip(one, *two, strict=True):
        for name, tensor in every(whole).items():
            assert torch.equal(tensor, torch.cat([every(first)[name], every(second)[name]]))


def test_the_seed_decides(folder: Path) -> None:
    a, b = batches(module(folder))[0], batches(module(folder, seed=4))[0]
    assert not torch.equal(a["synthetic"]["image"], b["synthetic"]["image"])


@pytest.mark.parametrize(
    ("parts", "missing"),
    [("b", ("cuhk", "unlabelled")), ("bs", ("unlabelled",))],
)
def test_what_no_part_learns_from_is_not_looked_at(
    folder: Path, tmp_path: Path, parts: str, missing: tuple[str, ...]
) -> None:
    for name in {"syndof", "cuhk", "unlabelled"} - set(missing):
        (tmp_path / name).symlink_to(folder / name)
    model = tiny_model(parts)
    data = module(tmp_path, model.domains)
    trainer = tiny_trainer(tmp_path, max_steps=1)
    trainer.fit(model, data)
    assert trainer.global_step == 1
    with pytest.raises(UnavailableError, match=f"{missing[0]}: no such folder"):
        module(tmp_path).prepare_data()


def test_methods_are_scored_on_the_synthetic_test_set(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "syndof").symlink_to(folder / "syndof")
    data = module(tmp_path, ())
    data.prepare_data()
    assert {name: len(samples) for name, samples in data.test_sets.items()} == {"synthetic": 1}


@pytest.mark.parametrize("workers", [0, 2])
def test_an_error_names_the_file(folder: Path, tmp_path: Path, workers: int) -> None:
    for name in ("syndof", "cuhk"):
        (tmp_path / name).symlink_to(folder / name)
    (tmp_path / "unlabelled").mkdir()
    (tmp_path / "unlabelled/bad.jpg").write_bytes(b"not a picture")
    data = module(tmp_path, num_workers=workers)
    with pytest.raises(InputError) as error:
        batches(data)
    message = own_message(error.value)
    assert message.startswith(f"{tmp_path}/unlabelled/bad.jpg: cannot be read as a photograph")
    assert "Traceback" not in message


def test_images_are_not_kept(folder: Path) -> None:
    for samples in module(folder)._training_samples.values():
        assert samples[0]["image"] is not samples[0]["image"]


def test_status_tells_of_the_parts(folder: Path, tmp_path: Path) -> None:
    assert module(folder).status().facts == [
        "synthetic: 8 training images, SyndofDataModule",
        "real: 5 training images, CuhkDataModule",
        "unlabelled: 5 training images, UnlabelledDataModule",
    ]
    (tmp_path / "syndof").symlink_to(folder / "syndof")
    status = module(tmp_path).status()
    assert status.word == "incomplete"
    assert status.missing == [
        f"real: {tmp_path}/cuhk: no such folder",
        f"unlabelled: {tmp_path}/unlabelled: no such folder",
    ]
