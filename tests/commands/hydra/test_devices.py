"""Workers on one machine take a GPU each."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hydra.types import RunMode
from omegaconf import OmegaConf

from dmenet.commands.hydra import devices
from dmenet.commands.hydra.devices import VISIBLE, ClaimDevice
from dmenet.errors import InputError


@pytest.fixture(autouse=True)
def no_claim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv(VISIBLE, "4,7")
    yield
    if ClaimDevice.claim is not None:
        ClaimDevice.claim.close()
        ClaimDevice.claim = None


def claim(launcher: str = "hydra_plugins.joblib.JoblibLauncher", mode: str = "MULTIRUN") -> None:
    configuration = {"hydra": {"mode": RunMode[mode], "launcher": {"_target_": launcher}}}
    ClaimDevice().on_job_start(OmegaConf.create(configuration))


def test_jobs_one_after_the_other_share_all_devices() -> None:
    claim(launcher="hydra._internal.core_plugins.basic_launcher.BasicLauncher")
    claim(mode="RUN")
    assert os.environ[VISIBLE] == "4,7"


def test_a_worker_keeps_its_device_for_all_of_its_jobs() -> None:
    claim()
    assert os.environ[VISIBLE] == "4"
    claim()
    assert os.environ[VISIBLE] == "4"


def test_devices_of_other_workers_are_left_to_them() -> None:
    # A lock belongs to the open file: to this process, another opening is another worker's.
    with devices._lock_file("4").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        claim()
        assert os.environ[VISIBLE] == "7"


def test_more_workers_than_devices() -> None:
    with devices._lock_file("4").open("w") as one, devices._lock_file("7").open("w") as two:
        fcntl.flock(one, fcntl.LOCK_EX)
        fcntl.flock(two, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="n_jobs=2"):
            claim()


def test_without_gpus_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VISIBLE, "")
    claim()
    assert os.environ[VISIBLE] == ""
