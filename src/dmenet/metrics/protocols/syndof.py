"""The paper's protocol for SYNDOF: errors of map values, per image, then the mean over images."""

from typing import Any, ClassVar

import numpy as np
import torch

from dmenet.data.sample import DefocusMap, Map, Sample
from dmenet.metrics.protocols.base import Protocol, Scores
from dmenet.metrics.protocols.maps import map_values
from dmenet.metrics.regression import map_errors
from dmenet.units import Unit, check_unit


class SyndofProtocol(Protocol):
    """MSE and MAE of map values in [0, 1], and the MAE in px of sigma.

    Args:
        unit: of the sample's map values. Errors under ``coc15`` and ``sigma7`` are not comparable.
    """

    name = "syndof"
    needs = ("defocus", "sigma_px")
    columns: ClassVar[dict[str, str]] = {
        "mse": "mean squared error of map values in [0, 1]",
        "mae": "mean absolute error of map values in [0, 1]",
        "mae_px": "mean absolute error of sigma in px",
    }

    def __init__(self, unit: Unit = "sigma7") -> None:
        check_unit(unit)
        self.unit: Unit = unit

    def score(self, sigma_px: Map, sample: Sample, own: DefocusMap | None = None) -> Scores:
        """See ``Protocol.score``."""
        estimate = torch.from_numpy(map_values(sigma_px, self.unit, own))[None, None]
        mse, mae = map_errors(estimate, torch.from_numpy(sample["defocus"])[None, None])
        mae_px = np.abs(sigma_px.astype(np.float64) - sample["sigma_px"]).mean()
        return {"mse": mse.item(), "mae": mae.item(), "mae_px": float(mae_px)}

    def settings(self) -> dict[str, Any]:
        """See ``Protocol.settings``."""
        return {"unit": self.unit}
