"""B in formats that other programs run: ONNX, OpenVINO and TorchScript."""

import hashlib
import json
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dmenet.errors import UnavailableError
from dmenet.files import replacing
from dmenet.networks import BlurNetwork
from dmenet.networks.folding import without_batch_norm
from dmenet.networks.reach import reach_of
from dmenet.units import Unit, sigma_px_from_map

METADATA_KEY = "dmenet"
"""Of the description, JSON, in the metadata of an exported file."""

OPSET = 17
NEEDS_OPENVINO = "OpenVINO needs its package: pip install 'dmenet[openvino]'"
NEEDS_ONNX = "ONNX needs the packages onnx and onnxruntime: pip install 'dmenet[onnx]'"


class SigmaNetwork(nn.Module):
    """B with its answer in px: images N x 3 x H x W to sigmas N x 1 x H x W."""

    def __init__(self, network: BlurNetwork, unit: Unit) -> None:
        super().__init__()
        self.network = without_batch_norm(network)
        self.unit: Unit = unit

    def forward(self, image: Tensor) -> Tensor:
        """Sides are multiples of the network's ``size_multiple``."""
        sigma_px: Tensor = sigma_px_from_map(self.network(image).defocus, self.unit)
        return sigma_px


def description(network: BlurNetwork) -> dict[str, Any]:
    """What an exported file says of itself, and what it takes to run it on any size."""
    return {
        "version": version("dmenet"),
        "input": "image: N x 3 x H x W, RGB in [0, 1], as stored in the file (not linear)",
        "output": "sigma_px: N x 1 x H x W, Gaussian sigma of the blur in px",
        "size_multiple": network.size_multiple,
        "margin": network.margin,
        "reach": reach_of(network).whole,
        "sha256": _digest(network),
    }


def write_torchscript(path: Path, network: BlurNetwork, unit: Unit) -> None:
    """Write a traced network, with its description as the extra file ``METADATA_KEY``."""
    jit: Any = torch.jit  # without types
    with replacing(path) as temporary, warnings.catch_warnings():
        # Sizes that are constants of the graph are those of paddings, the same for every image; and
        # TorchScript's successor cannot be run from where TorchScript is.
        warnings.simplefilter("ignore")
        traced = jit.trace(SigmaNetwork(network, unit), _example(network))
        extra = {METADATA_KEY: json.dumps(description(network))}
        jit.save(traced, str(temporary), _extra_files=extra)


def write_onnx(path: Path, network: BlurNetwork, unit: Unit) -> None:
    """Write an ONNX file that takes any number of images of any size that B takes.

    Raises:
        UnavailableError: the package onnx is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise UnavailableError(NEEDS_ONNX) from error
    axes = {name: {0: "count", 2: "height", 3: "width"} for name in ("image", "sigma_px")}
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as above
        torch.onnx.export(
            SigmaNetwork(network, unit),
            (_example(network),),
            str(temporary),
            input_names=["image"],
            output_names=["sigma_px"],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
        model = onnx.load(str(temporary))
        entry = model.metadata_props.add()
        entry.key, entry.value = METADATA_KEY, json.dumps(description(network))
        onnx.save(model, str(temporary))


def write_openvino(path: Path, network: BlurNetwork, unit: Unit) -> None:
    """Write a model that takes any size that B takes: a file .xml, and .bin beside it.

    Both take their place together by a rename, as far as two files can. Weights stay float32.

    Raises:
        UnavailableError: the package openvino is not installed.
    """
    try:
        import openvino
        from openvino.frontend import FrontEndManager
        from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder
    except ImportError as error:
        raise UnavailableError(NEEDS_OPENVINO) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as above
        # Not openvino.convert_model, which does the same and reports its use over the network.
        decoder = TorchScriptPythonDecoder(
            SigmaNetwork(network, unit), example_input=_example(network)
        )
    frontend = FrontEndManager().load_by_framework("pytorch")
    model: Any = frontend.convert(frontend.load(decoder))
    parameter = model.inputs[0].get_node()
    parameter.set_partial_shape(openvino.PartialShape([-1, 3, -1, -1]))
    parameter.set_element_type(openvino.Type.f32)
    model.validate_nodes_and_infer_types()
    model.inputs[0].set_names({"image"})
    model.outputs[0].set_names({"sigma_px"})
    model.set_rt_info(json.dumps(description(network)), [METADATA_KEY])
    with replacing(path) as temporary, replacing(path.with_suffix(".bin")) as values:
        openvino.save_model(model, temporary, compress_to_fp16=False)
        temporary.with_suffix(".bin").replace(values)


def _digest(network: BlurNetwork) -> str:
    """Of the values: files that describe them and carry them elsewhere are told apart by it."""
    found = hashlib.sha256()
    for value in network.state_dict().values():
        found.update(value.contiguous().numpy().tobytes())
    return found.hexdigest()


def _example(network: BlurNetwork) -> Tensor:
    side = 2 * network.size_multiple
    return torch.rand(1, 3, side, side + network.size_multiple)
