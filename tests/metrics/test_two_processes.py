import importlib
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.multiprocessing import spawn


def batch(size: int, height: int, width: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    pred = torch.rand(size, 1, height, width, generator=generator)
    mask = (torch.rand(size, 1, height, width, generator=generator) < 0.4).float()
    mask[0] *= seed % 2  # the first image of every other batch is all sharp
    return pred, mask


def test_uneven_shards_equal_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    two_ranks = importlib.import_module("two_ranks")
    shards = [[batch(3, 8, 9, 0), batch(1, 5, 4, 1), batch(2, 6, 6, 2)], [batch(2, 8, 9, 3)]]
    expected = two_ranks.every_metric(shards[0] + shards[1])
    spawn(two_ranks.compute_on_shard, args=(shards, tmp_path), nprocs=2)
    for rank in range(2):
        values = torch.load(tmp_path / f"{rank}.pt")
        torch.testing.assert_close(values, expected, rtol=1e-14, atol=0)
    assert expected["images_without_ap"] == 2
