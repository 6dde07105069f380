"""Drawing a camera for a scene."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, MinLen

from dmenet.errors import InputError
from dmenet.ranges import Positive, Range, Share
from dmenet.synthesis.released.layers import MAX_COC_PX, cut_layers, push_back
from dmenet.synthesis.rendering.apertures import Aperture, Blades, Shape
from dmenet.synthesis.rendering.camera import FULL_FRAME_WIDTH_MM, ThinLensCamera
from dmenet.synthesis.scenes.scene import Scene
from dmenet.units import sigma_px_from_coc_px

RELEASED_FOCAL_LENGTHS_MM = (50.0, 70.0, 85.0)
RELEASED_WEIGHTS = (1 / 9, 4 / 9, 4 / 9)
RELEASED_LAYERS = (200, 350)
RELEASED_DRAWS = 22


@dataclass(frozen=True, kw_only=True)
class RandomCamera:
    """Draws a thin-lens camera for each scene; the ranges are drawn from uniformly.

    Args:
        focal_lengths_mm: one is drawn; empty: the scene's own, which it must know.
        sensor_width_mm: over 0.
        f_numbers: lowest and highest, drawn by equal stops; None where the blur is chosen instead.
        largest_sigma_px: range of the largest sigma in the scene, for which the f-number is solved;
            None where the f-number is chosen.
        focus_quantile: range of the quantile of the scene's depths to focus at, in [0, 1].
        focus_pixel: row and column to focus at, as shares of height and width in [0, 1]; then the
            quantile is not used.
        apertures: shapes, of which one is drawn.
        blades: lowest and highest number of corners of a polygon, which is rotated at random.

    Raises:
        InputError: if settings contradict each other.
    """

    focal_lengths_mm: Sequence[Positive]
    sensor_width_mm: Positive = FULL_FRAME_WIDTH_MM
    f_numbers: Range[Annotated[float, Ge(0.1)]] | None = None
    largest_sigma_px: Range[Annotated[float, Ge(1e-3)]] | None = None
    focus_quantile: Range[Share] = (0.0, 1.0)
    focus_pixel: tuple[Share, Share] | None = None
    apertures: Annotated[Sequence[Shape], MinLen(1)] = ("gaussian",)
    blades: Range[Blades] = (5, 9)

    def __post_init__(self) -> None:
        if (self.f_numbers is None) == (self.largest_sigma_px is None):
            raise InputError(
                f"f_numbers={self.f_numbers} with largest_sigma_px={self.largest_sigma_px}: "
                "expected one of them and null for the other, which follows from it"
            )

    def __call__(self, scene: Scene, rng: np.random.Generator) -> ThinLensCamera:
        """Draw a camera.

        Raises:
            InputError: if the scene lies nearer than the lens can focus, or wholly in focus where
                a blur was chosen, or has no focal length where the scene's own was chosen.
        """
        focal_length_mm = self._focal_length_mm(scene, rng)
        focus_mm = self._focus_mm(scene, rng)
        if focus_mm <= focal_length_mm:
            raise InputError(
                f"scene {scene.name}: the camera is to focus at {focus_mm:.4g} mm, nearer than its "
                f"focal length of {focal_length_mm:g} mm; depths look like metres taken for mm: "
                "check the unit of the depth map"
            )
        settings: dict[str, Any] = {
            "focal_length_mm": focal_length_mm,
            "focus_distance_mm": focus_mm,
            "image_width_px": scene.image_width_px,
            "sensor_width_mm": self.sensor_width_mm,
            "aperture": self._aperture(rng),
        }
        if self.f_numbers is not None:
            low, high = np.log(self.f_numbers)
            return ThinLensCamera(f_number=float(np.exp(rng.uniform(low, high))), **settings)
        assert self.largest_sigma_px is not None
        return ThinLensCamera.for_max_coc(
            max_coc_px=rng.uniform(*self.largest_sigma_px) / sigma_px_from_coc_px(1.0),
            nearest_mm=float(scene.depth_mm.min()),
            farthest_mm=float(scene.depth_mm.max()),
            **settings,
        )

    def _focal_length_mm(self, scene: Scene, rng: np.random.Generator) -> float:
        if self.focal_lengths_mm:
            return float(rng.choice(self.focal_lengths_mm))
        if scene.focal_length_mm is None:
            raise InputError(
                f"scene {scene.name}: its focal length is not known; give camera.focal_lengths_mm"
            )
        return scene.focal_length_mm * self.sensor_width_mm / FULL_FRAME_WIDTH_MM

    def _focus_mm(self, scene: Scene, rng: np.random.Generator) -> float:
        if self.focus_pixel is None:
            return float(np.quantile(scene.depth_mm, rng.uniform(*self.focus_quantile)))
        depth_mm = scene.pinhole()[1]
        row, column = (
            min(int(share * size), size - 1)
            for share, size in zip(self.focus_pixel, depth_mm.shape, strict=True)
        )
        return float(depth_mm[row, column])

    def _aperture(self, rng: np.random.Generator) -> Aperture:
        shape: Shape = self.apertures[int(rng.integers(len(self.apertures)))]
        if shape != "polygon":
            return Aperture(shape)
        low, high = self.blades
        return Aperture(
            shape, int(rng.integers(low, high, endpoint=True)), float(rng.uniform(0, 360))
        )


def released_camera(scene: Scene, rng: np.random.Generator) -> ThinLensCamera:
    """Draw a camera as the released generator does.

    The focal length is 50, 70 or 85 mm (weights 1, 4, 4). The focus depth is one of the distinct
    depths, by weights that fall from the nearest to the farthest like a Gaussian whose standard
    deviation is half the number of depths. The f-number makes the largest CoC 29 px. Repeated until
    the image has 200 to 350 layers; the 22nd draw is taken whatever it has.

    Raises:
        InputError: if the whole scene lies at one depth.

    Source: the released generator of Lee et al. 2019.
    """
    for _ in range(RELEASED_DRAWS):
        focal_length_mm = float(rng.choice(RELEASED_FOCAL_LENGTHS_MM, p=RELEASED_WEIGHTS))
        depth_mm = push_back(scene.pinhole()[1], focal_length_mm)
        depths = np.unique(depth_mm)
        weights = np.exp(-2 * ((np.arange(depths.size) + 0.5) / depths.size) ** 2)
        camera = ThinLensCamera.for_max_coc(
            max_coc_px=MAX_COC_PX,
            nearest_mm=float(depths[0]),
            farthest_mm=float(depths[-1]),
            focal_length_mm=focal_length_mm,
            focus_distance_mm=float(rng.choice(depths, p=weights / weights.sum())),
            image_width_px=scene.image_width_px,
        )
        least, most = RELEASED_LAYERS
        if least <= cut_layers(depth_mm, camera).cocs_px.size <= most:
            break
    return camera
