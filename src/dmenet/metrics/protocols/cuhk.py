"""The protocol for CUHK: defocus maps as detectors of blurred and of sharp pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from dmenet.metrics.detection import (
    BETA_SQUARED,
    HALF,
    THRESHOLD,
    average_precision,
    blur_accuracy,
    overlap_scores,
)
from dmenet.metrics.pooled import BINS, pooled_scores, score_counts
from dmenet.metrics.protocols.protocol import Counts, Protocol, Scores, map_values
from dmenet.metrics.regression import map_errors
from dmenet.sample import DefocusMap, Map, Sample
from dmenet.units import MAX_SIGMA_PX, map_from_sigma_px

Scale = Literal["image", "fixed"]

_OVERLAP = {
    "f_half": f"F-measure (beta^2 {BETA_SQUARED}) of {{}} pixels, scaled map at {HALF}",
    "f_adaptive": f"F-measure (beta^2 {BETA_SQUARED}) of {{}} pixels at twice the map's mean",
    "f_best": f"F-measure (beta^2 {BETA_SQUARED}) of {{}} pixels at the image's best threshold",
    "iou": f"intersection over union of {{}} pixels, scaled map at {HALF}",
}


@dataclass
class CuhkProtocol(Protocol):
    """Accuracy as in the paper, average precision, and what the field has reported since.

    Accuracy and average precision come from the map as the method gives it; sigma over 7 px counts
    as 7 px. MAE, F-measure and IoU compare the map with the mask, so it is scaled to [0, 1] first.

    Args:
        scale: "image" takes the range of each image's own map to [0, 1] (a constant map to 0);
            "fixed" takes 7 px to 1, so that a method's absolute values count.
    """

    name = "cuhk"
    needs = ("mask",)
    compared_by = "accuracy"
    columns: ClassVar[dict[str, str]] = {
        "accuracy": "share of the pixels rightly called blurred or sharp at the paper's threshold",
        "ap_per_image": "average precision of blurred pixels, mean over images",
        "ap_sharp_per_image": "average precision of sharp pixels, mean over images",
        "mae": "mean absolute difference of the scaled map and the mask",
        **{name: text.format("blurred") for name, text in _OVERLAP.items()},
        **{f"{name}_sharp": text.format("sharp") for name, text in _OVERLAP.items()},
    }
    pooled_columns: ClassVar[dict[str, str]] = {
        "ap_pooled": "average precision of blurred pixels, those of all images together",
        "ap_sharp_pooled": "average precision of sharp pixels, those of all images together",
        "f_best_pooled": f"F-measure (beta^2 {BETA_SQUARED}) of blurred pixels at the best "
        "threshold for all images",
        "f_best_threshold": "that threshold, of the method's map values in [0, 1]",
    }

    scale: Scale = "image"

    def score(self, sigma_px: Map, sample: Sample, own: DefocusMap | None = None) -> Scores:
        """See ``Protocol.score``; nan where an image lacks the pixels looked for."""
        values, mask = _values(sigma_px, own), torch.from_numpy(sample["mask"])[None, None]
        scaled = self._scaled(values, sigma_px, own)
        _, mae = map_errors(scaled, mask)
        blurred, sharp = overlap_scores(scaled, mask), overlap_scores(1 - scaled, 1 - mask)
        scores = {
            "accuracy": blur_accuracy(values, mask),
            "ap_per_image": average_precision(values, mask),
            "ap_sharp_per_image": average_precision(1 - values, 1 - mask),
            "mae": mae,
            **blurred,
            **{f"{name}_sharp": value for name, value in sharp.items()},
        }
        return {name: value.item() for name, value in scores.items()}

    def counts(self, sigma_px: Map, sample: Sample, own: DefocusMap | None = None) -> Counts:
        """See ``Protocol.counts``: of ``score_counts``, sigma of 7 px being 1."""
        mask = torch.from_numpy(sample["mask"])[None, None]
        counts: Counts = score_counts(_values(sigma_px, own), mask).numpy()
        return counts

    def mean(self, scores: Sequence[Scores], counts: Counts | None = None) -> Scores:
        """See ``Protocol.mean``."""
        assert counts is not None
        pooled = pooled_scores(torch.from_numpy(counts))
        return super().mean(scores) | {name: value.item() for name, value in pooled.items()}

    def settings(self) -> dict[str, Any]:
        """See ``Protocol.settings``."""
        return {
            "scale": self.scale,
            "mask": "1 is blurred",
            "accuracy_threshold": THRESHOLD,
            "beta_squared": BETA_SQUARED,
            "fixed_threshold": HALF,
            "pooled_bins": BINS,
            "largest_sigma_px": MAX_SIGMA_PX,
        }

    def _scaled(self, values: Tensor, sigma_px: Map, own: DefocusMap | None) -> Tensor:
        if self.scale == "fixed":
            # Under coc15 the network's own 1 is a circle of confusion of 15 px, not 7 px of sigma.
            return torch.from_numpy(map_values(sigma_px, "sigma7", own))[None, None]
        low, high = values.min(), values.max()
        return (values - low) / (high - low) if low < high else torch.zeros_like(values)


def _values(sigma_px: Map, own: DefocusMap | None) -> Tensor:
    """Map values in [0, 1], 1 x 1 x H x W."""
    values = own.values if own is not None else map_from_sigma_px(sigma_px, "sigma7")
    return torch.from_numpy(values)[None, None]
