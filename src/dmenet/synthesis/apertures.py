"""The shapes of apertures, and the blur of each."""

from dataclasses import dataclass
from typing import Literal

Shape = Literal["gaussian", "disc", "polygon"]


@dataclass(frozen=True)
class Aperture:
    """The opening of a lens, whose scaled image is the blur of a point.

    Attributes:
        shape: ``gaussian`` is a lens that lets less through towards its rim.
        blades: corners of a polygon, at least 3.
        rotation_degrees: of a polygon.
    """

    shape: Shape = "gaussian"
    blades: int = 6
    rotation_degrees: float = 0.0


GAUSSIAN = Aperture()
