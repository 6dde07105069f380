"""DMENet as an estimator: a trained checkpoint, or the network as it starts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from dmenet.errors import InputError
from dmenet.estimators.estimator import Estimate, Estimator
from dmenet.networks import BlurNetwork, blur_estimator
from dmenet.networks.inference import DefocusInference
from dmenet.networks.scales import MOST_HALVINGS
from dmenet.ranges import Whole
from dmenet.sample import DefocusMap, Image, Map
from dmenet.units import MAX_SIGMA_PX, Unit, sigma_px_from_map
from dmenet.weights.checkpoint import load_blur_estimator
from dmenet.weights.shipping import shipped, weights_file


class DMENetEstimator(Estimator):
    """B with weights.

    Args:
        network: B, in evaluation mode.
        unit: what its map values mean.
        inference: further arguments of ``DefocusInference``: precision, tile, scales, working_size
            and device.

    Raises:
        InputError: one of these is out of its range.
    """

    def __init__(self, network: BlurNetwork, unit: Unit, **inference: Any) -> None:
        self.unit: Unit = unit
        self.inference = DefocusInference(network, unit, **inference)
        halvings = MOST_HALVINGS if self.inference.scales == "auto" else 0
        self.range_px = (0.0, MAX_SIGMA_PX * 2**halvings)

    @property
    def precision(self) -> str:
        """In which numbers the network runs."""
        return str(self.inference.dtype).removeprefix("torch.")

    @classmethod
    def from_checkpoint(cls, weights: str | Path | None, **inference: Any) -> "DMENetEstimator":
        """From the name of weights that the package carries, or from a file.

        The file is a checkpoint of ours (``.ckpt``), weights that we publish (``.safetensors``) or
        the authors' released checkpoint (``.npz``).

        Raises:
            InputError: there is none, or it cannot be read.
        """
        return cls(*load_blur_estimator(_given(weights)), **inference)

    @classmethod
    def untrained(cls, weights: str | Path | None, seed: Whole = 0) -> "DMENetEstimator":
        """The network of a checkpoint with the values that training starts from."""
        trained = load_blur_estimator(_given(weights))
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            network = blur_estimator(trained.network.width, trained.network.variant)
        return cls(network.eval(), trained.unit)

    def __call__(self, image: Image, report: Callable[[float], None] = lambda _: None) -> Estimate:
        """Estimate; ``report`` is called now and then with the share that was done since."""
        tensor = torch.from_numpy(image).permute(2, 0, 1)[None]
        if self.inference.scales == "auto" or self.inference.working_size is not None:
            return Estimate(self.inference(tensor, report)[0, 0].numpy())
        values: Map = self.inference.map(tensor, report)[0, 0].numpy()
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
