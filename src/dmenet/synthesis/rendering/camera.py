"""A thin lens: from the depth of a point to how blurred the point is."""

import math
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dmenet.errors import InputError
from dmenet.synthesis.rendering.apertures import GAUSSIAN, Aperture
from dmenet.units import sigma_px_from_coc_px

FULL_FRAME_WIDTH_MM = 36.0


@dataclass(frozen=True, kw_only=True)
class ThinLensCamera:
    """A thin lens in front of a sensor, focused at one distance.

    Args:
        focal_length_mm: f, over 0.
        f_number: f over the diameter of the aperture, over 0; ``math.inf`` is a pinhole.
        focus_distance_mm: from the lens to the plane that is sharp, over ``focal_length_mm``.
        image_width_px: width of the image that the whole sensor takes, over 0.
        sensor_width_mm: over 0.
        aperture: its shape, which is that of the blur; it changes no sigma.

    Raises:
        InputError: if a value is out of its range.

    Source: Lee et al. 2019, section 3.1.
    """

    focal_length_mm: float
    f_number: float
    focus_distance_mm: float
    image_width_px: int
    sensor_width_mm: float = FULL_FRAME_WIDTH_MM
    aperture: Aperture = GAUSSIAN

    def __post_init__(self) -> None:
        for name in ("focal_length_mm", "focus_distance_mm", "image_width_px", "sensor_width_mm"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise InputError(f"camera: {name} is {value}, expected a finite number over 0")
        if not self.f_number > 0:
            raise InputError(
                f"camera: f_number is {self.f_number}, expected a number over 0 (infinite: pinhole)"
            )
        if self.focus_distance_mm <= self.focal_length_mm:
            raise InputError(
                f"camera: focus_distance_mm is {self.focus_distance_mm}, expected more than the "
                f"focal length of {self.focal_length_mm} mm; a lens cannot focus nearer"
            )

    @classmethod
    def for_max_coc(
        cls,
        *,
        max_coc_px: float,
        nearest_mm: float,
        farthest_mm: float,
        **others: Any,
    ) -> Self:
        """The camera whose f-number gives a largest CoC over a range of depths.

        Args:
            max_coc_px: the largest diameter of the circle of confusion, over 0.
            nearest_mm: smallest depth of the scene, over 0.
            farthest_mm: largest depth of the scene, at least ``nearest_mm``.
            others: of the camera, all but the f-number.

        Raises:
            InputError: if a value is out of its range, or the whole scene is in focus, where no
                f-number blurs it.

        Source: the released generator, which chooses its f-number so.
        """
        if not (math.isfinite(max_coc_px) and max_coc_px > 0):
            raise InputError(f"camera: max_coc_px is {max_coc_px}, expected a number over 0")
        if not 0 < nearest_mm <= farthest_mm:
            raise InputError(
                f"camera: depths from {nearest_mm} to {farthest_mm} mm, expected 0 < nearest <= "
                "farthest"
            )
        # The CoC goes as 1/N and is monotone in depth: f/1 at both ends says all.
        at_f1 = cls(f_number=1.0, **others)
        largest = float(np.abs(at_f1.signed_coc_px([nearest_mm, farthest_mm])).max())
        if largest == 0:
            raise InputError(
                f"camera: the scene lies wholly at the focus distance of "
                f"{at_f1.focus_distance_mm} mm; no f-number blurs it, choose another focus distance"
            )
        return replace(at_f1, f_number=largest / max_coc_px)

    def signed_coc_px(self, depth_mm: ArrayLike) -> NDArray[np.float64]:
        """Diameter of the circle of confusion: positive behind the focal plane, negative before it.

        (f/N) f/(z_f - f) (1 - z_f/z) W/w: affine in 1/z, hence affine in image coordinates on any
        plane of the scene.

        Args:
            depth_mm: any shape, over 0; infinity is allowed.

        Returns:
            Pixels, same shape.

        Raises:
            InputError: if a depth is NaN or not over 0.
        """
        depth = np.asarray(depth_mm, dtype=np.float64)
        if not (depth > 0).all():
            raise InputError(
                f"depth map: {np.count_nonzero(~(depth > 0))} values are NaN or not over 0 mm; "
                "fill unknown depths before rendering"
            )
        f, focus = self.focal_length_mm, self.focus_distance_mm
        coc_at_infinity_px = (
            (f / self.f_number) * f / (focus - f) * self.image_width_px / self.sensor_width_mm
        )
        return coc_at_infinity_px * (1 - focus / depth)

    def sigma_px(self, depth_mm: ArrayLike) -> NDArray[np.float32]:
        """Standard deviation of the Gaussian that blurs as much as the lens; not clipped.

        Args:
            depth_mm: any shape, over 0.

        Returns:
            Pixels per axis, same shape.

        Raises:
            InputError: if a depth is NaN or not over 0.
        """
        sigma: NDArray[np.float64] = sigma_px_from_coc_px(np.abs(self.signed_coc_px(depth_mm)))
        return sigma.astype(np.float32)
