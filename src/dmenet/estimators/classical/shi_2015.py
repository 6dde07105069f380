"""Shi, Xu & Jia, "Just noticeable defocus blur detection and estimation", CVPR 2015."""

from pathlib import Path

import numpy as np
from scipy import ndimage

from dmenet.estimators.base import Estimate, Estimator
from dmenet.estimators.classical.domain_transform import spread
from dmenet.estimators.classical.grey import Grey, luma
from dmenet.estimators.classical.shi_2015_learning import FILE, MOST_ATOMS, SIDE, TOLERANCE
from dmenet.estimators.classical.sparse_coding import atoms_needed, patches_of
from dmenet.ranges import Count, Positive
from dmenet.sample import Image

_GUIDE_BLUR_PX = 1.0
_GUIDE_RADIUS = 2


class Shi2015(Estimator):
    """Blur from the number of atoms that code a patch: what is sharp needs many.

    The dictionary is of blurred patches. Patches that are flat up to the tolerance need no atom and
    say nothing; where all are (a constant image), the answer is 0 everywhere. The dictionary and
    the relation of numbers to blur are ours, see ``dmenet.estimators.classical.shi_2015_learning``.

    Args:
        step: patches are coded around every so many rows and columns; the authors code all, which
            takes step^2 times as long and is smoothed away.
        spread_px, spread_colour, iterations: sigma in px and in grey values, and iterations, of the
            domain transform that smooths and spreads (the authors' code).
        dictionary: the file with the dictionary; None takes the one that comes with dmenet.
    """

    def __init__(
        self,
        *,
        step: Count,
        spread_px: Positive,
        spread_colour: Positive,
        iterations: Count,
        dictionary: str | Path | None = None,
    ) -> None:
        self.step = step
        self.spread_px = spread_px
        self.spread_colour = spread_colour
        self.iterations = iterations
        with np.load(FILE if dictionary is None else Path(dictionary)) as file:
            self.dictionary = file["dictionary"]
            self.counts = file["counts"]
            self.sigmas_px = file["sigmas_px"]
        self.range_px = (float(self.sigmas_px[0]), float(self.sigmas_px[-1]))

    def __call__(self, image: Image) -> Estimate:
        """Count, measure, spread."""
        grey = luma(image)
        measured = self.measure(image).astype(np.float32)
        if not np.isfinite(measured).any():
            return Estimate(np.zeros(grey.shape, np.float32))
        guide = ndimage.gaussian_filter(grey, _GUIDE_BLUR_PX, mode="nearest", radius=_GUIDE_RADIUS)
        dense = spread(
            measured,
            guide[..., None].astype(np.float32),
            spatial_px=self.spread_px,
            colour=self.spread_colour,
            iterations=self.iterations,
        )
        return Estimate(dense.clip(*self.range_px))

    def measure(self, image: Image) -> Grey:
        """Sigma in px of the patches around pixels; nan where they are flat, or not looked at."""
        grey = luma(image)
        numbers = np.stack(
            [
                atoms_needed(patches, self.dictionary, TOLERANCE, MOST_ATOMS)
                for patches in patches_of(grey, SIDE, self.step)
            ]
        )
        # Numbers fall with blur; np.interp needs ascending ones.
        sigma_px = np.interp(numbers, self.counts[::-1], self.sigmas_px[::-1])
        measured = np.full(grey.shape, np.nan)
        measured[:: self.step, :: self.step] = np.where(numbers > 0, sigma_px, np.nan)
        return measured
