"""The embedded data module, on a stand-in for its files."""

from pathlib import Path

import pytest
import tifffile
import torch

from dmenet.data.embedded import VALIDATION_SCENES, EmbeddedDataModule
from dmenet.errors import InputError
from dmenet.images.photographs import HELD_OUT, UNLABELLED, paths
from dmenet.metrics.protocols import SyndofProtocol
from fake_embedded import COUNTS, generate
from tiny import tiny_model, tiny_trainer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("embedded")
    generate(folder)
    return folder


def module(folder: Path, domains: tuple[str, ...]) -> EmbeddedDataModule:
    return EmbeddedDataModule(
        folder, generate=lambda _: None, protocol=SyndofProtocol(), domains=domains, crop=32
    )


def test_test_sets(folder: Path) -> None:
    sets = module(folder, ()).test_sets
    assert {name: len(samples) for name, samples in sets.items()} == {
        name: COUNTS[f"{name}/test"] for name in ("synthetic", "motorcycle")
    }
    sample = sets["motorcycle"][0]
    assert sample["image"].shape == (66, 72, 3)
    assert float(sample["sigma_px"].max()) == pytest.approx(7)
    assert float(sample["defocus"].max()) == pytest.approx(1)
    assert ((sample["sigma_px"] > 0.5) == (sample["mask"] == 1)).all()


@pytest.mark.parametrize("domains", [("synthetic",), ("synthetic", "real", "unlabelled")])
def test_only_the_domains_asked_for_are_read(folder: Path, domains: tuple[str, ...]) -> None:
    model = tiny_model("b" if len(domains) == 1 else "bds")
    data = module(folder, domains)
    trainer = tiny_trainer(folder, max_steps=2)
    trainer.fit(model, data)
    assert set(data._training_samples) == set(domains)
    held_out = data.validation_samples("synthetic")
    trained = data.training_samples("synthetic")
    names = {sample["name"] for sample in held_out}
    assert len(names) == VALIDATION_SCENES
    assert not names & {sample["name"] for sample in trained}
    assert torch.isfinite(trainer.callback_metrics["val/synthetic/mse"])


def test_the_photographs_are_there_and_those_of_the_demo_are_not_trained_on() -> None:
    assert not set(HELD_OUT) & set(UNLABELLED)
    assert all(path.is_file() for path in paths(HELD_OUT + UNLABELLED))


def test_a_pair_of_two_sizes(tmp_path: Path) -> None:
    generate(tmp_path)
    path = tmp_path / "synthetic/test/0000_sigma_px.tiff"
    tifffile.imwrite(path, tifffile.imread(path)[:-1])
    with pytest.raises(InputError, match=r"\(65, 72\).*\(66, 72\)"):
        module(tmp_path, ()).test_sets["synthetic"][0]
