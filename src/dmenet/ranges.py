"""Ranges of numbers, for the annotations of what a user can set: settings are checked by them."""

from typing import Annotated

from annotated_types import Ge, Gt, Interval

Positive = Annotated[float, Gt(0)]
NotNegative = Annotated[float, Ge(0)]
FilterSigma = Annotated[float, Interval(gt=0, le=1000)]
"""Of a Gaussian filter, in px: its kernel is several times as wide."""

Share = Annotated[float, Interval(ge=0, le=1)]

Count = Annotated[int, Ge(1)]
Whole = Annotated[int, Ge(0)]
"""Of things of which there may be none, and seeds."""
