"""The paper's protocol for SYNDOF: errors of map values, per image, then the mean over images."""

from typing import Any, ClassVar

import torch

from dmenet.metrics.protocols.base import Protocol, Scores
from dmenet.metrics.protocols.maps import map_values
from dmenet.metrics.regression import map_errors, rank_correlation
from dmenet.sample import DefocusMap, Map, Sample
from dmenet.units import Unit, check_unit


class SyndofProtocol(Protocol):
    """MSE, MAE and RMSE of map values in [0, 1], the MAE of sigma in px, the order of pixels.

    Args:
        unit: of the sample's map values. Errors under ``coc15`` and ``sigma7`` are not comparable.
    """

    name = "syndof"
    needs = ("defocus", "sigma_px")
    columns: ClassVar[dict[str, str]] = {
        "mse": "mean squared error of map values in [0, 1]",
        "mae": "mean absolute error of map values in [0, 1]",
        "rmse": "root of the mean squared error of map values in [0, 1]",
        "mae_px": "mean absolute error of sigma in px",
        "rank_correlation": "Spearman's rank correlation",
    }

    def __init__(self, unit: Unit = "sigma7") -> None:
        check_unit(unit)
        self.unit: Unit = unit

    def score(self, sigma_px: Map, sample: Sample, own: DefocusMap | None = None) -> Scores:
        """See ``Protocol.score``; ``rank_correlation`` is nan of a constant map."""
        estimate = torch.from_numpy(map_values(sigma_px, self.unit, own))[None, None]
        truth = torch.from_numpy(sample["defocus"])[None, None]
        mse, mae = map_errors(estimate, truth)
        sigmas = (torch.from_numpy(sigma)[None, None] for sigma in (sigma_px, sample["sigma_px"]))
        _, mae_px = map_errors(*sigmas)
        values = (mse, mae, mse.sqrt(), mae_px, rank_correlation(estimate, truth))
        return {name: value.item() for name, value in zip(self.columns, values, strict=True)}

    def settings(self) -> dict[str, Any]:
        """See ``Protocol.settings``."""
        return {"unit": self.unit}
