"""A network that was exported as ONNX, run by ONNX Runtime."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from dmenet.errors import InputError, UnavailableError, check_number
from dmenet.estimators.base import Estimate
from dmenet.networks.inference import Padding, crop, pad
from dmenet.networks.tiles import tiles, whole
from dmenet.sample import Image, Sample
from dmenet.units import MAX_SIGMA_PX
from dmenet.weights.exporting import METADATA_KEY, NEEDS_ONNX

TILE = 1024


class OnnxEstimator:
    """A file of ``dmenet export format=onnx``, for images of any size.

    Args:
        weights: the file.
        tile: larger images are run in tiles of this side in px, a multiple of 32; None: ``TILE``.

    Raises:
        InputError: there is no such file, or it was not exported by dmenet.
        UnavailableError: ONNX Runtime is not installed.
    """

    range_px = (0.0, MAX_SIGMA_PX)

    def __init__(self, weights: str | Path, tile: int | None = None) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            raise UnavailableError(NEEDS_ONNX) from error
        path = Path(weights).expanduser()
        if not path.is_file():
            raise InputError(f"weights={weights}: no such file; `dmenet export` writes it")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        try:
            self.session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
            about = json.loads(self.session.get_modelmeta().custom_metadata_map[METADATA_KEY])
        except Exception as error:  # of the runtime's own kinds
            raise InputError(
                f"{path}: is no network that dmenet exported ({type(error).__name__}). Make one by "
                "`dmenet export format=onnx weights=...`"
            ) from error
        self.padding = Padding(about["margin"], about["size_multiple"])
        self.reach: int = about["reach"]
        self.tile = TILE if tile is None else tile
        multiple = self.padding.size_multiple
        check_number("tile", self.tile, least=multiple, whole=True, multiple_of=multiple)

    def prepare(self, samples: Sequence[Sample]) -> None:
        """Nothing to learn from the test set."""

    def __call__(self, image: Image) -> Estimate:
        """Estimate, tile by tile."""
        tensor = torch.from_numpy(image).permute(2, 0, 1)[None]
        padded = pad(tensor, self.padding)
        sigma_px = torch.empty(1, 1, *padded.shape[-2:])
        for tile in tiles(whole(padded), padded, self.tile, self.reach):
            seen = np.ascontiguousarray(padded[(..., *tile.seen)].numpy())
            (answer,) = self.session.run(None, {"image": seen})
            sigma_px[(..., *tile.part)] = torch.from_numpy(answer)[(..., *tile.inside)]
        return Estimate(crop(sigma_px, tensor, self.padding)[0, 0].contiguous().numpy())
