"""Shi, Xu & Jia, "Just noticeable defocus blur detection and estimation", CVPR 2015."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from dmenet.estimators.classical.domain_transform import spread
from dmenet.estimators.classical.edges import Grey, luma
from dmenet.estimators.estimator import Estimate, Estimator
from dmenet.ranges import Count, Positive
from dmenet.sample import Image

FILE = Path(__file__).with_name("shi_2015_dictionary.npz")

SIDE = 8
TOLERANCE = 1.15 * 2 / 255 * SIDE
"""Of a patch's residual: a root mean square of 2 grey levels, and 15 % that K-SVD's authors add."""

MOST_ATOMS = 40
"""Nothing is sharper than what needs so many, the mean of sharp photographs."""

_GUIDE_BLUR_PX = 1.0
_GUIDE_RADIUS = 2

Matrix = NDArray[np.float32]

_AT_ONCE = 512
"""Patches: four times as fast as 8192, whose bases leave the cache."""


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


def patches_of(grey: Grey, side: int, step: int = 1) -> Iterator[Matrix]:
    """The patches around pixels, each less its mean; the image is mirrored at its border.

    Args:
        grey: H x W.
        side: of the patches, in px.
        step: only every so many rows and columns have one.

    Yields:
        For each row that has patches, W / step (rounded up) x side^2.
    """
    before = (side - 1) // 2
    padded = np.pad(grey.astype(np.float32), (before, side - 1 - before), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side))
    for row in windows[::step, ::step]:
        patches = row.reshape(len(row), side * side)
        yield patches - patches.mean(axis=1, keepdims=True)


def atoms_needed(
    patches: Matrix, dictionary: Matrix, tolerance: float, most: int
) -> NDArray[np.intp]:
    """The number of atoms that orthogonal matching pursuit takes to code each patch.

    Pati, Rezaiifar & Krishnaprasad 1993: take the atom that the residual is most like, project onto
    all atoms taken so far, and repeat until the residual is small.

    Args:
        patches: N x D.
        dictionary: K x D, atoms of length 1.
        tolerance: the length of a residual that is small.
        most: it stops at so many.

    Returns:
        N numbers from 0 (a patch that is small itself) to ``most``.
    """
    numbers = np.zeros(len(patches), np.intp)
    for start in range(0, len(patches), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        numbers[part] = _pursue(patches[part], dictionary, tolerance, most)
    return numbers


def _pursue(patches: Matrix, dictionary: Matrix, tolerance: float, most: int) -> NDArray[np.intp]:
    numbers = np.zeros(len(patches), np.intp)
    left = np.flatnonzero((patches**2).sum(axis=1) > tolerance**2)
    residuals = patches[left]
    # An orthonormal basis of the atoms taken so far, for each patch: only its size is needed.
    bases = np.empty((len(left), most, patches.shape[1]), np.float32)
    for taken in range(min(most, patches.shape[1])):
        if not len(left):
            break
        new = dictionary[np.abs(residuals @ dictionary.T).argmax(axis=1)]
        known = bases[:, :taken]
        # Twice, since once leaves what rounding puts in when atoms are much alike.
        for _ in range(2):
            new = new - (known.transpose(0, 2, 1) @ (known @ new[..., None]))[..., 0]
        new /= np.maximum(np.linalg.norm(new, axis=1, keepdims=True), 1e-6)
        residuals -= (residuals * new).sum(axis=1, keepdims=True) * new
        bases[:, taken] = new
        numbers[left] = taken + 1
        on = (residuals**2).sum(axis=1) > tolerance**2
        left, residuals = left[on], residuals[on]
        if not on.all():
            bases = bases[on]
    return numbers
