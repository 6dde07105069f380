"""Files of tensors from strangers: read as data or refused by name."""

import os
import pickle
from pathlib import Path

import pytest
import torch

from dmenet.errors import InputError
from dmenet.weights.checkpoint import load_blur_estimator
from dmenet.weights.tensor_files import read_state_dict, read_torch


class Malicious:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (os.mkdir, ("executed",))


def test_code_is_not_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": Malicious()}, "model.ckpt")
    Path("bare.ckpt").write_bytes(pickle.dumps(Malicious()))
    for name in ("model.ckpt", "bare.ckpt"):
        with pytest.raises(
            InputError, match=rf"{name} is not a checkpoint that can be read safely"
        ):
            load_blur_estimator(Path(name))
    assert not Path("executed").exists()


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04"])
def test_what_is_no_checkpoint(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "last.ckpt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"last.ckpt is not a checkpoint"):
        read_torch(path)


def test_a_checkpoint_of_something_else(tmp_path: Path) -> None:
    torch.save({"state_dict": {}}, tmp_path / "other.ckpt")
    with pytest.raises(InputError, match=r"other.ckpt is not a checkpoint of dmenet"):
        load_blur_estimator(tmp_path / "other.ckpt")


def test_no_file(tmp_path: Path) -> None:
    for name in ("a.ckpt", "a.safetensors"):
        with pytest.raises(InputError, match=r"expected a file"):
            read_state_dict(tmp_path / name)


def test_no_dictionary(tmp_path: Path) -> None:
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(InputError, match=r"holds a list"):
        read_torch(tmp_path / "list.pt")


def test_a_broken_safetensors_file(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"\0" * 20)
    with pytest.raises(InputError, match=r"a.safetensors is not a safetensors file"):
        read_state_dict(tmp_path / "a.safetensors")


def test_a_truncated_checkpoint_is_said_to_be_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    torch.save({"state_dict": {"a": torch.zeros(1000)}}, path)
    data = path.read_bytes()
    for length in (1, 100, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:length])
        with pytest.raises(InputError, match="cut short, damaged or of another kind"):
            read_torch(path)


def test_nobody_is_told_to_read_code(tmp_path: Path) -> None:
    path = tmp_path / "model.ckpt"
    torch.save({"state_dict": Malicious()}, path)
    with pytest.raises(InputError, match=r"holds \w+\.mkdir, which is code") as caught:
        read_torch(path)
    assert "weights_only" not in str(caught.value)
