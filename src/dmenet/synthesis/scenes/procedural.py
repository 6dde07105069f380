"""Procedural scenes by configuration: textured flat, slanted and curved things, and thin ones."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import numpy as np
from annotated_types import Ge

from dmenet.errors import InputError
from dmenet.ranges import Range, Share, Whole
from dmenet.synthesis.rendering.surfaces import Surface, pinhole_view, render_surfaces
from dmenet.synthesis.scenes.dead_leaves import MARGIN_PX, Side
from dmenet.synthesis.scenes.scene import Scene, Seed
from dmenet.synthesis.scenes.shapes import THIN, Frame, box_around, grid, leaf, scale_invariant
from dmenet.synthesis.scenes.textures import DEFAULT_TEXTURES, Field, Texturer, Textures

STEEPEST = 0.35
"""From its centre to its rim a thing spans at most this share of the scene's disparities."""

BACKGROUND_SPAN = (0.2, 0.9)
"""Share of the disparities that a slanted or curved background spans."""


Size = Annotated[float, Ge(1)]
"""In px or mm."""


@dataclass(frozen=True)
class _Relief:
    """Disparity (1 / mm) of a surface: a plane, bent along two axes.

    Affine disparities are planes; with the squares they are cylinders, domes, bowls and saddles.

    Attributes:
        centre: disparity at ``place``.
        place: row and column in px.
        slopes: change per px along rows and along columns.
        bends: change per square px along the two axes.
        angle: of the first axis, from the columns towards the rows.
    """

    centre: float
    place: tuple[float, float]
    slopes: tuple[float, float] = (0.0, 0.0)
    bends: tuple[float, float] = (0.0, 0.0)
    angle: float = 0.0

    def at(self, rows: Field, columns: Field) -> Field:
        down, right = rows - self.place[0], columns - self.place[1]
        along = right * np.cos(self.angle) + down * np.sin(self.angle)
        across = down * np.cos(self.angle) - right * np.sin(self.angle)
        plane = self.centre + self.slopes[0] * down + self.slopes[1] * right
        bent = plane + self.bends[0] * along**2 + self.bends[1] * across**2
        return np.asarray(bent, np.float32)


@dataclass(frozen=True, kw_only=True)
class Procedural:
    """Scenes without end, each a function of its seed.

    A background fills the image, and before it stand things at disparities that are uniform between
    the farthest and the nearest depth, whatever their size. Radii are scale-invariant.

    Args:
        height: of the image in px, at least 16.
        width: of the image in px, at least 16.
        nearest_mm: range of the nearest depth of a scene.
        farthest_mm: range of the farthest depth; all of it beyond ``nearest_mm``.
        things: least and greatest number of them.
        radii: least and greatest radius of a thing, as shares of the shorter side.
        slanted: share of the things and backgrounds that are slanted planes.
        curved: share that is curved: cylinders, domes, bowls, saddles. The rest faces the camera.
        thin: share of the things that are twigs, wires or fences.
        thin_px: range of their width in px.
        textures: what they are covered with.

    Raises:
        InputError: the depths overlap, or shares add up to more than 1.

    Source: after Lee, Mumford and Huang, Occlusion models for natural images, IJCV 2001.
    """

    height: Side
    width: Side
    nearest_mm: Range[Size]
    farthest_mm: Range[Size]
    things: Range[Whole]
    radii: Range[Annotated[float, Ge(0.001)]]
    slanted: Share
    curved: Share
    thin: Share
    thin_px: Range[Size]
    textures: Textures = DEFAULT_TEXTURES

    def __post_init__(self) -> None:
        if not self.nearest_mm[1] < self.farthest_mm[0]:
            raise InputError(
                f"procedural: nearest_mm up to {self.nearest_mm[1]:g} with farthest_mm from "
                f"{self.farthest_mm[0]:g}: expected the farthest beyond the nearest"
            )
        if self.slanted + self.curved > 1:
            raise InputError(
                f"procedural: slanted is {self.slanted}, curved is {self.curved}: expected shares "
                "that are together at most 1"
            )

    def __call__(self, seed: Seed) -> Scene:
        """The scene of a seed."""
        surfaces = self.surfaces(seed)
        shape = self.height, self.width
        seen = pinhole_view(surfaces, shape)
        return Scene(
            name="procedural",
            depth_mm=seen[1],
            image_width_px=self.width,
            focal_length_mm=None,
            photograph=partial(render_surfaces, surfaces, shape, seen=seen),
            pinhole=lambda: seen,
        )

    def surfaces(self, seed: Seed) -> list[Surface]:
        """The surfaces of a scene, for ``render_surfaces``: from far to near by their centres."""
        rng = np.random.default_rng(seed)
        far, near = 1 / rng.uniform(*self.farthest_mm), 1 / rng.uniform(*self.nearest_mm)
        frame = (-MARGIN_PX, -MARGIN_PX, self.height + MARGIN_PX, self.width + MARGIN_PX)
        texturer = Texturer(rng, max(self.height, self.width) + 2 * MARGIN_PX, self.textures)
        rows, columns = grid(frame)
        background = self._background(rng, (far, near), rows, columns)
        covered = np.ones(rows.shape, np.float32)
        things = [
            self._thing(rng, texturer, background, (far, near), frame)
            for _ in range(rng.integers(*self.things, endpoint=True))
        ]
        things.sort(key=lambda thing: thing[0])
        colour = texturer.draw(rows, columns)
        behind = Surface(*frame[:2], colour, covered, np.reciprocal(background))
        return [behind, *(surface for _, surface in things)]

    def _background(
        self,
        rng: np.random.Generator,
        disparities: tuple[float, float],
        rows: Field,
        columns: Field,
    ) -> Field:
        """Disparities of a wall, a floor or a vault, all of it within the scene's range."""
        far, near = disparities
        relief = self._relief(rng, 0.0, (self.height / 2, self.width / 2), 1.0, 1.0)
        shape = relief.at(rows, columns)
        span = float(np.ptp(shape))
        if span == 0:
            return np.full_like(rows, far)
        share = rng.uniform(*BACKGROUND_SPAN) * (near - far) / span
        return np.asarray(far + share * (shape - shape.min()), np.float32)

    def _thing(
        self,
        rng: np.random.Generator,
        texturer: Texturer,
        background: Field,
        disparities: tuple[float, float],
        frame: Frame,
    ) -> tuple[float, Surface]:
        """A random thing, with the disparity of its centre."""
        far, near = disparities
        row, column = rng.uniform(frame[0], frame[2]), rng.uniform(frame[1], frame[3])
        least, greatest = (share * min(self.height, self.width) for share in self.radii)
        radius = scale_invariant(rng, least, greatest)
        box = box_around(row, column, radius, frame)
        rows, columns = grid(box)
        # Nearer than all of the background behind it, so that the two do not intersect.
        place = np.s_[box[0] - frame[0] : box[2] - frame[0], box[1] - frame[1] : box[3] - frame[1]]
        behind = float(background[place].max())
        centre = rng.uniform(behind, near)
        room = min(STEEPEST * (near - far), centre - behind, near - centre)
        # The corners of the box keep within the disparities, too: they are there, if transparent.
        reach = np.sqrt(2) * (radius + 2)
        relief = self._relief(rng, centre, (row, column), max(0.0, room), reach)
        if rng.random() < self.thin:
            draw = THIN[int(rng.integers(len(THIN)))]
            width_px = float(np.exp(rng.uniform(*np.log(self.thin_px))))
            alpha = draw(rng, rows - row, columns - column, radius, width_px)
        else:
            alpha = leaf(rng, rows - row, columns - column, radius)
        depth_mm = np.reciprocal(relief.at(rows, columns))
        return centre, Surface(*box[:2], texturer.draw(rows, columns), alpha, depth_mm)

    def _relief(
        self,
        rng: np.random.Generator,
        centre: float,
        place: tuple[float, float],
        most: float,
        reach_px: float,
    ) -> _Relief:
        """Flat, slanted or curved; within ``reach_px`` it leaves its centre by at most ``most``."""
        kind, angle = rng.random(), rng.uniform(0, 2 * np.pi)
        if kind < self.slanted:
            slope = rng.random() * most / reach_px
            return _Relief(centre, place, (slope * np.sin(angle), slope * np.cos(angle)))
        if kind < self.slanted + self.curved:
            # One of them nearly 0 is a cylinder, of equal signs a dome or bowl, else a saddle.
            first, second = rng.uniform(-1, 1), rng.choice([0.0, 1.0]) * rng.uniform(-1, 1)
            scale = most / reach_px**2
            return _Relief(centre, place, bends=(first * scale, second * scale), angle=angle)
        return _Relief(centre, place)
