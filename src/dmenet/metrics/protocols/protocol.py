"""What a protocol is: the rules by which a data set scores any method's maps."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from dmenet.sample import DefocusMap, Map, Sample
from dmenet.units import Unit, map_from_sigma_px

Scores = dict[str, float]
"""Metric: value, of one image or of a test set; nan where an image has none."""

Counts = NDArray[np.int64]
"""What metrics of all pixels together need of an image; counts of several images are added."""


class Protocol(ABC):
    """Scores maps against what the samples of a data set know; one object scores every method.

    A protocol keeps no state between images: ``score`` and ``counts`` look at one image, ``mean``
    at their results for all. An evaluation can therefore stop after any image and be resumed.
    """

    name: ClassVar[str]
    """Of the data set it was made for, as published tables call it, in small letters."""

    needs: ClassVar[tuple[str, ...]]
    """The keys of ``Sample`` that it reads."""

    columns: ClassVar[Mapping[str, str]]
    """Metric of an image: what it is, in which unit. In the order of the tables."""

    compared_by: ClassVar[str] = "mae"
    """The column in which methods are compared image by image."""

    pooled_columns: ClassVar[Mapping[str, str]] = {}
    """The same of the metrics that only a whole test set has."""

    @abstractmethod
    def score(self, sigma_px: Map, sample: Sample, own: DefocusMap | None = None) -> Scores:
        """Scores of one image, a value for each of ``columns``.

        Args:
            sigma_px: the estimate, Gaussian sigma in px, H x W, finite.
            sample: what is known about the image; has the keys that ``needs`` names.
            own: the method's map in [0, 1] before it became a sigma, if it has one. Published
                figures were computed from it; under ``coc15`` it also distinguishes circles of
                confusion under 1 px, all of which have sigma 0.
        """

    def counts(self, sigma_px: Map, sample: Sample, own: DefocusMap | None = None) -> Counts | None:
        """What the pooled metrics need of one image; None where the protocol has none."""
        return None

    def mean(self, scores: Sequence[Scores], counts: Counts | None = None) -> Scores:
        """The row of a test set: means over its images, and the pooled metrics.

        Images count alike, whatever their size; one that has no value (nan) is left out of that
        metric's mean.

        Args:
            scores: of each image; at least one.
            counts: the sum over the images of what the method ``counts`` gave.
        """
        return {name: _mean_of_known([row[name] for row in scores]) for name in self.columns}

    def describe(self) -> dict[str, Any]:
        """Everything that decides the scores, as JSON values: what result files say of it."""
        return {
            "name": self.name,
            "settings": self.settings(),
            "columns": {**self.columns, **self.pooled_columns},
        }

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """Units, thresholds and all other choices, as JSON values."""


def _mean_of_known(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return sum(known) / len(known) if known else float("nan")


def map_values(sigma_px: Map, unit: Unit, own: DefocusMap | None) -> Map:
    """The estimate as map values in [0, 1]: the method's own where they are in ``unit``.

    Args:
        sigma_px: the estimate in px, H x W.
        unit: wanted.
        own: the method's map values, if it has any.
    """
    if own is not None and own.unit == unit:
        return own.values
    values: Map = map_from_sigma_px(sigma_px, unit)
    return values
