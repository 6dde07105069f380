"""Training batches of several domains."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from dmenet.data.domain_mix import domain_mix
from dmenet.data.unlabelled import UnlabelledDataModule
from dmenet.errors import InputError
from dmenet.sample import Sample


def samples(count: int) -> list[Sample]:
    """Images of one value each, which tells them apart."""
    return [
        {
            "name": str(i),
            "image": np.full((20, 20, 3), i / count, np.float32),
            "defocus": np.full((20, 20), i / count, np.float32),
            "mask": np.ones((20, 20), np.float32),
        }
        for i in range(count)
    ]


SAMPLES: dict[str, Sequence[Sample]] = {
    "synthetic": samples(8),
    "real": samples(3),
    "unlabelled": samples(5),
}


def epochs(count: int, **settings: int) -> list[dict[str, dict[str, torch.Tensor]]]:
    loader = domain_mix(SAMPLES, **{"crop": 8, "batch_size": 2, "seed": 0, **settings})
    return [batch for _ in range(count) for batch, _, _ in loader]


def test_an_epoch_is_one_pass_over_the_synthetic_images_and_the_others_cycle() -> None:
    batches = epochs(3)
    assert len(batches) == 12
    for epoch in range(3):
        seen = torch.cat([b["synthetic"]["defocus"] for b in batches[4 * epoch : 4 * epoch + 4]])
        assert sorted(seen[:, 0, 0, 0].mul(8).round().int().tolist()) == list(range(8))
    real = torch.cat([b["real"]["image"] for b in batches])[:, 0, 0, 0]
    assert sorted(real.mul(3).round().int().tolist()) == sorted([0, 1, 2] * 8)


def test_what_a_batch_holds() -> None:
    batch = epochs(1)[0]
    assert {d: set(items) for d, items in batch.items()} == {
        "synthetic": {"image", "defocus"},
        "real": {"image", "mask"},
        "unlabelled": {"image"},
    }
    assert batch["synthetic"]["image"].shape == (2, 3, 8, 8)
    assert batch["synthetic"]["defocus"].shape == (2, 1, 8, 8)


@pytest.mark.parametrize("workers", [1, 3])
def test_workers_change_nothing(workers: int) -> None:
    for a, b in zip(epochs(2), epochs(2, num_workers=workers), strict=True):
        for domain, items in a.items():
            for name, tensor in items.items():
                assert torch.equal(tensor, b[domain][name])


def test_a_later_start_changes_nothing() -> None:
    whole, resumed = epochs(2), epochs(1, epoch=1, batch=1)
    assert len(resumed) == 3
    for a, b in zip(whole[5:], resumed, strict=True):
        assert torch.equal(a["synthetic"]["image"], b["synthetic"]["image"])
        assert torch.equal(a["unlabelled"]["image"], b["unlabelled"]["image"])


def test_augmentation_changes_from_pass_to_pass() -> None:
    ramp = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)
    one: list[Sample] = [{"name": "a", "image": np.stack([ramp] * 3, -1), "defocus": ramp}]
    loader = domain_mix({"synthetic": one}, crop=8, batch_size=1, seed=0)
    seen = [
        batch["synthetic"]["defocus"].numpy().tobytes() for _ in range(6) for batch, _, _ in loader
    ]
    assert len(set(seen)) == 6


def test_too_large_a_batch() -> None:
    with pytest.raises(InputError, match=r"data.batch_size is 3 on 3 processes.*only 8 images"):
        domain_mix(SAMPLES, crop=8, batch_size=3, seed=0, ranks=3)


def test_domains_can_have_batches_of_their_own_size() -> None:
    sizes = {"synthetic": 4, "real": 2, "unlabelled": 1}
    loader = domain_mix(SAMPLES, crop=8, batch_size=sizes, seed=0)
    batches = [batch for batch, _, _ in loader]
    assert len(batches) == 2, "an epoch is one pass over the synthetic images"
    for batch in batches:
        assert {domain: len(items["image"]) for domain, items in batch.items()} == sizes


def test_sizes_of_batches_are_for_all_domains() -> None:
    with pytest.raises(
        InputError, match=r"data.batch_size names .*: expected a number, or one for"
    ):
        UnlabelledDataModule(folder=None, batch_size={"synthetic": 4, "real": 2})
