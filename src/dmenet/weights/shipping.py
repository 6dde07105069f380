"""B alone in a safetensors file: how weights are published, and what the package carries."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from dmenet.errors import InputError
from dmenet.files import replacing
from dmenet.networks import BlurNetwork
from dmenet.units import Unit
from dmenet.weights.tensor_files import read_state_dict

SUFFIX = ".safetensors"
KEY = "dmenet"
"""Of the description, JSON, in the metadata of the file."""


def shipped() -> dict[str, Path]:
    """The weights that the package carries: name to file."""
    folder = Path(str(files("dmenet.weights") / "shipped"))
    return {path.stem: path for path in sorted(folder.glob(f"*{SUFFIX}"))}


def weights_file(weights: str | Path) -> Path:
    """The file that a setting ``weights=`` means: a name of ``shipped`` or a path.

    Raises:
        InputError: it is neither. A path with a suffix is left for the reader to look at.
    """
    ours = shipped()
    if str(weights) in ours:
        return ours[str(weights)]
    path = Path(weights).expanduser()
    if not path.suffix and not path.exists():
        raise InputError(
            f"weights={weights}: no such file, nor weights that the package carries "
            f"({', '.join(ours)})"
        )
    return path


def write_half(path: Path, network: BlurNetwork, unit: Unit) -> None:
    """Write B with its convolutions in half precision, and what is needed to build it again.

    Batch norm and biases, few numbers of a wide range, stay in single precision.

    Args:
        path: ``.safetensors``.
        network: B.
        unit: of its map values.
    """
    state: dict[str, Tensor] = {
        name: (tensor.half() if tensor.ndim == 4 else tensor).contiguous()
        for name, tensor in network.state_dict().items()
    }
    description = {"unit": unit, "width": network.width, "variant": network.variant}
    with replacing(path) as temporary:
        # Not save_file, whose files are readable by their owner alone.
        temporary.write_bytes(safetensors.torch.save(state, {KEY: json.dumps(description)}))


def read_description(path: Path) -> dict[str, Any]:
    """What a file of ``write_half`` says of itself: ``unit``, ``width`` and ``variant``.

    Raises:
        InputError: no such file, or it does not describe a network.
    """
    if not path.is_file():
        raise InputError(f"no weights at {path}: expected a file")
    try:
        with safe_open(path, framework="pt") as file:
            description = json.loads((file.metadata() or {})[KEY])
            return {key: description[key] for key in ("unit", "width", "variant")}
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path} is not a file of B's weights that describes itself, as dmenet writes them "
            f"({type(error).__name__}: {error})"
        ) from error


def read_single(path: Path) -> dict[str, Tensor]:
    """B's state dict of a file of ``write_half``, in single precision."""
    state = read_state_dict(path)
    return {name: t.float() if t.is_floating_point() else t for name, t in state.items()}
