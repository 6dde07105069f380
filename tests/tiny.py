"""A network and a data set small enough for tests of whole runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
from pytorch_lightning.utilities.combined_loader import CombinedLoader
from torch.utils.data import DataLoader

from dmenet.data.domain_mix import domain_mix, to_tensors
from dmenet.data.sampling import position_in_training
from dmenet.networks import (
    AuxiliaryHeads,
    BlurEstimator,
    ContentFeatures,
    PatchDiscriminator,
    SharpnessCalibrator,
)
from dmenet.sample import Sample
from dmenet.training import DMENet
from official import PAPER_WEIGHTS

WIDTH = 0.03


def tiny_model(parts: str = "bdcs", auxiliary: bool = True, **settings: Any) -> DMENet:
    """B and the other subnetworks named by their letters."""
    return DMENet(
        BlurEstimator(WIDTH),
        unit="sigma7",
        auxiliary=AuxiliaryHeads(WIDTH) if auxiliary else None,
        domain_adaptation=PatchDiscriminator(WIDTH) if "d" in parts else None,
        content_preservation=ContentFeatures(WIDTH) if "c" in parts else None,
        sharpness_calibration=SharpnessCalibrator(1, WIDTH) if "s" in parts else None,
        **{"loss_weights": PAPER_WEIGHTS, **settings},
    )


def noise_samples(count: int, seed: int) -> list[Sample]:
    """Images of noise with maps of noise."""
    rng = np.random.default_rng(seed)
    return [
        {
            "name": str(i),
            "image": rng.random((40, 40, 3), np.float32),
            "sigma_px": 7 * rng.random((40, 40), np.float32),
            "defocus": rng.random((40, 40), np.float32),
            "mask": (rng.random((40, 40)) > 0.5).astype(np.float32),
        }
        for i in range(count)
    ]


class TinyData(pl.LightningDataModule):
    """Three domains of noise; four batches an epoch."""

    validation_sets = ("noise",)

    def __init__(
        self,
        domains: Sequence[str],
        num_workers: int = 0,
        batch_size: int = 2,
        reblur: bool = False,
    ) -> None:
        super().__init__()
        everything = {
            domain: noise_samples(count, seed)
            for seed, (domain, count) in enumerate(
                {"synthetic": 8, "real": 3, "unlabelled": 5}.items()
            )
        }
        self.samples = {domain: everything[domain] for domain in domains}
        self.num_workers = num_workers
        self.batch_size = batch_size
        self.reblur = reblur

    def train_dataloader(self) -> CombinedLoader:
        assert self.trainer is not None
        epoch, batch = position_in_training(self.trainer)
        return domain_mix(
            self.samples,
            crop=32,
            batch_size=self.batch_size,
            seed=0,
            reblur_unlabelled=self.reblur,
            num_workers=self.num_workers,
            epoch=epoch,
            batch=batch,
            rank=self.trainer.global_rank,
            ranks=self.trainer.world_size,
        )

    def val_dataloader(self) -> list[DataLoader[Any]]:
        samples = noise_samples(2, seed=9)
        items = [
            to_tensors(s, "defocus") | {"mask": to_tensors(s, "mask")["mask"]} for s in samples
        ]
        return [DataLoader(items, batch_size=1)]  # type: ignore[arg-type]


def tiny_trainer(
    folder: Path, callbacks: Sequence[pl.Callback] = (), **settings: Any
) -> pl.Trainer:
    """A trainer that is silent and writes nothing unless asked to."""
    return pl.Trainer(
        **{
            "accelerator": "cpu",
            "max_epochs": 1,
            "logger": False,
            "enable_checkpointing": any(isinstance(c, pl.callbacks.Checkpoint) for c in callbacks),
            "enable_progress_bar": False,
            "enable_model_summary": False,
            "num_sanity_val_steps": 0,
            "use_distributed_sampler": False,
            "default_root_dir": folder,
            "callbacks": list(callbacks),
            **settings,
        }
    )
