"""The protocol for synthetic data, the paper's for SYNDOF: errors of maps that are known."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from dmenet.metrics.detection import THRESHOLD, average_precision, blur_accuracy
from dmenet.metrics.protocols.protocol import Protocol, Scores, map_values
from dmenet.metrics.regression import map_errors, rank_correlation
from dmenet.sample import DefocusMap, Map, Sample
from dmenet.units import Unit


@dataclass
class SyndofProtocol(Protocol):
    """Errors of map values in [0, 1] and of sigma in px, the order of pixels, and detection.

    Args:
        unit: of the sample's map values. Errors under ``coc15`` and ``sigma7`` are not comparable.
    """

    name = "syndof"
    needs = ("defocus", "sigma_px", "mask")
    columns: ClassVar[dict[str, str]] = {
        "mse": "mean squared error of map values in [0, 1]",
        "mae": "mean absolute error of map values in [0, 1]",
        "rmse": "root of the mean squared error of map values in [0, 1]",
        "mae_px": "mean absolute error of sigma in px",
        "rank_correlation": "Spearman's rank correlation",
        "accuracy": "share of the pixels rightly called blurred or sharp at the paper's threshold",
        "ap_per_image": "average precision of blurred pixels, mean over images",
    }

    unit: Unit = "sigma7"

    def score(self, sigma_px: Map, sample: Sample, own: DefocusMap | None = None) -> Scores:
        """See ``Protocol.score``.

        ``rank_correlation`` is nan of a constant map, ``ap_per_image`` where no pixel is blurred.
        """
        estimate = torch.from_numpy(map_values(sigma_px, self.unit, own))[None, None]
        truth, mask = (torch.from_numpy(sample[key])[None, None] for key in ("defocus", "mask"))
        mse, mae = map_errors(estimate, truth)
        sigmas = (torch.from_numpy(sigma)[None, None] for sigma in (sigma_px, sample["sigma_px"]))
        _, mae_px = map_errors(*sigmas)
        values = (
            mse,
            mae,
            mse.sqrt(),
            mae_px,
            rank_correlation(estimate, truth),
            blur_accuracy(estimate, mask),
            average_precision(estimate, mask),
        )
        return {name: value.item() for name, value in zip(self.columns, values, strict=True)}

    def settings(self) -> dict[str, Any]:
        """See ``Protocol.settings``."""
        return {"unit": self.unit, "accuracy_threshold": THRESHOLD}
