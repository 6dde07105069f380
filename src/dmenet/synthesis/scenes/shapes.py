"""Outlines of procedural things: leaves, and structures so thin that a lens sees around them."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dmenet.synthesis.scenes.textures import Field

Frame = tuple[int, int, int, int]
"""Top, left, bottom, right."""

Points = NDArray[np.float64]
"""n x 2: row and column in px."""

TWIG_FORKS = 3
WIRE_SEGMENTS = 12


def grid(box: Frame) -> tuple[Field, Field]:
    """Rows and columns of each pixel of a box."""
    top, left, bottom, right = box
    rows, columns = np.mgrid[top:bottom, left:right].astype(np.float32)
    return rows, columns


def box_around(row: float, column: float, radius: float, frame: Frame) -> Frame:
    """The box of a disc in px, with a pixel around it for the soft edge, within a frame."""
    return (
        max(int(row - radius) - 1, frame[0]),
        max(int(column - radius) - 1, frame[1]),
        min(int(row + radius) + 2, frame[2]),
        min(int(column + radius) + 2, frame[3]),
    )


def scale_invariant(rng: np.random.Generator, least: float, greatest: float) -> float:
    """A number of density r^-3: the same share of the image is covered at each scale."""
    share = rng.random()
    return float((least**-2 * (1 - share) + greatest**-2 * share) ** -0.5)


def antialiased(outside_px: Field) -> Field:
    """Coverage of each pixel, from its signed distance to an outline, positive outside."""
    coverage: Field = np.clip(0.5 - outside_px, 0, 1).astype(np.float32)
    return coverage


def leaf(rng: np.random.Generator, rows: Field, columns: Field, radius: float) -> Field:
    """Coverage of an ellipse, a polygon or a bar within a disc around 0.

    Args:
        rng: decides on the shape.
        rows: of each pixel in px, H x W.
        columns: of each pixel in px, H x W.
        radius: of the disc in px.
    """
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
    return antialiased(outside_px)


def twig(
    rng: np.random.Generator, rows: Field, columns: Field, radius: float, width_px: float
) -> Field:
    """Coverage of a twig that forks and tapers; arguments as of ``leaf``, and its width."""
    tips = [(np.array([0.0, 0.0]) - 0.9 * radius * _direction(rng.uniform(0, 2 * np.pi)))]
    heading = float(np.arctan2(-tips[0][0], -tips[0][1]))
    ends, segments, length, width = [(tips[0], heading)], [], 0.7 * radius, width_px
    for _ in range(TWIG_FORKS):
        forks = []
        for start, angle in ends:
            for turn in rng.uniform(0.15, 0.8, 2) * (-1, 1):
                end = start + length * rng.uniform(0.6, 1) * _direction(angle + turn)
                segments.append((start, end, width / 2))
                forks.append((end, angle + turn))
        ends, length, width = forks, 0.6 * length, max(0.7 * width, 1.0)
    return antialiased(_outside_segments(rows, columns, segments))


def wire(
    rng: np.random.Generator, rows: Field, columns: Field, radius: float, width_px: float
) -> Field:
    """Coverage of a bent wire of even width; arguments as of ``twig``."""
    start, middle, end = (
        rng.uniform(0.3, 0.95) * radius * _direction(angle)
        for angle in rng.uniform(0, 2 * np.pi) + np.array([0.0, 1.6, 3.0])
    )
    along = np.linspace(0, 1, WIRE_SEGMENTS + 1)[:, np.newaxis]
    points = (1 - along) ** 2 * start + 2 * along * (1 - along) * middle + along**2 * end
    segments = [(*ends, width_px / 2) for ends in pairwise(points)]
    return antialiased(_outside_segments(rows, columns, segments))


def fence(
    rng: np.random.Generator, rows: Field, columns: Field, radius: float, width_px: float
) -> Field:
    """Coverage of a rectangle of crossing or parallel wires; arguments as of ``twig``."""
    angle = rng.uniform(0, np.pi)
    along = rows * np.cos(angle) + columns * np.sin(angle)
    across = columns * np.cos(angle) - rows * np.sin(angle)
    period_px = width_px * rng.uniform(3, 8)
    lines = np.abs((across / period_px) % 1 - 0.5) * period_px - width_px / 2
    if rng.random() < 0.6:
        others = np.abs((along / period_px) % 1 - 0.5) * period_px - width_px / 2
        lines = np.minimum(lines, others)
    half = 0.7 * radius
    frame = np.maximum(np.abs(along) - half, np.abs(across) - half * rng.uniform(0.4, 1))
    return antialiased(np.maximum(lines, frame).astype(np.float32))


THIN = (twig, wire, fence)


def _direction(angle: float) -> NDArray[np.float64]:
    return np.array([np.sin(angle), np.cos(angle)])


def _outside_segments(
    rows: Field, columns: Field, segments: Sequence[tuple[Points, Points, float]]
) -> Field:
    """Signed distance to the nearest of several thick segments with round ends."""
    nearest = np.full(rows.shape, np.inf, np.float32)
    for start, end, half_width in segments:
        (down, right), (from_row, from_column) = end - start, start
        squared = max(down * down + right * right, 1e-9)
        share = ((rows - from_row) * down + (columns - from_column) * right) / squared
        share = np.clip(share, 0, 1)
        distance = np.hypot(rows - from_row - share * down, columns - from_column - share * right)
        np.minimum(nearest, distance - half_width, out=nearest)
    return nearest
