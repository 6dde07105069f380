"""Ranges of numbers, for the annotations of what a user can set: settings are checked by them."""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from annotated_types import Ge, Gt, Interval, Predicate

Number = TypeVar("Number", bound=float)

Positive = Annotated[float, Gt(0)]
NotNegative = Annotated[float, Ge(0)]
FilterSigma = Annotated[float, Interval(gt=0, le=1000)]
"""Of a Gaussian filter, in px: its kernel is several times as wide."""

Share = Annotated[float, Interval(ge=0, le=1)]

Count = Annotated[int, Ge(1)]
Whole = Annotated[int, Ge(0)]
"""Of things of which there may be none, and seeds."""


def _ascending(limits: Sequence[float]) -> bool:
    return limits[0] <= limits[1]


Range = Annotated[tuple[Number, Number], Predicate(_ascending)]
"""The lowest and the highest of what is drawn."""
