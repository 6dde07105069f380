"""``dmenet datasets``, run as a user runs it."""

import zipfile
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import open_dict

import made_cuhk
import made_rtf
from dmenet.commands.datasets import main
from dmenet.commands.hydra.composing import configuration_root
from forked import run_command


def datasets(folder: Path, *overrides: str) -> CompletedProcess[str]:
    places = {"DMENET_DATA": str(folder / "data"), "DMENET_CACHE": str(folder / "cache")}
    done = run_command(folder, "datasets", "hydra.run.dir=run", *overrides, environment=places)
    assert "Traceback" not in done.stderr
    return done


def test_status_of_all(tmp_path: Path) -> None:
    made_cuhk.generate(tmp_path / "data/cuhk", range(1, 6))
    made_rtf.generate(tmp_path / "data/rtf", [1, 2])
    (tmp_path / "data/rtf/gt/0/map_02.mat").write_bytes(b"damaged")
    done = datasets(tmp_path)
    words = {
        line.partition(":")[0]: line.split()[1].rstrip(",")
        for line in done.stdout.splitlines()
        if not line.startswith(" ")
    }
    # One of each file of conf/data.
    assert words == {
        "authors": "incomplete",
        "cuhk": "incomplete",
        "embedded": "incomplete",
        "paper": "incomplete",
        "reblur": "ready",
        "rgbd": "absent",
        "rtf": "wrong",
        "syndof": "absent",
        "unlabelled": "absent",
    }
    assert "masks: white is the blurred side in 5 of 5" in done.stdout
    assert "wrong: " in done.stdout
    assert f"{tmp_path}/data/rtf/gt/0/map_02.mat: cannot be read" in done.stdout
    # Absent ones are no fault, damaged ones are.
    assert done.returncode == 2
    assert "not in order: rtf" in done.stderr
    assert not (tmp_path / "cache").exists()


def run(*overrides: str) -> None:
    """The command, in this process."""
    with initialize_config_dir(str(configuration_root() / "conf"), version_base="1.3"):
        configuration = compose("datasets", list(overrides), return_hydra_config=True)
        HydraConfig.instance().set_config(configuration)
        with open_dict(configuration):
            del configuration["hydra"]
        main(configuration)  # type: ignore[call-arg]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DMENET_DATA", "data")
    monkeypatch.setenv("DMENET_CACHE", "cache")
    return tmp_path


def test_prepare_unpacks_and_checks(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made_rtf.generate(here / "published", [1, 2])
    with zipfile.ZipFile(here / "published.zip", "w") as archive:
        for path in (here / "published").rglob("*.*"):
            archive.write(path, f"datasets/test/RTF/{path.relative_to(here / 'published')}")
    run("action=prepare", "data=rtf", "data.archive=published.zip")
    assert (here / "data/rtf/image/0/image_02.png").is_file()
    shown = capsys.readouterr().out
    assert "rtf: incomplete" in shown
    assert "noise 0: 2 images of 22" in shown
    assert "noise 1.6: added to 2 images as they are read" in shown


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["data=cuhk", "action=prepare"], "data/cuhk: no such folder. Expected image/"),
        (["data=rgbd"], "data/rgbd/nyuv2"),
        (["action=look"], "action=look: expected 'status' or 'prepare'"),
    ],
)
def test_what_is_named_must_be_there(
    here: Path, capsys: pytest.CaptureFixture[str], overrides: list[str], told: str
) -> None:
    with pytest.raises(SystemExit) as exit_:
        run(*overrides)
    assert exit_.value.code == 2
    shown = capsys.readouterr()
    assert told in shown.out + shown.err
