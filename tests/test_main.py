"""``dmenet COMMAND ...``: what it says, and what it becomes."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from dmenet import __main__
from dmenet.__main__ import descriptions, main


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command that the process would become."""
    became: list[str] = []
    monkeypatch.setattr(os, "execv", lambda _, arguments: became.extend(arguments))
    return became


def dmenet(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["dmenet", *words])
    main()


def test_a_command_becomes_its_module(run: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    dmenet(monkeypatch, "predict", "a b.jpg", "folder/", "weights=w.ckpt")
    assert run == [
        sys.executable, "-m", "dmenet.commands.predict", "weights=w.ckpt",
        'input=["a b.jpg","folder/"]',
    ]  # fmt: skip


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_every_command(
    flag: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dmenet(monkeypatch, flag)
    said = capsys.readouterr().out
    modules = (Path(__main__.__file__).parent / "commands").glob("[!_]*.py")
    assert set(descriptions()) == {path.stem for path in modules}
    for name, line in descriptions().items():
        assert line, name
        assert not line.startswith("`"), line
        assert f"  {name} " in said
        assert line in said


def test_each_module_of_commands_is_a_command() -> None:
    for name in descriptions():
        assert callable(import_module(f"dmenet.commands.{name}").main), name


def test_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    dmenet(monkeypatch, "--version")
    assert capsys.readouterr().out.startswith("dmenet 0.")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("trian",), "trian: no such command; did you mean train?"),
        (("xyz",), "xyz: no such command; commands: contact_sheet, "),
        (("train", "photo.jpg"), "train: 'photo.jpg': this command takes no files"),
    ],
)
def test_what_is_wrong_is_said(
    words: tuple[str, ...],
    message: str,
    run: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as exit_:
        dmenet(monkeypatch, *words)
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err
    assert not run


def completed(line: str) -> list[str]:
    """What the shell is offered at the end of a line."""
    environment = os.environ | {"COMP_LINE": line, "COMP_POINT": str(len(line))}
    command = [sys.executable, "-m", "dmenet", "-sc", "query=bash"]
    return subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout.split()


def test_completion() -> None:
    assert completed("dmenet tr") == list(descriptions())
    assert "subnetworks=" in completed("dmenet train subn")
    assert "subnetworks=bdcs" in completed("dmenet train subnetworks=b")
    assert "weights=" in completed("dmenet predict weig")
    assert completed("dmenet demo ") == []


def test_nothing_heavy_is_imported() -> None:
    script = "import sys, dmenet.__main__ as m; m.descriptions(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    assert not {b"hydra", b"omegaconf", b"numpy", b"torch"} & {*done.stdout.split()}


def test_predict_imports_only_what_it_needs() -> None:
    script = "import sys, dmenet.commands.predict; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    assert not {b"matplotlib", b"pytorch_lightning", b"scipy.stats"} & {*done.stdout.split()}
