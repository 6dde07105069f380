"""The protocol of the embedded data: errors of the map, and the map as a detector of blur."""

from typing import Any, ClassVar

import torch

from dmenet.metrics.detection import THRESHOLD, average_precision, blur_accuracy
from dmenet.metrics.protocols.base import Protocol, Scores
from dmenet.metrics.protocols.maps import map_values
from dmenet.metrics.regression import map_errors
from dmenet.sample import DefocusMap, Map, Sample
from dmenet.units import Unit, check_unit


class EmbeddedProtocol(Protocol):
    """Errors as on SYNDOF, detection as on CUHK, for samples that know both truths.

    Args:
        unit: of the sample's map values, in which the errors are computed.
    """

    name = "embedded"
    needs = ("defocus", "mask")
    columns: ClassVar[dict[str, str]] = {
        "mse": "mean squared error of map values in [0, 1]",
        "mae": "mean absolute error of map values in [0, 1]",
        "accuracy": "share of the pixels rightly called blurred or sharp",
        "ap": "average precision of blurred pixels",
    }

    def __init__(self, unit: Unit = "sigma7") -> None:
        check_unit(unit)
        self.unit: Unit = unit

    def score(self, sigma_px: Map, sample: Sample, own: DefocusMap | None = None) -> Scores:
        """See ``Protocol.score``; ``ap`` is nan where no pixel is blurred."""
        estimate = torch.from_numpy(map_values(sigma_px, self.unit, own))[None, None]
        truth, mask = (torch.from_numpy(sample[key])[None, None] for key in ("defocus", "mask"))
        mse, mae = map_errors(estimate, truth)
        values = (mse, mae, blur_accuracy(estimate, mask), average_precision(estimate, mask))
        return {name: value.item() for name, value in zip(self.columns, values, strict=True)}

    def settings(self) -> dict[str, Any]:
        """See ``Protocol.settings``."""
        return {"unit": self.unit, "accuracy_threshold": THRESHOLD}
