"""What the data modules share: loaders for training and validation, made of a module's samples."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, TypedDict, Unpack

import pytorch_lightning as pl
from annotated_types import Interval
from pytorch_lightning.utilities.combined_loader import CombinedLoader
from torch.utils.data import DataLoader, Dataset, Subset

from dmenet.data.augmentation import LARGEST_SHORT_SIDE
from dmenet.data.domain_mix import DOMAINS, LABELS, Augmentation, domain_mix, to_tensors
from dmenet.data.known_blur import KnownBlur
from dmenet.data.sampling import position_in_training
from dmenet.data.status import Status
from dmenet.errors import InputError
from dmenet.metrics.protocols import Protocol
from dmenet.ranges import Count, Share, Whole
from dmenet.sample import Sample
from dmenet.units import Unit


class Loading(TypedDict, total=False):
    """What every data module takes, beside what says where its data are."""

    protocol: Protocol | None
    """Scores methods on the test sets; None for a part of a mix."""
    domains: Sequence[str]
    """To train on; no other is looked at."""
    unit: Unit
    """Of the map values."""
    crop: Annotated[int, Interval(ge=1, le=LARGEST_SHORT_SIDE)]
    """Side of the squares that are trained on, in px; larger images are reduced to 800."""
    batch_size: Count | Mapping[str, Count]
    """Number of crops in a training batch, per process: of each domain, or by domain."""
    num_workers: Whole
    """Processes that read and augment, per domain; 0 does it in this one."""
    seed: Whole
    """Decides order and augmentation."""
    augmentation: Augmentation
    """Of what is trained on."""
    known_blur: Share
    """How often a synthetic sample gives way to a photograph that we blur, 0 to 1."""
    reblur: bool
    """Whether unlabelled photographs also come blurred further, for the reblurring loss."""


class DataSetModule(pl.LightningDataModule):
    """A data set for training, validation and test.

    A subclass says what its samples are; none of its methods looks at a file before it is called.
    Validation is on the domains that are trained on.

    Args:
        loading: see ``Loading``.

    Raises:
        InputError: batch sizes are of other domains.
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
        self.augmentation: Augmentation = loading.get("augmentation", "paper")
        self.known_blur = loading.get("known_blur", 0.0)
        self.reblur = loading.get("reblur", False)
        if isinstance(self.batch_size, Mapping) and set(self.batch_size) != set(DOMAINS):
            raise InputError(
                f"data.batch_size names {sorted(self.batch_size)}: expected a number, or one "
                f"for each of {list(DOMAINS)}"
            )

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
        samples = {domain: self.training_samples(domain) for domain in self.domains}
        if self.known_blur:
            samples["synthetic"] = KnownBlur(
                samples["synthetic"],
                samples.get("real") or self.training_samples("real"),
                self.known_blur,
                self.crop,
                self.unit,
            )
        return samples

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
        epoch, batch = position_in_training(self.trainer)
        overfit: Any = vars(self.trainer)["overfit_batches"]
        return domain_mix(
            self._training_samples,
            crop=self.crop,
            batch_size=self.batch_size,
            seed=self.seed,
            augmentation=self.augmentation,
            reblur_unlabelled=self.reblur,
            num_workers=self.num_workers,
            epoch=epoch,
            batch=batch,
            rank=self.trainer.global_rank,
            ranks=self.trainer.world_size,
            repeats=overfit > 0,
        )

    def val_dataloader(self) -> list[DataLoader[dict[str, Any]]]:
        """Whole images of ``validation_sets``, one at a time: this process's share of them.

        A process without a share gets an image without its truth: Lightning would skip validation
        there, and the other processes would wait for it.
        """
        assert self.trainer is not None
        rank, ranks = self.trainer.global_rank, self.trainer.world_size
        loaders = []
        for domain, samples in self._validation_samples.items():
            share = range(rank, len(samples), ranks)
            images = Subset(
                WholeImages(samples, LABELS[domain] if share else None), share or range(1)
            )
            loaders.append(DataLoader(images, batch_size=1, num_workers=self.num_workers))
        return loaders


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
