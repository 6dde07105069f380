"""What can be photographed. A source is a function of a seed that gives a ``Scene``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.canvas import Rendering

Seed = Sequence[int]


class SceneRenderer(Protocol):
    """Takes a picture of one scene."""

    def __call__(self, camera: ThinLensCamera, *, linear_light: bool = False) -> Rendering:
        """The picture."""


@dataclass(frozen=True)
class Scene:
    """Something that can be photographed.

    Attributes:
        name: of what is seen, fit for a file name; scenes of one source may share it.
        depth_mm: what there is to focus on, of any shape.
        image_width_px: of the whole frame, of which the image may be a part.
        focal_length_mm: of the lens that saw it; None where any will do.
        photograph: takes the picture, faithfully; ``linear_light`` as of ``renderers.faithful``.
        pinhole: gives the picture without blur, H x W x 3 in [0, 1], and its depth in mm, H x W.
    """

    name: str
    depth_mm: NDArray[np.floating]
    image_width_px: int
    focal_length_mm: float | None
    photograph: SceneRenderer
    pinhole: Callable[[], tuple[NDArray[np.float32], NDArray[np.floating]]]


Source = Callable[[Seed], Scene]
