"""Which samples make up which batch: a pure function of the seed and the batch's number."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytorch_lightning as pl
from torch.utils.data import Sampler

Key = tuple[int, int]
"""(pass, index): the sample at ``index``, augmented as in that pass over its data set."""


class StreamSampler(Sampler[list[Key]]):
    """Cuts an endless stream of shuffled passes over a data set into batches and epochs.

    Nothing is drawn from a global generator and nothing but the next batch's number is remembered,
    so that workers, ranks and interruptions do not change what is trained on. A pass whose size is
    not a multiple of the batch goes on in the next batch: it sees each sample exactly once.

    Args:
        size: number of samples of the data set.
        batch_size: per rank.
        batches_per_epoch: length of an iteration; the next one continues after it.
        seed: decides the order of every pass.
        first_batch: where to start, counted over all epochs.
        rank, ranks: this process takes its share of every global batch.
        repeats: whether every epoch is the first one again.
    """

    def __init__(
        self,
        size: int,
        batch_size: int,
        batches_per_epoch: int,
        seed: int,
        first_batch: int = 0,
        rank: int = 0,
        ranks: int = 1,
        repeats: bool = False,
    ) -> None:
        self.size = size
        self.batch_size = batch_size
        self.batches_per_epoch = batches_per_epoch
        self.seed = seed
        self.next_batch = first_batch
        self.rank = rank
        self.ranks = ranks
        self.repeats = repeats

    def __len__(self) -> int:
        return self.batches_per_epoch

    def __iter__(self) -> Iterator[list[Key]]:
        # A generator, because loaders with workers call iter() twice before they take a batch.
        start = self.next_batch
        stop = (start // self.batches_per_epoch + 1) * self.batches_per_epoch
        self.next_batch = 0 if self.repeats else stop
        order_of, order = -1, np.empty(0, np.int64)
        for batch in range(start, stop):
            keys = []
            first = (batch * self.ranks + self.rank) * self.batch_size
            for position in range(first, first + self.batch_size):
                pass_, offset = divmod(position, self.size)
                if pass_ != order_of:
                    order_of = pass_
                    order = np.random.default_rng([self.seed, pass_]).permutation(self.size)
                keys.append((pass_, int(order[offset])))
            yield keys


def position_in_training(trainer: pl.Trainer) -> tuple[int, int]:
    """The epoch that a trainer is in or begins next, and how many of its batches are done."""
    epochs: Any = trainer.fit_loop.epoch_progress.current
    within = epochs.ready > epochs.processed
    batches: Any = trainer.fit_loop.epoch_loop.batch_progress.current
    return epochs.processed, batches.processed if within else 0


def is_within_epoch(trainer: pl.Trainer) -> bool:
    """Whether batches of the epoch are left: also where a limit of steps or time ends the run."""
    done: int = trainer.fit_loop.epoch_loop.batch_progress.current.ready
    return done < trainer.num_training_batches
