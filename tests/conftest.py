"""Fixtures of several folders of tests."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings
from torch import nn

from official import official_networks, official_weights

# How long an example takes says nothing on a machine that others use too.
settings.register_profile("dmenet", deadline=None)
settings.load_profile("dmenet")
# Sums depend on the number of threads, and some tests compare runs bit by bit across processes.
torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Noisy images that a test makes would take the place of those of an evaluation beside it."""
    os.environ["DMENET_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def official_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint in the released format, with made-up weights."""
    path = tmp_path_factory.mktemp("official") / "DMENet_BDCS.npz"
    np.savez(path, **official_weights())
    return path


@pytest.fixture
def official(official_checkpoint: Path) -> dict[str, nn.Module]:
    """B, its heads, C, D and S with the weights of ``official_checkpoint``, in evaluation mode."""
    return {
        name: network.eval() for name, network in official_networks(official_checkpoint).items()
    }


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Every test starts from the same global random state."""
    torch.manual_seed(0)
