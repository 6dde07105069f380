"""``dmenet web`` without a browser: what it serves, and what is wrong in one line."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from dmenet.commands import web

pytest.importorskip("gradio", reason="the extra `web` is not installed")


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["dmenet", f"hydra.run.dir={folder}/run", *words])
    web.main()


def test_it_serves_the_methods_of_its_configuration(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    served = {}
    monkeypatch.setattr(
        "dmenet.web.server.application",
        lambda methods, limit_mb, folder: served.update(methods, limit_mb=limit_mb, folder=folder),
    )
    monkeypatch.setattr("dmenet.web.server.serve", lambda app, listening: None)
    run(monkeypatch, tmp_path, "port=0", "upload_limit_mb=7")
    assert "http://127.0.0.1:" in capsys.readouterr().out
    assert served.pop("limit_mb") == 7
    assert not served.pop("folder").exists()
    assert next(iter(served)) == "dmenet"
    assert len(served) > 2
    estimate = served["dmenet"]()(np.zeros((32, 48, 3), np.float32))
    assert estimate.sigma_px.shape == (32, 48)


def test_a_port_in_use_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from dmenet.web.server import listen

    monkeypatch.setattr("dmenet.web.server.application", lambda *_: None)
    with listen("127.0.0.1", 0) as taken, pytest.raises(SystemExit) as exit_:
        run(monkeypatch, tmp_path, f"port={taken.getsockname()[1]}")
    assert exit_.value.code == 2
    assert "cannot be listened on: Address already in use" in capsys.readouterr().err


def test_without_gradio_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        web, "find_spec", lambda name: None if name == "gradio" else find_spec(name)
    )
    with pytest.raises(SystemExit):
        run(monkeypatch, tmp_path)
    assert "pip install 'dmenet[web]'" in capsys.readouterr().err
