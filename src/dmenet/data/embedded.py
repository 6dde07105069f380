"""The embedded data set: made on first use from what the installed packages carry.

Synthetic domain: dead-leaves scenes with their defocus maps. Real labelled domain: the Motorcycle
photograph (Middlebury 2014) refocused, with masks. Unlabelled domain: photographs. Test images are
other scenes and another part of the Motorcycle photograph, so that no test pixel is trained on.
"""

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
from pytorch_lightning.utilities.combined_loader import CombinedLoader
from torch.utils.data import DataLoader

from dmenet.data import photographs
from dmenet.data.domain_mix import domain_mix, to_tensors
from dmenet.data.images import read_image, read_sigma_tiff
from dmenet.data.sample import Sample, SamplesInMemory
from dmenet.errors import InputError
from dmenet.metrics.protocols import Protocol
from dmenet.units import BLURRED_ABOVE_SIGMA_PX, Unit, map_from_sigma_px

VALIDATION_SCENES = 8
"""The last so many synthetic training scenes are kept for validation."""


def read_rendering(path: Path, unit: Unit) -> Sample:
    """Read an image and its sigma map, as ``dmenet.synthesis.writing`` writes them.

    Args:
        path: the ``*_image.png`` file; its map lies beside it.
        unit: of the map values.

    Raises:
        InputError: a file is missing or damaged, or the two differ in size.
    """
    stem = path.name.removesuffix("_image.png")
    map_path = path.with_name(f"{stem}_sigma_px.tiff")
    image, sigma_px = read_image(path), read_sigma_tiff(map_path)
    if image.shape[:2] != sigma_px.shape:
        raise InputError(
            f"{path} has {image.shape[:2]} rows and columns but {map_path} has {sigma_px.shape}: "
            "expected a pair of one size; delete both, they are made again"
        )
    return {
        "name": stem,
        "image": image,
        "sigma_px": sigma_px,
        "defocus": map_from_sigma_px(sigma_px, unit),
        "mask": (sigma_px > BLURRED_ABOVE_SIGMA_PX).astype(np.float32),
    }


def read_photograph(path: Path) -> Sample:
    """A photograph of which nothing is known."""
    return {"name": path.stem, "image": read_image(path)}


class EmbeddedDataModule(pl.LightningDataModule):
    """The embedded data set for training, validation and test.

    Args:
        folder: where it is kept.
        generate: makes in ``folder`` whatever of the data set is missing.
        protocol: scores methods on the test sets.
        domains: the domains to train on; no other is read.
        unit: of the map values.
        crop, batch_size: each training batch has so many crops of so many px of each domain.
        num_workers: processes that read and augment, per domain; 0 does it in this one.
        seed: decides order and augmentation.
    """

    validation_sets = ("synthetic",)

    def __init__(
        self,
        folder: str | Path,
        *,
        generate: Callable[[Path], None],
        protocol: Protocol,
        domains: Sequence[str] = (),
        unit: Unit = "sigma7",
        crop: int = 64,
        batch_size: int = 4,
        num_workers: int = 0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.folder = Path(folder).expanduser()
        self.generate = generate
        self.protocol = protocol
        self.domains = tuple(domains)
        self.unit: Unit = unit
        self.crop = crop
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.seed = seed

    def prepare_data(self) -> None:
        """Make what is missing of the data set."""
        self.generate(self.folder)

    def _renderings(self, part: str) -> list[Path]:
        return sorted((self.folder / part).glob("*_image.png"))

    def _rendered(self, images: Sequence[Path]) -> SamplesInMemory:
        return SamplesInMemory(images, partial(read_rendering, unit=self.unit))

    @cached_property
    def _training_samples(self) -> dict[str, Sequence[Sample]]:
        scenes = self._renderings("synthetic/train")[:-VALIDATION_SCENES]
        samples: dict[str, Sequence[Sample]] = {
            "synthetic": self._rendered(scenes),
            "real": self._rendered(self._renderings("motorcycle/train")),
            "unlabelled": SamplesInMemory(
                photographs.paths(photographs.UNLABELLED), read_photograph
            ),
        }
        return {domain: samples[domain] for domain in self.domains}

    @cached_property
    def test_sets(self) -> dict[str, Sequence[Sample]]:
        """Samples never trained on, by the name of their set."""
        return {
            name: self._rendered(self._renderings(f"{name}/test"))
            for name in ("synthetic", "motorcycle")
        }

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
        scenes = self._renderings("synthetic/train")[-VALIDATION_SCENES:]
        items = [to_tensors(sample, "defocus") for sample in self._rendered(scenes)]
        return [DataLoader(items, batch_size=1)]  # type: ignore[arg-type]
