"""Batches as a pure function of the seed and the batch's number."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dmenet.data.sampling import Key, StreamSampler

SIZES = st.integers(1, 30)
BATCH_SIZES = st.integers(1, 7)


def stream(sampler: StreamSampler, epochs: int) -> list[list[Key]]:
    return [batch for _ in range(epochs) for batch in sampler]


@given(SIZES, BATCH_SIZES, st.integers(0, 5))
def test_every_pass_sees_every_sample_once(size: int, batch_size: int, seed: int) -> None:
    per_epoch = max(1, size // batch_size)
    keys = [key for b in stream(StreamSampler(size, batch_size, per_epoch, seed), 5) for key in b]
    complete = len(keys) // size
    counts = Counter(key for key in keys if key[0] < complete)
    assert counts == Counter((p, i) for p in range(complete) for i in range(size))


@given(SIZES, BATCH_SIZES, st.integers(0, 11))
def test_a_sampler_started_later_goes_on(size: int, batch_size: int, first: int) -> None:
    whole = stream(StreamSampler(size, batch_size, 4, seed=3), 3)
    epochs_left = 3 - first // 4
    resumed = stream(StreamSampler(size, batch_size, 4, seed=3, first_batch=first), epochs_left)
    assert resumed == whole[first:]


@given(SIZES, BATCH_SIZES)
def test_ranks_share_the_batches_of_one(size: int, batch_size: int) -> None:
    one = stream(StreamSampler(size, 2 * batch_size, 3, seed=1), 2)
    two = [
        stream(StreamSampler(size, batch_size, 3, seed=1, rank=rank, ranks=2), 2) for rank in (0, 1)
    ]
    assert one == [a + b for a, b in zip(*two, strict=True)]


def test_an_abandoned_epoch_is_not_repeated() -> None:
    sampler = StreamSampler(40, 2, 10, seed=0)
    next(iter(sampler))
    assert next(iter(sampler)) == stream(StreamSampler(40, 2, 10, seed=0), 2)[10]


def test_passes_and_seeds_differ() -> None:
    first, second = stream(StreamSampler(50, 50, 1, seed=0), 2)
    assert [i for _, i in first] != [i for _, i in second]
    assert first != stream(StreamSampler(50, 50, 1, seed=1), 1)[0]
