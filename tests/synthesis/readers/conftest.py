"""Where real data is."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def real() -> Callable[[str], Path]:
    """A folder of the real data, from the environment variable ``DMENET_DATA``."""

    def folder(name: str) -> Path:
        root = os.environ.get("DMENET_DATA")
        if root is None:
            pytest.skip("DMENET_DATA is not set: no real photographs with depth to read")
        path = Path(root) / "rgbd" / name
        if not path.is_dir():
            pytest.skip(f"DMENET_DATA has no rgbd/{name}")
        return path

    return folder
