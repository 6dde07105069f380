"""What ``dmenet train`` refuses before it trains."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl

from dmenet.commands.train import check_strategy
from dmenet.errors import InputError


@pytest.mark.parametrize(
    "settings", [{"devices": 2}, {"devices": 2, "strategy": "ddp_spawn"}, {"strategy": "ddp"}]
)
def test_a_strategy_that_would_fail_is_refused(settings: dict[str, Any], tmp_path: Path) -> None:
    trainer = pl.Trainer(accelerator="cpu", default_root_dir=tmp_path, logger=False, **settings)
    with pytest.raises(InputError, match=r"trainer=ddp_cpu trainer\.devices=2"):
        check_strategy(trainer)


@pytest.mark.parametrize(
    "settings", [{"devices": 1}, {"devices": 2, "strategy": "ddp_find_unused_parameters_true"}]
)
def test_strategies_that_work(settings: dict[str, Any], tmp_path: Path) -> None:
    check_strategy(
        pl.Trainer(accelerator="cpu", default_root_dir=tmp_path, logger=False, **settings)
    )


def test_ctrl_c_during_imports_shows_no_traceback() -> None:
    script = "import dmenet.commands; raise KeyboardInterrupt"
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert done.stderr == "\ninterrupted\n"
    assert done.returncode != 0
