"""Procedural scenes: textured leaves that hide one another, each at its own depth."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import numpy as np
from annotated_types import Ge

from dmenet.synthesis.rendering.surfaces import Surface, pinhole_view, render_surfaces
from dmenet.synthesis.scenes.scene import Scene, Seed
from dmenet.synthesis.scenes.shapes import box_around, grid, leaf, scale_invariant
from dmenet.synthesis.scenes.textures import Field, Texturer

Side = Annotated[int, Ge(16)]
"""Of an image in px."""

MARGIN_PX = 36
"""The scene extends this far around the image, since that is how far sigma 7 spreads."""

NEAREST_MM = (500.0, 1500.0)
FARTHEST_MM = (4000.0, 20000.0)
LEAVES = (40, 80)
RADII_PX = (14.0, 90.0)
SLANTED_LEAVES = 0.4
SLANTED_BACKGROUNDS = 0.5
STEEPEST = 0.35
"""From centre to rim, a slanted leaf spans at most this share of the scene's disparities ..."""

STEEPEST_AT_PX = 60.0
"""... if its radius is at least this; smaller ones proportionally less."""


@dataclass(frozen=True)
class _Plane:
    """Disparity (1 / mm) of a plane: affine in the place (in px) in the image."""

    centre: float
    per_row: float = 0.0
    per_column: float = 0.0

    def at(self, rows: Field, columns: Field) -> Field:
        disparity = self.centre + self.per_row * rows + self.per_column * columns
        return disparity.astype(np.float32)

    def depth_mm(self, rows: Field, columns: Field) -> Field:
        return np.reciprocal(self.at(rows, columns))


def dead_leaves(seed: Seed, height: Side, width: Side) -> Scene:
    """The scene of ``dead_leaves_surfaces``; another one for each seed."""
    surfaces, shape = dead_leaves_surfaces(seed, height, width), (height, width)
    return Scene(
        name="dead_leaves",
        depth_mm=np.concatenate([surface.depth_mm.ravel() for surface in surfaces]),
        image_width_px=width,
        focal_length_mm=None,
        photograph=partial(render_surfaces, surfaces, shape),
        pinhole=partial(pinhole_view, surfaces, shape),
    )


def dead_leaves_surfaces(seed: int | Sequence[int], height: Side, width: Side) -> list[Surface]:
    """A scene for ``render_surfaces``: a background that covers the image, and leaves before it.

    The leaves are ellipses, polygons and bars with scale-invariant radii (density r^-3), textured
    with noise, stripes and checks in random colours. Some of them are slanted, as are half of the
    backgrounds. Disparity is uniform between the background and the nearest depth whatever the size
    of a leaf, so that blur and not size tells the blur.

    Colours are meant as gamma-encoded values and are blurred as such, like those of the released
    generator: highlights bloom less than through a real lens, but the labels hold either way, and
    the data compare with the released ones.

    Args:
        seed: the scene is a function of the seed and the size.
        height: of the image in px, at least 16.
        width: of the image in px, at least 16.

    Returns:
        Surfaces from far to near by the depth of their centres; boxes reach up to ``MARGIN_PX``
        beyond the image.

    Source: Lee, Mumford and Huang, Occlusion models for natural images, IJCV 2001.
    """
    return _Arrangement(seed, height, width).surfaces()


class _Arrangement:
    """A scene in the making: all draws come from one generator, in the order of the methods.

    Args:
        seed, height, width: as of ``dead_leaves_surfaces``.
    """

    def __init__(self, seed: int | Sequence[int], height: int, width: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.far, self.near = 1 / self.rng.uniform(*FARTHEST_MM), 1 / self.rng.uniform(*NEAREST_MM)
        self.frame = (-MARGIN_PX, -MARGIN_PX, height + MARGIN_PX, width + MARGIN_PX)
        self.texturer = Texturer(self.rng, max(height, width) + 2 * MARGIN_PX)
        self.background = self._background()

    def surfaces(self) -> list[Surface]:
        """The background, and leaves from far to near."""
        rows, columns = grid(self.frame)
        colour, alpha = self.texturer.draw(rows, columns), np.ones(rows.shape, np.float32)
        wall = Surface(*self.frame[:2], colour, alpha, self.background.depth_mm(rows, columns))
        leaves = [self._leaf() for _ in range(self.rng.integers(*LEAVES, endpoint=True))]
        seen = [leaf for leaf in leaves if leaf is not None]
        seen.sort(key=lambda leaf: leaf[0])
        return [wall, *(surface for _, surface in seen)]

    def _leaf(self) -> tuple[float, Surface] | None:
        """A leaf with the disparity of its centre; None where the background leaves no room."""
        rng, (top, left, bottom, right) = self.rng, self.frame
        row, column = rng.uniform(top, bottom), rng.uniform(left, right)
        radius = scale_invariant(rng, *RADII_PX)
        box = box_around(row, column, radius, self.frame)
        rows, columns = grid(box)
        # Nearer than all of the background behind it, so that the two do not intersect.
        behind = float(self.background.at(rows, columns).max())
        centre = rng.uniform(min(behind, self.near), self.near)
        room = min(centre - behind, self.near - centre)
        plane = self._leaf_plane(centre, room, (row, column), radius)
        colour = self.texturer.draw(rows, columns)
        alpha = leaf(rng, rows - row, columns - column, radius)
        surface = Surface(*box[:2], colour, alpha, plane.depth_mm(rows, columns))
        return (centre, surface) if behind < self.near else None

    def _background(self) -> _Plane:
        """A wall, or a plane that comes nearer towards one side of the frame, mostly the bottom."""
        rng, far = self.rng, self.far
        if rng.random() > SLANTED_BACKGROUNDS:
            return _Plane(far)
        angle = rng.normal(0, 0.6)
        rows, columns = np.array(self.frame[::2]), np.array(self.frame[1::2])
        along = np.add.outer(rows * np.cos(angle), columns * np.sin(angle))
        slope = rng.uniform(0.2, 0.9) * (self.near - far) / np.ptp(along)
        return _Plane(far - slope * along.min(), slope * np.cos(angle), slope * np.sin(angle))

    def _leaf_plane(
        self, centre: float, room: float, place: tuple[float, float], radius: float
    ) -> _Plane:
        """A leaf's plane through its centre, whose disparities differ by at most ``room``."""
        rng = self.rng
        if rng.random() > SLANTED_LEAVES:
            return _Plane(centre)
        steepest = STEEPEST * (self.near - self.far) * min(1.0, radius / STEEPEST_AT_PX)
        # The corners of the box keep within the disparities, too: they are there, if transparent.
        corner_px = np.sqrt(2) * (radius + 2)
        slope = rng.random() * max(0.0, min(steepest, room)) / corner_px
        angle = rng.uniform(0, 2 * np.pi)
        per_row, per_column = slope * np.cos(angle), slope * np.sin(angle)
        return _Plane(centre - per_row * place[0] - per_column * place[1], per_row, per_column)
