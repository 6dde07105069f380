"""B from a file that describes itself: a checkpoint, or weights as they are published."""

from pathlib import Path
from textwrap import shorten
from typing import Any, NamedTuple, get_args

from torch import Tensor, nn

from dmenet.errors import InputError
from dmenet.networks import BlurEstimator, BlurNetwork, blur_estimator
from dmenet.networks.blocks import Variant
from dmenet.units import UNITS, Unit
from dmenet.weights.released import load_released
from dmenet.weights.shipping import SUFFIX, read_description, read_single
from dmenet.weights.tensor_files import read_torch

DESCRIPTION_KEY = "dmenet"
OLDER = "Was it written by another version of dmenet? Use that version, or train anew"


class LoadedBlurEstimator(NamedTuple):
    """B with what its map values mean."""

    network: BlurNetwork
    unit: Unit


def describe(network: BlurNetwork, unit: Unit) -> dict[str, Any]:
    """What a checkpoint says of itself under ``DESCRIPTION_KEY``."""
    return {"unit": unit, "width": network.width, "variant": network.variant}


def parts(checkpoint: dict[str, Any], path: Path) -> dict[str, dict[str, Tensor]]:
    """The state dict of each subnetwork in a checkpoint of ours, by its attribute's name.

    Raises:
        InputError: it is not one of ours.
    """
    if DESCRIPTION_KEY not in checkpoint or "state_dict" not in checkpoint:
        raise InputError(f"{path} is not a checkpoint of dmenet: it does not describe a network")
    if lacking := {"unit", "width", "variant"} - {*checkpoint[DESCRIPTION_KEY]}:
        raise InputError(
            f"{path}: its description of the network lacks {', '.join(sorted(lacking))}. {OLDER}"
        )
    states: dict[str, dict[str, Tensor]] = {}
    for key, value in checkpoint["state_dict"].items():
        part, _, name = key.partition(".")
        states.setdefault(part, {})[name] = value
    return states


def load_state(network: nn.Module, state: dict[str, Tensor], part: str, path: Path) -> None:
    """Load one subnetwork; an entry that does not fit is an ``InputError`` that names it."""
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        # After a line that names the class; it lists every entry.
        what = shorten(str(error).partition("\n")[2], 150, placeholder=" ...")
        raise InputError(f"{path} does not fit {part}: {what}. {OLDER}") from error


def load_blur_estimator(path: Path) -> LoadedBlurEstimator:
    """B from a file.

    Args:
        path: a checkpoint of ours (``.ckpt``), weights that we publish (``.safetensors``), or the
            authors' released checkpoint (``.npz``, unit ``coc15``).

    Returns:
        B in evaluation mode, and its unit.

    Raises:
        InputError: no such file, or it is none of these.
    """
    if path.suffix == ".npz":
        released = BlurEstimator()
        load_released(path, blur_estimation=released)
        return LoadedBlurEstimator(released.eval(), "coc15")
    if path.suffix == SUFFIX:
        description, state = read_description(path), read_single(path)
    else:
        checkpoint = read_torch(path)
        state = parts(checkpoint, path).get("blur_estimation", {})
        description = checkpoint[DESCRIPTION_KEY]
    if description["unit"] not in UNITS:
        raise InputError(f"{path} gives its map in unit {description['unit']!r}: unknown here")
    if description["variant"] not in get_args(Variant):
        raise InputError(f"{path} is of variant {description['variant']!r}: unknown here. {OLDER}")
    network = blur_estimator(description["width"], description["variant"])
    load_state(network, state, "blur_estimation", path)
    return LoadedBlurEstimator(network.eval(), description["unit"])
