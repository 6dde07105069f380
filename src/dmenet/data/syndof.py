"""Synthetic data of any layout, for training, validation and test."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
from pytorch_lightning.utilities.combined_loader import CombinedLoader
from torch.utils.data import DataLoader, Dataset

from dmenet.data import photographs
from dmenet.data.domain_mix import domain_mix, to_tensors
from dmenet.data.embedded import read_photograph
from dmenet.data.images import list_images, read_image
from dmenet.data.sample import Sample
from dmenet.data.syndof_layouts import Entry, SyndofSamples, list_entries
from dmenet.errors import InputError
from dmenet.metrics.protocols import Protocol
from dmenet.units import Unit


class FolderSamples(Sequence[Sample]):
    """Photographs, and their masks where given, read at each access.

    Args:
        images: the files.
        masks: white where blurred, one for each image; None leaves the samples without.
    """

    def __init__(self, images: Sequence[Path], masks: Sequence[Path] | None = None) -> None:
        self.images = list(images)
        self.masks = masks

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Sample:  # type: ignore[override]
        sample = read_photograph(self.images[index])
        if self.masks is not None:
            path = self.masks[index]
            mask = read_image(path)[..., 0]
            if mask.shape != sample["image"].shape[:2]:
                raise InputError(
                    f"{path} has {mask.shape} rows and columns, its image "
                    f"{sample['image'].shape[:2]}: expected a mask of the image's size"
                )
            sample["mask"] = (mask >= 0.5).astype(np.float32)
        return sample


class _ValidationItems(Dataset[dict[str, object]]):
    """Whole images as tensors."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.samples = samples

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> dict[str, object]:
        return to_tensors(self.samples[index], "defocus")


def masked_photographs(folder: Path) -> FolderSamples:
    """The photographs in ``image/`` with the masks of the same stems in ``gt/``.

    Raises:
        InputError: a folder is missing or empty, or a photograph has no mask.
    """
    images = list_images(folder / "image")
    masks = {path.stem: path for path in list_images(folder / "gt")}
    if alone := [path.name for path in images if path.stem not in masks]:
        raise InputError(
            f"{folder / 'gt'}: no mask for {len(alone)} of the images, such as {alone[0]}. "
            "Expected one of the same name for each, white where blurred"
        )
    return FolderSamples(images, [masks[path.stem] for path in images])


class SyndofDataModule(pl.LightningDataModule):
    """A synthetic data set in any layout, beside real photographs.

    Of each ``held_out_every`` numbers the last is for validation and the one before for test, so
    that a data set may grow without a held-out image being trained on. Where several images show
    one scene, held-out scenes need a folder of their own: ``test_folders``.

    Args:
        folder: what ``dmenet.synthesize`` wrote, or the released SYNDOF data.
        protocol: scores methods on the test sets.
        stored_unit: of the maps, where no ``dataset.json`` says it.
        test_folders: other data sets, by the names of their test sets.
        real: has ``image/`` and ``gt/`` (white where blurred), for the domain "real".
        unlabelled: a folder of photographs for the domain "unlabelled"; None takes those that come
            with the installed packages.
        domains: the domains to train on; no other is read.
        unit: of the map values that are trained on.
        held_out_every: at least 3.
        crop, batch_size: each training batch has so many crops of so many px of each domain.
        num_workers: processes that read and augment, per domain; 0 does it in this one.
        seed: decides order and augmentation.
    """

    validation_sets = ("synthetic",)

    def __init__(
        self,
        folder: str | Path,
        *,
        protocol: Protocol,
        stored_unit: Unit | None = None,
        test_folders: Mapping[str, str | Path] | None = None,
        real: str | Path | None = None,
        unlabelled: str | Path | None = None,
        domains: Sequence[str] = (),
        unit: Unit = "sigma7",
        held_out_every: int = 10,
        crop: int = 64,
        batch_size: int = 4,
        num_workers: int = 0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if held_out_every < 3:
            raise InputError(f"data.held_out_every is {held_out_every}: expected 3 or more")
        self.folder = Path(folder).expanduser()
        self.protocol = protocol
        self.stored_unit = stored_unit
        self.test_folders = {
            name: Path(path).expanduser() for name, path in (test_folders or {}).items()
        }
        self.real = None if real is None else Path(real).expanduser()
        self.unlabelled = None if unlabelled is None else Path(unlabelled).expanduser()
        self.domains = tuple(domains)
        self.unit: Unit = unit
        self.held_out_every = held_out_every
        self.crop = crop
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.seed = seed

    @cached_property
    def _entries(self) -> list[Entry]:
        return list_entries(self.folder, self.stored_unit)

    def _split(self, *remainders: int) -> SyndofSamples:
        every = self.held_out_every
        chosen = [entry for entry in self._entries if entry.number % every in remainders]
        if not chosen:
            raise InputError(
                f"{self.folder}: {len(self._entries)} images are too few to hold out one of "
                f"{every}: make more, or lower data.held_out_every"
            )
        return SyndofSamples(chosen, self.unit)

    @cached_property
    def _training_samples(self) -> dict[str, Sequence[Sample]]:
        return {domain: self._domain(domain) for domain in self.domains}

    def _domain(self, domain: str) -> Sequence[Sample]:
        if domain == "synthetic":
            return self._split(*range(self.held_out_every - 2))
        if domain == "real":
            if self.real is None:
                raise InputError(
                    "data.real is not given, but the model learns from real photographs with "
                    "masks: give a folder with image/ and gt/, or train without S "
                    "(subnetworks=b, for example)"
                )
            return masked_photographs(self.real)
        if self.unlabelled is None:
            return FolderSamples(photographs.paths(photographs.UNLABELLED))
        return FolderSamples(list_images(self.unlabelled))

    @cached_property
    def test_sets(self) -> dict[str, Sequence[Sample]]:
        """Samples never trained on, by the name of their set."""
        others = {
            name: SyndofSamples(list_entries(folder, self.stored_unit), self.unit)
            for name, folder in self.test_folders.items()
        }
        return {"synthetic": self._split(self.held_out_every - 2), **others}

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

    def val_dataloader(self) -> list[DataLoader[dict[str, object]]]:
        """Whole images of ``validation_sets``, one at a time."""
        items = _ValidationItems(self._split(self.held_out_every - 1))
        return [DataLoader(items, batch_size=1, num_workers=self.num_workers)]
