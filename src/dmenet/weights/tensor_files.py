"""Files of tensors, read so that none of them can execute code."""

import re
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from dmenet.errors import InputError


def read_torch(path: Path) -> dict[str, Any]:
    """Read a file that ``torch.save`` wrote, tensors and plain containers only.

    Raises:
        InputError: no such file, not a torch file, or something in it would have to be executed.
    """
    if not path.is_file():
        raise InputError(f"no checkpoint at {path}: expected a file")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # on bytes that are no pickle the reader raises about every kind
        raise InputError(
            f"{path} is not a checkpoint that can be read safely: {_reason(error)}. Expected "
            "tensors and plain values written by torch.save"
        ) from error
    if not isinstance(content, dict):
        raise InputError(f"{path} holds a {type(content).__name__}: expected a dictionary")
    return content


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Read a state dict from a ``.safetensors`` or a torch file.

    Raises:
        InputError: as ``read_torch``, or some entries are not tensors.
    """
    if path.suffix == ".safetensors":
        if not path.is_file():
            raise InputError(f"no weights at {path}: expected a file")
        try:
            return safetensors.torch.load_file(path)
        except SafetensorError as error:
            raise InputError(f"{path} is not a safetensors file ({error})") from error
    state = read_torch(path)
    if odd := [key for key, value in state.items() if not isinstance(value, Tensor)]:
        raise InputError(f"{path} is not a state dict: its entry {odd[0]!r} is not a tensor")
    return state


def _reason(error: Exception) -> str:
    """Why a file is refused. PyTorch's own words advise to read it unsafely."""
    if named := re.search(r"GLOBAL (\S+)", str(error)):
        return f"it holds {named[1]}, which is code, and nothing in it is run"
    return "it is cut short, damaged or of another kind; copy it again"
