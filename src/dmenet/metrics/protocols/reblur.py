"""The protocol of photographs that are blurred further by a known amount: variances add."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch

from dmenet.metrics.protocols.protocol import Counts, Protocol, Scores
from dmenet.metrics.regression import map_errors, rank_correlation
from dmenet.sample import DefocusMap, Map, Sample


class ReblurProtocol(Protocol):
    """Whether a method sees blur that was added to a photograph of unknown blur.

    Gaussian blur of s px turns a blur of sigma into sqrt(sigma^2 + s^2). The method's own estimate
    on the photograph as it is stands for sigma, so that no truth is needed. A method that measures
    blur has a slope of 1, one that does not look at the image a slope of 0. The protocol tells how
    a method responds to blur, not whether its absolute values are right.

    ``slope`` is the least-squares line through the origin of the images' median increase in
    variance against s^2: medians, since few pixels may be far off; images count alike.
    """

    name = "reblur"
    needs = ("unblurred", "added_sigma_px")
    compared_by = "mae_px"
    columns: ClassVar[dict[str, str]] = {
        "added_px2": "variance of the blur that was added, s^2, in px^2",
        "increase_px2": "increase in the estimated variance in px^2, median over pixels",
        "spread_px2": "interquartile range of that increase over pixels, in px^2",
        "mae_px": "mean absolute difference from sqrt(sigma^2 + s^2) in px, sigma being the "
        "method's own on the photograph as it is",
        "rank_correlation": "Spearman's rank correlation with the same over pixels",
    }
    pooled_columns: ClassVar[dict[str, str]] = {
        "slope": "increase_px2 per added_px2, least squares through the origin over images; 1 is "
        "right, 0 is blind",
        "scatter_px2": "root mean square of the distances from that line, in px^2",
        "increase_rank_correlation": "Spearman's rank correlation of increase_px2 and added_px2 "
        "over images",
    }

    def score(self, sigma_px: Map, sample: Sample, own: DefocusMap | None = None) -> Scores:
        """See ``Protocol.score``; the sample also has ``unblurred_sigma_px``."""
        before, added = sample["unblurred_sigma_px"].astype(np.float64), sample["added_sigma_px"]
        estimate = sigma_px.astype(np.float64)
        increase = estimate**2 - before**2
        expected = np.sqrt(before**2 + added**2)
        lower, median, upper = np.quantile(increase, [0.25, 0.5, 0.75])
        maps = [torch.from_numpy(values)[None, None] for values in (estimate, expected)]
        _, mae_px = map_errors(*maps)
        order = rank_correlation(*maps).item()
        values = (added**2, median, upper - lower, mae_px, order)
        return {name: float(value) for name, value in zip(self.columns, values, strict=True)}

    def mean(self, scores: Sequence[Scores], counts: Counts | None = None) -> Scores:
        """See ``Protocol.mean``."""
        added, increase = (
            np.array([row[key] for row in scores]) for key in ("added_px2", "increase_px2")
        )
        slope = (added @ increase) / (added @ added)
        scatter = np.sqrt(np.square(increase - slope * added).mean())
        pair = (torch.from_numpy(values)[None, None, None] for values in (increase, added))
        pooled = (slope, scatter, rank_correlation(*pair).item())
        return super().mean(scores) | {
            name: float(value) for name, value in zip(self.pooled_columns, pooled, strict=True)
        }

    def settings(self) -> dict[str, Any]:
        """See ``Protocol.settings``."""
        return {"line": "through the origin"}
