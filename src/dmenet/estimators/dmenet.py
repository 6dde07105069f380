"""DMENet as an estimator: a trained checkpoint, or the network as it starts."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from dmenet.errors import InputError, check_number
from dmenet.estimators.base import Estimate
from dmenet.networks import BlurNetwork, blur_estimator
from dmenet.networks.inference import estimate_any_size, estimate_tiled
from dmenet.sample import DefocusMap, Image, Map, Sample
from dmenet.units import MAX_SIGMA_PX, Unit, sigma_px_from_map
from dmenet.weights.checkpoint import load_blur_estimator
from dmenet.weights.shipping import shipped, weights_file

TILE = 1024
"""Images with more pixels than a square of this side are estimated in tiles of it."""


class DMENetEstimator:
    """B with weights.

    Args:
        network: B, in evaluation mode.
        unit: what its map values mean.
        tile: side in px of the tiles that large images are estimated in, a multiple of the
            network's ``size_multiple``; None takes ``TILE``.

    Raises:
        InputError: ``tile`` is no such number.
    """

    range_px = (0.0, MAX_SIGMA_PX)

    def __init__(self, network: BlurNetwork, unit: Unit, tile: int | None = None) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = network.to(self.device)
        self.unit: Unit = unit
        self.tile = TILE if tile is None else tile
        multiple = network.size_multiple
        check_number("tile", self.tile, least=multiple, whole=True, multiple_of=multiple)

    @classmethod
    def from_checkpoint(
        cls, weights: str | Path | None, tile: int | None = None
    ) -> "DMENetEstimator":
        """From the name of weights that the package carries, or from a file.

        The file is a checkpoint of ours (``.ckpt``), weights that we publish (``.safetensors``) or
        the authors' released checkpoint (``.npz``).

        Raises:
            InputError: there is none, or it cannot be read.
        """
        return cls(*load_blur_estimator(_given(weights)), tile=tile)

    @classmethod
    def untrained(cls, weights: str | Path | None, seed: int = 0) -> "DMENetEstimator":
        """The network of a checkpoint with the values that training starts from."""
        trained = load_blur_estimator(_given(weights))
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            network = blur_estimator(trained.network.width, trained.network.variant)
        return cls(network.eval(), trained.unit)

    def prepare(self, samples: Sequence[Sample]) -> None:
        """Nothing to learn from the test set."""

    def is_tiled(self, image: Image) -> bool:
        """Whether an image is so large that it is estimated in tiles."""
        return bool(image.shape[0] * image.shape[1] > self.tile**2)

    def __call__(self, image: Image, report: Callable[[int], None] = lambda _: None) -> Estimate:
        """Estimate; ``report`` is called with the number of pixels done, tile by tile."""
        tensor = torch.from_numpy(image).permute(2, 0, 1)[None].to(self.device)
        with torch.inference_mode():
            if self.is_tiled(image):
                defocus = estimate_tiled(self.network, tensor, self.tile, report)
            else:
                defocus = estimate_any_size(self.network, tensor)
                report(defocus.numel())
        values: Map = defocus[0, 0].float().cpu().numpy()
        sigma_px: Map = sigma_px_from_map(values, self.unit)
        return Estimate(sigma_px, own=DefocusMap(values, self.unit))


def _given(weights: str | Path | None) -> Path:
    if weights is None:
        raise InputError(
            "missing settings: weights. DMENet needs some: those of the package "
            f"({', '.join(shipped())}), a checkpoint of ours (.ckpt) or the released one (.npz); "
            "give them as `weights=...`, or choose a method by `estimator=...`"
        )
    return weights_file(weights)
