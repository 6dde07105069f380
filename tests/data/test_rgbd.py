"""Crops rendered while training."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from dmenet.data.domain_mix import domain_mix
from dmenet.data.rgbd import RgbdDataModule
from dmenet.errors import InputError
from dmenet.sample import DrawnSamples
from dmenet.synthesis.readers.pairs import Pairs
from dmenet.synthesis.renderers import CropRenderer
from dmenet.synthesis.rendering.sensor import ideal
from dmenet.synthesis.scenes.random_camera import RandomCamera
from made_rgbd import HEIGHT, WIDTH, room, write_image
from tiny import tiny_model, tiny_trainer

SCENES = 6
CAMERA = RandomCamera(focal_lengths_mm=[50.0], largest_sigma_px=(1.0, 3.0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rgbd")
    (folder / "depth").mkdir()
    for number in range(SCENES):
        write_image(folder / f"image/{number}.png")
        np.save(folder / f"depth/{number}.npy", room() * (1 + number / 10))
    return folder


def module(folder: Path, crop: int = 32) -> RgbdDataModule:
    reader = partial(Pairs, folder / "image", folder / "depth", mm_per_unit=1.0)
    renderer = partial(CropRenderer, reader, CAMERA, ideal)
    return RgbdDataModule(
        renderer=renderer, held_out_every=3, domains=["synthetic"], crop=crop, batch_size=2
    )


def batches(folder: Path, **settings: int) -> list[torch.Tensor]:
    samples = {"synthetic": module(folder).training_samples("synthetic")}
    loader = domain_mix(samples, **{"crop": 32, "batch_size": 2, "seed": 0, **settings})
    return [batch["synthetic"]["image"] for _ in range(2) for batch, _, _ in loader]


def test_no_crop_is_seen_twice_whatever_the_workers(folder: Path) -> None:
    seen = batches(folder)
    assert len({image.numpy().tobytes() for batch in seen for image in batch}) == 2 * len(seen)
    for workers in (1, 3):
        for a, b in zip(seen, batches(folder, num_workers=workers), strict=True):
            assert torch.equal(a, b)


def test_two_ranks_share_the_batches_of_one(folder: Path) -> None:
    one = batches(folder)
    two = [batches(folder, batch_size=1, rank=rank, ranks=2) for rank in (0, 1)]
    for whole, *parts in zip(one, *two, strict=True):
        assert torch.equal(whole, torch.cat(parts))


def test_a_crop_is_a_part_of_the_whole(folder: Path) -> None:
    renderer = CropRenderer(
        partial(Pairs, folder / "image", folder / "depth", mm_per_unit=1.0), CAMERA, ideal
    )
    whole, whole_sigma_px = renderer.render(1, np.random.default_rng(4))
    crop, sigma_px = renderer.render(1, np.random.default_rng(4), 40)
    assert crop.shape == (40, 40, 3)
    (place,) = [
        (row, column)
        for row in range(HEIGHT - 39)
        for column in range(WIDTH - 39)
        if np.array_equal(whole_sigma_px[row : row + 40, column : column + 40], sigma_px)
        and np.abs(whole[row : row + 40, column : column + 40] - crop).max() < 1e-5
    ]
    assert place != (0, 0)
    # As much as there is of a scene that is smaller.
    assert renderer.render(1, np.random.default_rng(4), 100)[0].shape == (HEIGHT, 100, 3)


def test_held_out_scenes_are_whole_and_always_the_same(folder: Path) -> None:
    data = module(folder)
    sets = [data.validation_samples("synthetic"), data.test_sets["synthetic"]]
    for samples, expected in zip(sets, (["2", "5"], ["1", "4"]), strict=True):
        assert samples is not None
        assert [sample["name"] for sample in samples] == expected
        sample = samples[0]
        assert sample["image"].shape == (HEIGHT, WIDTH, 3)
        np.testing.assert_array_equal(sample["image"], samples[0]["image"])
        np.testing.assert_allclose(sample["defocus"], sample["sigma_px"] / 7, rtol=1e-6)
    training = data.training_samples("synthetic")
    assert isinstance(training, DrawnSamples)
    assert [training.draw(n, 0)["name"] for n in range(2)] == ["0", "3"]


def test_it_trains(folder: Path, tmp_path: Path) -> None:
    trainer = tiny_trainer(tmp_path, max_epochs=2)
    trainer.fit(tiny_model("b"), module(folder))
    assert trainer.global_step == 2
    assert torch.isfinite(trainer.callback_metrics["val/synthetic/mse"])
    assert module(folder).status().facts == ["6 scenes with depth, 2 for training"]


def test_what_is_wrong_is_said_when_it_is_needed(folder: Path, tmp_path: Path) -> None:
    data = module(tmp_path / "nowhere")
    with pytest.raises(InputError, match="nowhere"):
        data.prepare_data()
    (tmp_path / "image").mkdir()
    (tmp_path / "depth").mkdir()
    write_image(tmp_path / "image/0.png")
    np.save(tmp_path / "depth/0.npy", room())
    with pytest.raises(InputError, match=r"1 scenes with depth are too few to hold out one of 3"):
        module(tmp_path).prepare_data()
