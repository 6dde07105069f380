"""Rates, averaged weights, and the steps of several optimisers with one loss scale."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import WeightAveraging
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from dmenet.errors import NonFiniteLossError
from dmenet.ranges import Share

FLOAT16 = "16-mixed"
BFLOAT16 = "bf16-mixed"
FLOAT32 = "32-true"


class PlaceInStep(NamedTuple):
    """The place of a batch among those that share a step."""

    begins: bool
    ends: bool
    size: int


def place_in_step(trainer: pl.Trainer, batch_idx: int, batches: int) -> PlaceInStep:
    """That of a batch where so many share a step, fewer at the end of an epoch."""
    position = batch_idx % batches
    left = trainer.num_training_batches - (batch_idx - position)
    size = int(min(batches, left))
    return PlaceInStep(position == 0, position + 1 == size, size)


def warm_cosine(step: int, steps: float, warm_up_steps: int) -> float:
    """Share of the rate at a step: linear growth, times half a cosine from 1 to 0.01."""
    growth = min(1.0, (step + 1) / (warm_up_steps + 1))
    progress = min(1.0, step / max(1.0, steps))
    return growth * (0.01 + 0.99 * (0.5 + 0.5 * math.cos(math.pi * progress)))


def parameter_groups(
    parts: Sequence[nn.Module | None], apart: nn.Module | None = None, rate: float | None = None
) -> list[dict[str, Any]]:
    """All of the parts that learns; what is ``apart`` of it in a group with a rate of its own."""
    learns = [p for part in parts if part is not None for p in part.parameters() if p.requires_grad]
    own = set() if apart is None else set(apart.parameters())
    groups: list[dict[str, Any]] = [{"params": [p for p in learns if p not in own]}]
    if own:
        groups.append({"params": [p for p in learns if p in own], "lr": rate})
    return groups


def checked_gradient_norm(
    parameters: Sequence[Tensor], terms: Mapping[str, Tensor], trainer: pl.Trainer
) -> Tensor:
    """Norm of the gradient that a step would take, which would spoil the weights if not finite.

    In float16 the scaler skips a step whose gradient overflowed, so that only losses are looked at.

    Raises:
        NonFiniteLossError: a loss, or the norm, is infinite or not a number.
    """
    norm = nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
    checked = [*terms.values(), *([] if trainer.precision == FLOAT16 else [norm])]
    if torch.stack(checked).isfinite().all():
        return norm
    bad = [f"{name} is {t.item():g}" for name, t in terms.items() if not t.isfinite()]
    what = "loss " + " and ".join(bad) if bad else f"gradient of {' + '.join(terms)}: {norm:g}"
    raise NonFiniteLossError(
        f"{what} at step {trainer.global_step} (epoch {trainer.current_epoch}). The weights are "
        "not touched by it, the last checkpoint stays; a smaller model.learning_rate may help"
    )


@contextmanager
def loss_scale_kept(trainer: pl.Trainer) -> Iterator[None]:
    """Leave float16's loss scale as it is until the last optimiser of a batch has stepped too.

    Gradients that earlier batches of the step left are scaled by it. torch asks for one update
    after the steps of all optimisers, but Lightning updates after each.
    """
    scaler = getattr(trainer.precision_plugin, "scaler", None)
    if scaler is None:
        yield
        return
    scaler.update = lambda: None
    try:
        yield
    finally:
        del scaler.update


def weight_averaging(decay: Share) -> WeightAveraging:
    """The callback that keeps the exponential moving average of all weights.

    It interpolates, so that what does not change stays exactly as it is.

    Args:
        decay: what is left of the average in a step.
    """
    average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return WeightAveraging(multi_avg_fn=average)
