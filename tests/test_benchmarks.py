"""Benchmarks take minutes and are run by hand; here, that the code that they measure is there."""

import os
import runpy
from importlib import import_module
from pathlib import Path

import pytest
import torch

FOLDER = Path(__file__).parents[1] / "benchmarks"
BENCHMARKS = sorted(FOLDER.glob("*.py"))


@pytest.mark.parametrize("path", BENCHMARKS, ids=lambda path: path.stem)
def test_what_a_benchmark_measures_exists(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(path.parent)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    runpy.run_path(str(path), run_name="imported")


def test_what_a_gpu_is_measured_by_runs_on_a_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    monkeypatch.setattr(os, "environ", os.environ | {"PYTHONPATH": str(Path(__file__).parent)})
    monkeypatch.setenv("DMENET_CACHE", str(tmp_path))
    gpu = import_module("gpu")
    # A CPU multiplies float16 too slowly, and trains in the same way in each precision.
    monkeypatch.setattr(gpu, "TRAINER_PRECISIONS", {"float32": "32-true"})
    inputs = gpu.Inputs(
        cases={"tiny": gpu.Case(0.03, "official", 2, 32)},
        size=(64, 96),
        photographs=2,
        processes=[2],
        steps=4,
        training=(
            "model.blur_estimation.width=0.03",
            "data.generate._target_=fake_embedded.generate",
            "data.crop=32",
            "data.batch_size=2",
        ),
    )
    lines = gpu.table(inputs, "cpu", "no card").splitlines()
    assert lines[0] == "| seconds on no card | float32 |"
    assert len(lines) == 8
    assert all(float(line.split("|")[2]) > 0 for line in lines[2:])


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")
def test_without_a_card_a_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    import_module("gpu").main()
    assert capsys.readouterr().out.startswith("No CUDA card here")
