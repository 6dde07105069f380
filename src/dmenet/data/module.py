"""What the data modules share: loaders for training and validation, made of a module's samples."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, TypedDict, Unpack

import pytorch_lightning as pl
from pytorch_lightning.utilities.combined_loader import CombinedLoader
from torch.utils.data import DataLoader, Dataset

from dmenet.data.domain_mix import LABELS, domain_mix, to_tensors
from dmenet.data.status import Status
from dmenet.errors import InputError
from dmenet.metrics.protocols import Protocol
from dmenet.sample import Sample
from dmenet.units import Unit, check_unit


class Loading(TypedDict, total=False):
    """What every data module takes, beside what says where its data are."""

    protocol: Protocol | None
    """Scores methods on the test sets; None for a part of a mix."""
    domains: Sequence[str]
    """To train on; no other is looked at."""
    unit: Unit
    """Of the map values."""
    crop: int
    """Side of the squares that are trained on, in px."""
    batch_size: int
    """Number of crops of each domain in a training batch, per process."""
    num_workers: int
    """Processes that read and augment, per domain; 0 does it in this one."""
    seed: int
    """Decides order and augmentation."""


class DataSetModule(pl.LightningDataModule):
    """A data set for training, validation and test.

    A subclass says what its samples are; none of its methods looks at a file before it is called.
    Validation is on the domains that are trained on.

    Args:
        loading: see ``Loading``.
    """

    source: str
    """Where the data can be had, for people."""

    def __init__(self, **loading: Unpack[Loading]) -> None:
        super().__init__()
        self.protocol = loading.get("protocol")
        self.domains = tuple(loading.get("domains", ()))
        self.unit: Unit = loading.get("unit", "sigma7")
        self.crop = loading.get("crop", 64)
        self.batch_size = loading.get("batch_size", 4)
        self.num_workers = loading.get("num_workers", 0)
        self.seed = loading.get("seed", 0)
        check_unit(self.unit)

    @property
    @abstractmethod
    def test_sets(self) -> Mapping[str, Sequence[Sample]]:
        """Samples never trained on, by the name of their set."""

    @abstractmethod
    def status(self) -> Status:
        """What of the data set is there, looked at thoroughly; raises only what stops looking."""

    def training_samples(self, domain: str) -> Sequence[Sample]:
        """What is trained on in a domain.

        Raises:
            InputError: the data set has nothing of that domain, or its files are not in order.
        """
        raise self._without(domain)

    def validation_samples(self, domain: str) -> Sequence[Sample] | None:
        """What tells how well a domain is learnt; None where nothing can."""
        return None

    def _without(self, domain: str) -> InputError:
        return InputError(
            f"{type(self).__name__} has no {domain} images to train on, but the model learns from "
            "them: take data=paper, which joins data sets, or train without the parts that need "
            "them (subnetworks=b)"
        )

    @cached_property
    def _training_samples(self) -> dict[str, Sequence[Sample]]:
        return {domain: self.training_samples(domain) for domain in self.domains}

    @cached_property
    def _validation_samples(self) -> dict[str, Sequence[Sample]]:
        found = {domain: self.validation_samples(domain) for domain in self.domains}
        return {domain: samples for domain, samples in found.items() if samples is not None}

    @property
    def validation_sets(self) -> tuple[str, ...]:
        """Names of what ``val_dataloader`` gives, in its order."""
        return tuple(self._validation_samples)

    def train_dataloader(self) -> CombinedLoader:
        """Batches {domain: {"image", "defocus" or "mask"}}; a resumed run goes on where it was."""
        assert self.trainer is not None
        progress = self.trainer.fit_loop.epoch_loop.batch_progress
        return domain_mix(
            self._training_samples,
            crop=self.crop,
            batch_size=self.batch_size,
            seed=self.seed,
            num_workers=self.num_workers,
            first_batch=progress.total.ready,
            rank=self.trainer.global_rank,
            ranks=self.trainer.world_size,
        )

    def val_dataloader(self) -> list[DataLoader[dict[str, Any]]]:
        """Whole images of ``validation_sets``, one at a time."""
        return [
            DataLoader(
                WholeImages(samples, LABELS[domain]), batch_size=1, num_workers=self.num_workers
            )
            for domain, samples in self._validation_samples.items()
        ]


class WholeImages(Dataset[dict[str, Any]]):
    """Samples as tensors, as they are.

    Args:
        samples: of any size.
        label: what beside the image is wanted.
    """

    def __init__(self, samples: Sequence[Sample], label: str | None) -> None:
        self.samples = samples
        self.label = label

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return to_tensors(self.samples[index], self.label)
