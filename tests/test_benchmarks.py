"""Benchmarks take minutes and are run by hand; here, that the code that they measure is there."""

import os
import runpy
from pathlib import Path

import pytest

BENCHMARKS = sorted((Path(__file__).parents[1] / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_what_a_benchmark_measures_exists(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(path.parent)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    runpy.run_path(str(path), run_name="imported")
