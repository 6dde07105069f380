"""Procedural scenes: textured leaves that hide one another, each at its own depth."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dmenet.errors import InputError
from dmenet.synthesis.surfaces import Surface
from dmenet.synthesis.textures import Field, Texturer

MARGIN_PX = 36
"""The scene goes on this far around the image: as much as sigma 7 spreads into it."""

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


def dead_leaves_scene(seed: int | Sequence[int], height: int, width: int) -> list[Surface]:
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

    Raises:
        InputError: if the size is smaller.

    Source: Lee, Mumford and Huang, Occlusion models for natural images, IJCV 2001.
    """
    if min(height, width) < 16:
        raise InputError(f"scene of {height} x {width} px: expected at least 16 x 16")
    rng = np.random.default_rng(seed)
    far, near = 1 / rng.uniform(*FARTHEST_MM), 1 / rng.uniform(*NEAREST_MM)
    frame = (-MARGIN_PX, -MARGIN_PX, height + MARGIN_PX, width + MARGIN_PX)
    texturer = Texturer(rng, max(height, width) + 2 * MARGIN_PX)

    background = _background(rng, far, near, frame)
    rows, columns = _grid(frame)
    surfaces = [
        Surface(
            top=frame[0],
            left=frame[1],
            colour=texturer.draw(rows, columns),
            alpha=np.ones(rows.shape, np.float32),
            depth_mm=background.depth_mm(rows, columns),
        )
    ]
    leaves = [
        _leaf(rng, texturer, background, frame, (far, near))
        for _ in range(rng.integers(*LEAVES, endpoint=True))
    ]
    seen = [leaf for leaf in leaves if leaf is not None]
    seen.sort(key=lambda leaf: leaf[0])
    return surfaces + [surface for _, surface in seen]


def _leaf(
    rng: np.random.Generator,
    texturer: Texturer,
    background: _Plane,
    frame: tuple[int, int, int, int],
    disparities: tuple[float, float],
) -> tuple[float, Surface] | None:
    """A random leaf with the disparity of its centre; None where the background leaves no room."""
    far, near = disparities
    row, column = rng.uniform(frame[0], frame[2]), rng.uniform(frame[1], frame[3])
    radius = _scale_invariant(rng, *RADII_PX)
    box = (
        max(int(row - radius) - 1, frame[0]),
        max(int(column - radius) - 1, frame[1]),
        min(int(row + radius) + 2, frame[2]),
        min(int(column + radius) + 2, frame[3]),
    )
    rows, columns = _grid(box)
    # Before the background all over, lest the leaf stick in it.
    behind = float(background.at(rows, columns).max())
    centre = rng.uniform(min(behind, near), near)
    plane = _leaf_plane(rng, (behind, centre, near), (row, column), radius, far)
    surface = Surface(
        top=box[0],
        left=box[1],
        colour=texturer.draw(rows, columns),
        alpha=_shape(rng, rows - row, columns - column, radius),
        depth_mm=plane.depth_mm(rows, columns),
    )
    return (centre, surface) if behind < near else None


def _grid(box: tuple[int, int, int, int]) -> tuple[Field, Field]:
    """Rows and columns of each pixel of a box (top, left, bottom, right)."""
    top, left, bottom, right = box
    rows, columns = np.mgrid[top:bottom, left:right].astype(np.float32)
    return rows, columns


def _background(
    rng: np.random.Generator, far: float, near: float, frame: tuple[int, int, int, int]
) -> _Plane:
    """A wall, or a plane that comes nearer towards one side of the frame, mostly the bottom."""
    if rng.random() > SLANTED_BACKGROUNDS:
        return _Plane(far)
    angle = rng.normal(0, 0.6)
    rows, columns = np.array(frame[::2]), np.array(frame[1::2])
    along = np.add.outer(rows * np.cos(angle), columns * np.sin(angle))
    slope = rng.uniform(0.2, 0.9) * (near - far) / np.ptp(along)
    return _Plane(far - slope * along.min(), slope * np.cos(angle), slope * np.sin(angle))


def _leaf_plane(
    rng: np.random.Generator,
    disparities: tuple[float, float, float],
    place: tuple[float, float],
    radius: float,
    far: float,
) -> _Plane:
    """A leaf's plane through its centre, within the disparities behind and before it."""
    behind, centre, near = disparities
    if rng.random() > SLANTED_LEAVES:
        return _Plane(centre)
    steepest = STEEPEST * (near - far) * min(1.0, radius / STEEPEST_AT_PX)
    # The corners of the box keep within the disparities, too: they are there, if transparent.
    corner_px = np.sqrt(2) * (radius + 2)
    slope = rng.random() * max(0.0, min(steepest, centre - behind, near - centre)) / corner_px
    angle = rng.uniform(0, 2 * np.pi)
    per_row, per_column = slope * np.cos(angle), slope * np.sin(angle)
    return _Plane(centre - per_row * place[0] - per_column * place[1], per_row, per_column)


def _scale_invariant(rng: np.random.Generator, least: float, greatest: float) -> float:
    """A number of density r^-3: the same share of the image is covered at each scale."""
    share = rng.random()
    return float((least**-2 * (1 - share) + greatest**-2 * share) ** -0.5)


def _shape(rng: np.random.Generator, rows: Field, columns: Field, radius: float) -> Field:
    """Coverage of a random shape within a disc around 0, antialiased over a pixel."""
    angle = rng.uniform(0, 2 * np.pi)
    along = rows * np.cos(angle) + columns * np.sin(angle)
    across = columns * np.cos(angle) - rows * np.sin(angle)
    kind = rng.choice(["ellipse", "polygon", "bar"], p=[0.45, 0.35, 0.2])
    if kind == "ellipse":
        minor = radius * rng.uniform(0.4, 1)
        norm = np.hypot(along / radius, across / minor)
        steepness = np.hypot(along / radius**2, across / minor**2) / np.maximum(norm, 1e-6)
        outside_px = (norm - 1) / np.maximum(steepness, 1e-6)
    elif kind == "bar":
        half_width = max(1.5, radius * rng.uniform(0.06, 0.3))
        outside_px = np.maximum(np.abs(along) - 0.95 * radius, np.abs(across) - half_width)
    else:
        corners = int(rng.integers(3, 9))
        turns = (np.arange(corners) + rng.uniform(-0.3, 0.3, corners)) / corners
        angles = 2 * np.pi * np.append(turns, turns[0] + 1)
        outside_px = np.full(rows.shape, -np.inf, np.float32)
        for start, stop in pairwise(angles):
            middle, inradius = (start + stop) / 2, radius * np.cos((stop - start) / 2)
            edge_px = along * np.cos(middle) + across * np.sin(middle) - inradius
            outside_px = np.maximum(outside_px, edge_px)
    coverage: Field = np.clip(0.5 - outside_px, 0, 1).astype(np.float32)
    return coverage
