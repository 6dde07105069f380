"""What each of two processes does, in a file that spawned processes can import."""

from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor

from dmenet.metrics.detection import BlurDetection
from dmenet.metrics.regression import DefocusMapErrors

METRICS = (DefocusMapErrors, BlurDetection)


def every_metric(batches: list[tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
    """What the metrics give for the batches of this process and of those connected to it."""
    values = {}
    for metric in (kind() for kind in METRICS):
        for pred, target in batches:
            metric.update(pred, target)
        values |= metric.compute()
    return values


def compute_on_shard(rank: int, shards: list[list[tuple[Tensor, Tensor]]], folder: Path) -> None:
    """Save to ``<rank>.pt`` what the rank computes, having seen its own batches only."""
    # A file instead of a port: no other process can take it in between.
    rendezvous = (folder / "rendezvous").as_uri()
    dist.init_process_group("gloo", init_method=rendezvous, rank=rank, world_size=len(shards))
    try:
        torch.save(every_metric(shards[rank]), folder / f"{rank}.pt")
    finally:
        dist.destroy_process_group()
