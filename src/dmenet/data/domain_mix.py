"""Training batches of several domains, joined, and the processes that load them."""

import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
from pytorch_lightning.utilities.combined_loader import CombinedLoader
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from dmenet.data.augmentation import PhotographicTransform, TrainingTransform, reblur
from dmenet.data.sampling import Key, StreamSampler
from dmenet.errors import InputError
from dmenet.sample import DrawnSamples, Sample

DOMAINS = ("synthetic", "real", "unlabelled")
LABELS = {"synthetic": "defocus", "real": "mask", "unlabelled": None}
"""What of a domain's samples is trained on, beside the image."""

Augmentation = Literal["paper", "photographic"]
"""``TrainingTransform`` or ``PhotographicTransform``."""

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)


def to_tensors(sample: Sample, label: str | None) -> dict[str, Any]:
    """Image to 3 x H x W and the label, if any, to 1 x H x W."""
    tensors: dict[str, Any] = {"image": torch.from_numpy(sample["image"].transpose(2, 0, 1).copy())}
    if label is not None:
        tensors[label] = torch.from_numpy(np.ascontiguousarray(sample[label]))[None]  # type: ignore[literal-required]
    return tensors


class AugmentedDataset(Dataset[dict[str, Tensor]]):
    """Samples of one domain by (pass, index), augmented as a function of the seed and that key.

    Args:
        samples: of the domain.
        label: what beside the image is trained on.
        transform: takes a sample and a seed.
        seed: decides what is drawn.
        reblurred: also give the image blurred further, and by how much.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        label: str | None,
        transform: Callable[[Sample, int], Sample],
        seed: int,
        reblurred: bool = False,
    ) -> None:
        self.samples = samples
        self.label = label
        self.transform = transform
        self.seed = seed
        self.reblurred = reblurred

    def __getitem__(self, key: Key) -> dict[str, Tensor]:
        pass_, index = key
        seed = int(np.random.SeedSequence([self.seed, pass_, index]).generate_state(1)[0])
        samples = self.samples
        sample = samples.draw(index, seed) if isinstance(samples, DrawnSamples) else samples[index]
        # Maps that are not trained on need no augmenting.
        trained_on: Sample = {"name": sample["name"], "image": sample["image"]}
        if self.label is not None:
            trained_on[self.label] = sample[self.label]  # type: ignore[literal-required]
        augmented = self.transform(trained_on, seed)
        tensors = to_tensors(augmented, self.label)
        if self.reblurred:
            image, sigma_px = reblur(augmented["image"], seed)
            tensors["reblurred"] = to_tensors({"name": "", "image": image}, None)["image"]
            tensors["added_sigma_px"] = torch.tensor(sigma_px)
        return tensors


def domain_mix(
    samples: Mapping[str, Sequence[Sample]],
    *,
    crop: int,
    batch_size: int | Mapping[str, int],
    seed: int,
    augmentation: Augmentation = "paper",
    reblur_unlabelled: bool = False,
    num_workers: int = 0,
    epoch: int = 0,
    batch: int = 0,
    rank: int = 0,
    ranks: int = 1,
    repeats: bool = False,
) -> CombinedLoader:
    """Loaders of the given domains, joined: one epoch is one pass over "synthetic".

    The other domains cycle: they go on in the next epoch where they were.

    Args:
        samples: per domain, its samples; only these domains are loaded.
        crop: side of the squares in px.
        batch_size: how many of them a batch holds of each domain, or by domain.
        seed: decides order and augmentation.
        augmentation: see ``Augmentation``.
        reblur_unlabelled: also give unlabelled images blurred further.
        epoch, batch: where to start when a run is resumed: the batch within that epoch. An epoch
            starts at the same images however many batches of the one before are used.
        rank, ranks: this process takes its share of every global batch.
        repeats: whether every epoch is the first one again, augmentation included.

    Raises:
        InputError: the synthetic domain has fewer samples than a batch over all ranks.
    """
    sizes = batch_size if isinstance(batch_size, Mapping) else dict.fromkeys(samples, batch_size)
    batches = len(samples["synthetic"]) // (sizes["synthetic"] * ranks)
    if not batches:
        raise InputError(
            f"data.batch_size is {sizes['synthetic']} on {ranks} processes, but the synthetic "
            f"domain has only {len(samples['synthetic'])} images: take a smaller batch"
        )
    first_batch = batch if repeats else epoch * batches + batch
    loaders = {}
    for domain, items in samples.items():
        domain_seed = [seed, DOMAINS.index(domain)]
        state = int(np.random.SeedSequence(domain_seed).generate_state(1)[0])
        transform: Callable[[Sample, int], Sample] = TrainingTransform(crop)
        if augmentation == "photographic":
            transform = PhotographicTransform(crop, domain)
        again = reblur_unlabelled and domain == "unlabelled"
        loaders[domain] = DataLoader(
            AugmentedDataset(items, LABELS[domain], transform, state, again),
            batch_sampler=StreamSampler(
                len(items), sizes[domain], batches, state, first_batch, rank, ranks, repeats
            ),
            num_workers=num_workers,
            persistent_workers=num_workers > 0,
            worker_init_fn=obey_parent_alone,
            pin_memory=torch.cuda.is_available(),
        )
    return CombinedLoader(loaders, mode="min_size")


def obey_parent_alone(worker: int) -> None:
    """Begin a worker: leave when the parent says so, and at no other signal.

    Slurm and Ctrl-C signal every process of a job, and a worker that dies of it takes its parent
    along before that has saved.
    """
    if not hasattr(signal, "sigwaitinfo"):
        return  # macOS does not tell who sent a signal
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    threading.Thread(target=_leave_when_told, daemon=True).start()


def _leave_when_told() -> None:
    while signal.sigwaitinfo(SIGNALS).si_pid != os.getppid():
        pass
    os._exit(0)
