"""What training starts from."""

import hashlib
import logging
from pathlib import Path

from torch import nn

from dmenet.errors import InputError
from dmenet.networks.efficientnet_lite0 import EfficientNetLite0
from dmenet.networks.vgg19 import VGG19
from dmenet.weights.checkpoint import load_state, parts
from dmenet.weights.efficientnet_lite0 import SHA256_BEGINS as LITE0_SHA256_BEGINS
from dmenet.weights.efficientnet_lite0 import load_lite0, packaged_lite0
from dmenet.weights.released import VARIABLES, load_released
from dmenet.weights.shipping import SUFFIX, read_single, shipped, weights_file
from dmenet.weights.tensor_files import read_torch
from dmenet.weights.vgg19 import SHA256_BEGINS as VGG19_SHA256_BEGINS
from dmenet.weights.vgg19 import downloaded_vgg19, load_vgg19

log = logging.getLogger(__name__)

DOWNLOAD = "download"
IMAGENET = "imagenet"
PUBLISHED = {DOWNLOAD: VGG19_SHA256_BEGINS, IMAGENET: LITE0_SHA256_BEGINS}


def content_of(key: str, weights: str) -> str:
    """The content of initial weights: the first eight digits of the file's SHA-256, as in its name.

    Args:
        key: of the setting, for the message.
        weights: its value, see ``load_initial_weights``.

    Raises:
        InputError: there is no such file.
    """
    if weights in PUBLISHED:
        return f"sha256:{PUBLISHED[weights]}"
    try:
        with shipped().get(weights, Path(weights).expanduser()).open("rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()[:8]}"
    except OSError as error:
        raise InputError(
            f"{key}={weights}: {error.strerror}. Expected the file that the run starts from; a "
            "resumed run is compared with it"
        ) from error


def load_initial_weights(
    model: nn.Module,
    *,
    vgg19: str | Path | None = None,
    encoder: str | Path | None = None,
    checkpoint: str | Path | None = None,
) -> None:
    """Fill a model's subnetworks with what a run starts from.

    Args:
        model: holds subnetworks as attributes ``blur_estimation``, ``domain_adaptation``, ...
        vgg19: torchvision's VGG19, for every VGG19 in the model: a file, or ``download``.
        encoder: EfficientNet-Lite0's ImageNet weights, for every such encoder in the model: a file,
            or ``imagenet`` for that of the installed package (the extra ``pretrained``).
        checkpoint: of ours, the released one, or the name or file of weights of B, after that: for
            B, and for whichever of its heads, D and S both the model and the checkpoint have.

    Raises:
        InputError: a file that cannot be read or does not fit.
    """
    vgg19_networks = [m for m in model.modules() if isinstance(m, VGG19)]
    if vgg19 is not None and vgg19_networks:
        file = downloaded_vgg19() if vgg19 == DOWNLOAD else Path(vgg19).expanduser()
        load_vgg19(file, vgg19_networks)
    elif checkpoint is None and vgg19_networks:
        log.warning(
            "B's encoder and C start from random values: the paper's start from VGG19's published "
            "weights (initial_weights.vgg19=download), and its figures need them"
        )
    encoders = [m for m in model.modules() if isinstance(m, EfficientNetLite0)]
    if encoder is not None:
        path = packaged_lite0() if encoder == IMAGENET else Path(encoder).expanduser()
        for network in encoders:
            load_lite0(path, network)
    elif checkpoint is None and encoders:
        log.warning(
            "The EfficientNet-Lite0 encoder starts from random values: initial_weights.encoder="
            "imagenet starts it from its published weights, which a good map needs"
        )
    if checkpoint is not None:
        _load_checkpoint(model, weights_file(checkpoint))


def _load_checkpoint(model: nn.Module, path: Path) -> None:
    """Fill B, and the others that both the model and a checkpoint have."""
    present = {
        name: part
        for name, part in model.named_children()
        if name in VARIABLES and any(True for _ in part.parameters())
    }
    if path.suffix == ".npz":
        load_released(path, **present)
        return
    if path.suffix == SUFFIX:
        states = {"blur_estimation": read_single(path)}
    else:
        states = parts(read_torch(path), path)
    for name, part in present.items():
        if name in states or name == "blur_estimation":
            load_state(part, states.get(name, {}), name, path)
