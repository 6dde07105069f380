"""Training batches of several domains, joined; and the tensors that a sample becomes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from pytorch_lightning.utilities.combined_loader import CombinedLoader
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from dmenet.data.sampling import Key, StreamSampler
from dmenet.data.transforms import TrainingTransform
from dmenet.data.workers import obey_parent_alone
from dmenet.errors import InputError
from dmenet.sample import DrawnSamples, Sample

DOMAINS = ("synthetic", "real", "unlabelled")
LABELS = {"synthetic": "defocus", "real": "mask", "unlabelled": None}
"""What of a domain's samples is trained on, beside the image."""


def to_tensors(sample: Sample, label: str | None) -> dict[str, Any]:
    """Image to 3 x H x W and the label, if any, to 1 x H x W."""
    tensors: dict[str, Any] = {"image": torch.from_numpy(sample["image"].transpose(2, 0, 1).copy())}
    if label is not None:
        tensors[label] = torch.from_numpy(np.ascontiguousarray(sample[label]))[None]  # type: ignore[literal-required]
    return tensors


class AugmentedDataset(Dataset[dict[str, Tensor]]):
    """Samples of one domain by (pass, index), augmented as a function of the seed and that key."""

    def __init__(
        self, samples: Sequence[Sample], label: str | None, transform: TrainingTransform, seed: int
    ) -> None:
        self.samples = samples
        self.label = label
        self.transform = transform
        self.seed = seed

    def __getitem__(self, key: Key) -> dict[str, Tensor]:
        pass_, index = key
        seed = int(np.random.SeedSequence([self.seed, pass_, index]).generate_state(1)[0])
        samples = self.samples
        sample = samples.draw(index, seed) if isinstance(samples, DrawnSamples) else samples[index]
        # Maps that are not trained on need no augmenting.
        trained_on: Sample = {"name": sample["name"], "image": sample["image"]}
        if self.label is not None:
            trained_on[self.label] = sample[self.label]  # type: ignore[literal-required]
        return to_tensors(self.transform(trained_on, seed), self.label)


def domain_mix(
    samples: Mapping[str, Sequence[Sample]],
    *,
    crop: int,
    batch_size: int,
    seed: int,
    num_workers: int = 0,
    first_batch: int = 0,
    rank: int = 0,
    ranks: int = 1,
) -> CombinedLoader:
    """Loaders of the given domains, joined: one epoch is one pass over "synthetic".

    The other domains cycle: they go on in the next epoch where they were.

    Args:
        samples: per domain, its samples; only these domains are loaded.
        crop, batch_size: each batch holds ``batch_size`` crops of each domain.
        seed: decides order and augmentation.
        first_batch: where to start, counted over all epochs, when a run is resumed.

    Raises:
        InputError: the synthetic domain has fewer samples than a batch over all ranks.
    """
    batches = len(samples["synthetic"]) // (batch_size * ranks)
    if not batches:
        raise InputError(
            f"data.batch_size is {batch_size} on {ranks} processes, but the synthetic domain has "
            f"only {len(samples['synthetic'])} images: take a smaller batch"
        )
    loaders = {}
    for domain, items in samples.items():
        domain_seed = [seed, DOMAINS.index(domain)]
        state = int(np.random.SeedSequence(domain_seed).generate_state(1)[0])
        loaders[domain] = DataLoader(
            AugmentedDataset(items, LABELS[domain], TrainingTransform(crop), state),
            batch_sampler=StreamSampler(
                len(items), batch_size, batches, state, first_batch, rank, ranks
            ),
            num_workers=num_workers,
            persistent_workers=num_workers > 0,
            worker_init_fn=obey_parent_alone,
            pin_memory=torch.cuda.is_available(),
        )
    return CombinedLoader(loaders, mode="min_size")
