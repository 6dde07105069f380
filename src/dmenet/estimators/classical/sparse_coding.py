"""How many atoms of a dictionary patches need: orthogonal matching pursuit, many at once."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dmenet.estimators.classical.grey import Grey

Matrix = NDArray[np.float32]

_AT_ONCE = 512
"""Patches: four times as fast as 8192, whose bases leave the cache."""


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
