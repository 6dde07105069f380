"""Networks that were exported, run by ONNX Runtime or OpenVINO."""

import json
from abc import abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dmenet.errors import InputError, UnavailableError, check_number
from dmenet.estimators.estimator import Estimate, Estimator
from dmenet.networks.inference import Padding, crop, pad
from dmenet.networks.precision import Precision, dtype_of
from dmenet.sample import Image
from dmenet.tiles import tiles, whole
from dmenet.units import MAX_SIGMA_PX
from dmenet.weights.exporting import METADATA_KEY, NEEDS_ONNX, NEEDS_OPENVINO

TILE = 1024


class ExportedEstimator(Estimator):
    """A file of ``dmenet export``, for images of any size.

    Args:
        weights: the file.
        tile: larger images are run in tiles of this side in px, a multiple of 32; None: ``TILE``.

    Raises:
        InputError: there is no such file, or it was not exported by dmenet.
        UnavailableError: what runs it is not installed.
    """

    range_px = (0.0, MAX_SIGMA_PX)
    format: str

    def __init__(self, weights: str | Path, tile: int | None = None) -> None:
        path = Path(weights).expanduser()
        if not path.is_file():
            raise InputError(f"weights={weights}: no such file; `dmenet export` writes it")
        try:
            about = json.loads(self._open(path))
            self.padding = Padding(about["margin"], about["size_multiple"])
            self.reach: int = about["reach"]
        except (InputError, UnavailableError):
            raise
        except Exception as error:  # of the runtime's own kinds
            raise InputError(
                f"{path}: is no network that dmenet exported ({type(error).__name__}). Make one by "
                f"`dmenet export format={self.format} weights=...`"
            ) from error
        self.tile = TILE if tile is None else tile
        multiple = self.padding.size_multiple
        check_number("tile", self.tile, least=multiple, whole=True, multiple_of=multiple)

    @abstractmethod
    def _open(self, path: Path) -> str:
        """Make a file ready for ``_run``; returns the description that it carries."""

    @abstractmethod
    def _run(self, image: np.ndarray) -> np.ndarray:
        """1 x 3 x H x W to 1 x 1 x H x W, sigmas in px."""

    def __call__(self, image: Image) -> Estimate:
        """Estimate, tile by tile."""
        tensor = torch.from_numpy(image).permute(2, 0, 1)[None]
        padded = pad(tensor, self.padding)
        sigma_px = torch.empty(1, 1, *padded.shape[-2:])
        for tile in tiles(whole(padded.shape), padded.shape, self.tile, self.reach):
            answer = self._run(np.ascontiguousarray(padded[(..., *tile.seen)].numpy()))
            sigma_px[(..., *tile.part)] = torch.from_numpy(answer)[(..., *tile.inside)]
        return Estimate(crop(sigma_px, tensor, self.padding)[0, 0].contiguous().numpy())


class OnnxEstimator(ExportedEstimator):
    """A file of ``dmenet export format=onnx``, by ONNX Runtime; see ``ExportedEstimator``."""

    format = "onnx"

    def _open(self, path: Path) -> str:
        try:
            import onnxruntime
        except ImportError as error:
            raise UnavailableError(NEEDS_ONNX) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        self.session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        return str(self.session.get_modelmeta().custom_metadata_map[METADATA_KEY])

    def _run(self, image: np.ndarray) -> np.ndarray:
        (answer,) = self.session.run(None, {"image": image})
        return np.asarray(answer)


class OpenVinoEstimator(ExportedEstimator):
    """The files of ``dmenet export format=openvino``, by OpenVINO on the processor.

    Args:
        weights: the file that ends in .xml; that in .bin lies beside it.
        tile: see ``ExportedEstimator``.
        precision: see ``dmenet.networks.precision``.
    """

    format = "openvino"

    def __init__(
        self, weights: str | Path, tile: int | None = None, precision: Precision = "float32"
    ) -> None:
        self.dtype = dtype_of(precision, torch.device("cpu"))
        super().__init__(weights, tile)

    @property
    def precision(self) -> str:
        """In which numbers the network runs."""
        return str(self.dtype).removeprefix("torch.")

    def _open(self, path: Path) -> str:
        try:
            import openvino
        except ImportError as error:
            raise UnavailableError(NEEDS_OPENVINO) from error
        if not path.with_suffix(".bin").is_file():
            raise InputError(f"weights={path}: {path.stem}.bin, which belongs to it, is not there")
        core: Any = openvino.Core()
        model = core.read_model(path)
        # OpenVINO takes bfloat16 by itself where the processor has it.
        hint = "bf16" if self.dtype == torch.bfloat16 else "f32"
        self.compiled = core.compile_model(
            model,
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": hint,
                "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            },
        )
        return str(model.get_rt_info([METADATA_KEY]).astype(str))

    def _run(self, image: np.ndarray) -> np.ndarray:
        return np.asarray(self.compiled(image)[0])
