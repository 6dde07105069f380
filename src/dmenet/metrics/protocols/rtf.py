"""The protocol for RTF (D'Andrès et al. 2016): errors of sigma, which is known in px."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch

from dmenet.metrics.protocols.protocol import Protocol, Scores
from dmenet.metrics.regression import map_errors, rank_correlation
from dmenet.sample import DefocusMap, Map, Sample
from dmenet.units import map_from_sigma_px, sigma_px_from_map

LARGEST_SIGMA_PX = 3.275
"""The largest that the data set has; larger estimates count as this one."""

Quantisation = Literal["8bit"]


@dataclass
class RtfProtocol(Protocol):
    """Errors of sigma in [0, 3.275] px, both divided by 3.275 and in px.

    The paper's errors of DMENet are of the first kind, those of the methods beside it of the
    second: see docs/evaluation.md. Estimate and truth are cropped to their common top-left size.

    Args:
        quantize: "8bit" rounds map values to multiples of 1/255 first, as the authors' program
            did; None takes them as they are.
    """

    name = "rtf"
    needs = ("sigma_px",)
    compared_by = "mae_px"
    columns: ClassVar[dict[str, str]] = {
        "mse": "mean squared error of sigma / 3.275 px",
        "mae": "mean absolute error of sigma / 3.275 px",
        "mse_px": "mean squared error of sigma in px^2",
        "mae_px": "mean absolute error of sigma in px",
        "rmse_px": "root of the mean squared error of sigma in px",
        "rank_correlation": "Spearman's rank correlation of sigma",
    }

    quantize: Quantisation | None = None

    def score(self, sigma_px: Map, sample: Sample, own: DefocusMap | None = None) -> Scores:
        """See ``Protocol.score``; ``rank_correlation`` is nan of a constant map."""
        if self.quantize is not None:
            sigma_px = _quantized(sigma_px, own)
        truth = sample["sigma_px"]
        rows, columns = np.minimum(sigma_px.shape, truth.shape)
        estimate, known = (
            torch.from_numpy(sigma[:rows, :columns].astype(np.float64))[None, None]
            for sigma in (sigma_px.clip(0, LARGEST_SIGMA_PX), truth)
        )
        mse, mae = map_errors(estimate / LARGEST_SIGMA_PX, known / LARGEST_SIGMA_PX)
        mse_px, mae_px = map_errors(estimate, known)
        order = rank_correlation(estimate, known)
        values = (mse, mae, mse_px, mae_px, mse_px.sqrt(), order)
        return {name: value.item() for name, value in zip(self.columns, values, strict=True)}

    def settings(self) -> dict[str, Any]:
        """See ``Protocol.settings``."""
        return {
            "largest_sigma_px": LARGEST_SIGMA_PX,
            "quantize": self.quantize,
            "crop": "common top-left size",
        }


def _quantized(sigma_px: Map, own: DefocusMap | None) -> Map:
    """Sigma as it is when map values were stored in 8 bits: the method's own, or sigma / 7 px."""
    values, unit = own or DefocusMap(map_from_sigma_px(sigma_px, "sigma7"), "sigma7")
    rounded = ((values.astype(np.float64) * 255).round() / 255).astype(np.float32)
    return sigma_px_from_map(rounded, unit)
