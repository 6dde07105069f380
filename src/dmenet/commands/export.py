"""``dmenet export``: a network in a format that other programs run."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from omegaconf import DictConfig
from torch import Tensor

from dmenet.commands.hydra.configuration import command
from dmenet.commands.hydra.inputs import path_of
from dmenet.errors import InputError
from dmenet.estimators.exported import OnnxEstimator, OpenVinoEstimator
from dmenet.files import make_folder, replacing
from dmenet.images import photographs
from dmenet.images.reading import read_image
from dmenet.networks.inference import DefocusInference, crop, pad
from dmenet.weights.checkpoint import LoadedBlurEstimator, load_blur_estimator
from dmenet.weights.exporting import write_onnx, write_openvino, write_torchscript
from dmenet.weights.shipping import weights_file, write_half

Format = Literal["onnx", "openvino", "torchscript", "safetensors"]

WRITERS: dict[Format, tuple[str, Callable[..., None]]] = {
    "onnx": (".onnx", write_onnx),
    "openvino": (".xml", write_openvino),
    "torchscript": (".pt", write_torchscript),
    "safetensors": (".safetensors", write_half),
}
"""By format: the suffix, and what writes it."""

BOUND_PX = {"onnx": 1e-3, "openvino": 1e-3, "torchscript": 1e-3, "safetensors": 0.05}
"""How far an exported network may be off; safetensors hold half precision."""

RUN_BY: dict[str, type[OnnxEstimator | OpenVinoEstimator]] = {
    ".onnx": OnnxEstimator,
    ".xml": OpenVinoEstimator,
}

CHECKED_ON = (*photographs.HELD_OUT, ("skimage.data", "coffee.png"))


@command("export", weights=str, format=Format)
def main(configuration: DictConfig) -> None:
    """Write the file, and compare what it says of photographs with what the network says.

    A file that is farther off than ``BOUND_PX`` is not kept.
    """
    suffix, write = WRITERS[configuration.format]
    weights = weights_file(configuration.weights)
    loaded = load_blur_estimator(weights)
    given = configuration.output
    path = path_of(f"{weights.stem}{suffix}" if given is None else given, "output")
    if path.suffix != suffix:
        raise InputError(f"output={path}: expected a name that ends in {suffix}")
    make_folder(path.parent)
    with ExitStack() as stack:
        temporary = stack.enter_context(replacing(path))
        write(temporary, *loaded)
        beside = temporary.with_suffix(".bin")
        if beside.exists():
            stack.callback(beside.unlink, missing_ok=True)
        error_px = largest_error_px(temporary, loaded)
        bound = BOUND_PX[configuration.format]
        if not error_px <= bound:
            raise InputError(
                f"{path}: not kept, since it is up to {error_px:.2g} px off, more than {bound:g} px"
            )
        if beside.exists():
            beside.replace(path.with_suffix(".bin"))
    print(
        f"{path}: at most {error_px:.2g} px from the network, on {len(CHECKED_ON)} photographs; "
        f"{path.stat().st_size / 2**20:.1f} MiB"
    )


def largest_error_px(path: Path, loaded: LoadedBlurEstimator) -> float:
    """How far an exported file is from the network it was made of, on photographs."""
    ours = DefocusInference(*loaded, device="cpu")
    theirs = exported(path, loaded)
    errors = []
    for photograph in photographs.paths(CHECKED_ON):
        image = torch.from_numpy(read_image(photograph)).permute(2, 0, 1)[None]
        errors.append(float((ours(image) - theirs(image)).abs().max()))
    return float(np.max(errors))


def exported(path: Path, loaded: LoadedBlurEstimator) -> Callable[[Tensor], Tensor]:
    """What an exported file computes: images of any size to sigmas in px."""
    if path.suffix == ".safetensors":
        return DefocusInference(*load_blur_estimator(path), device="cpu")
    if path.suffix in RUN_BY:
        estimator = RUN_BY[path.suffix](path)
        return lambda image: torch.from_numpy(
            estimator(image[0].permute(1, 2, 0).contiguous().numpy()).sigma_px
        )
    jit: Any = torch.jit  # without types
    script = jit.load(str(path))

    @torch.inference_mode()
    def run(image: Tensor) -> Tensor:
        return crop(script(pad(image, loaded.network)), image, loaded.network)

    return run


if __name__ == "__main__":
    main()
