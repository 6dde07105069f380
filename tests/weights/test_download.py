"""VGG19's weights from a server: right, wrong, and none."""

import hashlib
import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import torch

from dmenet.errors import InputError
from dmenet.weights import vgg19


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file on a local server, which is taken for torchvision's."""
    (tmp_path / "server").mkdir()
    file = tmp_path / "server" / "vgg19-dcbb9e9d.pth"
    file.write_bytes(b"weights")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(file.parent))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(vgg19, "URL", f"http://127.0.0.1:{server.server_port}/{file.name}")
    monkeypatch.setattr(vgg19, "SHA256_BEGINS", hashlib.sha256(b"weights").hexdigest()[:8])
    before = torch.hub.get_dir()
    torch.hub.set_dir(str(tmp_path / "hub"))
    yield file
    torch.hub.set_dir(before)
    server.shutdown()
    server.server_close()


def test_the_file_comes_once(served: Path) -> None:
    path = vgg19.downloaded_vgg19()
    assert path.read_bytes() == b"weights"
    served.unlink()
    assert vgg19.downloaded_vgg19() == path


def test_a_file_of_another_checksum_is_refused(served: Path, tmp_path: Path) -> None:
    served.write_bytes(b"something else")
    with pytest.raises(InputError, match=r"vgg19=download.*hash"):
        vgg19.downloaded_vgg19()
    assert not [p for p in (tmp_path / "hub").rglob("*") if p.is_file()]


def test_no_server_is_one_line(
    served: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(vgg19, "URL", "http://127.0.0.1:9/vgg19-dcbb9e9d.pth")
    with pytest.raises(
        InputError, match=r"could not be downloaded.*initial_weights.vgg19=FILE"
    ) as e:
        vgg19.downloaded_vgg19()
    assert "\n" not in str(e.value)
