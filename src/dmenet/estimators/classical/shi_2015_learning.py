"""Learning the dictionary of ``Shi2015``, and what its numbers of atoms say about blur.

``python -m dmenet.estimators.classical.shi_2015_learning`` writes ``shi_2015_dictionary.npz``
beside this file, in less than a minute, from the photographs that come with scikit-image and
scikit-learn. The dictionary is ours: the authors' was learned from other photographs, by K-SVD.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.decomposition import MiniBatchDictionaryLearning

from dmenet.estimators.classical.edges import Grey, luma
from dmenet.estimators.classical.shi_2015 import (
    FILE,
    MOST_ATOMS,
    SIDE,
    TOLERANCE,
    Matrix,
    atoms_needed,
    patches_of,
)
from dmenet.files import replacing
from dmenet.images import photographs
from dmenet.images.reading import read_image

ATOMS = 128

BLUR_PX = 2.0
"""Of the patches that the dictionary is learned from: what it codes well is blurred."""

SIGMAS_PX = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
"""At which the numbers of atoms are counted."""

_PATCHES_PER_PHOTOGRAPH = 4000
_SEED = 0


def learn(photograph_paths: list[Path]) -> Matrix:
    """A dictionary of blurred patches, ``ATOMS`` x ``SIDE``^2, atoms of length 1."""
    rng = np.random.default_rng(_SEED)
    chosen = []
    for path in photograph_paths:
        blurred = ndimage.gaussian_filter(luma(read_image(path)), BLUR_PX)
        patches = np.concatenate(list(patches_of(blurred, SIDE)))
        telling = np.flatnonzero(np.linalg.norm(patches, axis=1) > TOLERANCE)
        size = min(len(telling), _PATCHES_PER_PHOTOGRAPH)
        chosen.append(patches[rng.choice(telling, size, replace=False)])
    data = np.concatenate(chosen)
    learner = MiniBatchDictionaryLearning(
        ATOMS, alpha=0.15, batch_size=512, max_iter=20, random_state=_SEED
    )
    learner.fit(data / np.linalg.norm(data, axis=1, keepdims=True))
    atoms = learner.components_
    dictionary: Matrix = atoms / np.linalg.norm(atoms, axis=1, keepdims=True)
    return dictionary.astype(np.float32)


def count(greys: list[Grey], dictionary: Matrix) -> NDArray[np.float64]:
    """The mean number of atoms at each of ``SIGMAS_PX``.

    Of the patches that need any, per image, then over the images.

    Args:
        greys: sharp images.
        dictionary: as ``learn`` makes it.
    """
    means = np.zeros((len(greys), len(SIGMAS_PX)))
    for row, grey in zip(means, greys, strict=True):
        for column, sigma_px in enumerate(SIGMAS_PX):
            blurred = ndimage.gaussian_filter(grey, sigma_px) if sigma_px else grey
            patches = np.concatenate(list(patches_of(blurred, SIDE, step=3)))
            numbers = atoms_needed(patches, dictionary, TOLERANCE, MOST_ATOMS)
            row[column] = numbers[numbers > 0].mean()
    mean: NDArray[np.float64] = means.mean(axis=0)
    return mean


def sharpened(path: Path) -> Grey:
    """A photograph at half its size: what little blur it had is half as wide."""
    image = read_image(path)
    size = (image.shape[1] // 2, image.shape[0] // 2)
    return luma(np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.float32))


def main() -> None:
    """Write the dictionary and the counts."""
    paths = photographs.paths(photographs.UNLABELLED)
    dictionary = learn(paths)
    counts = count([sharpened(path) for path in paths], dictionary)
    with replacing(FILE) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file, dictionary=dictionary, counts=counts, sigmas_px=np.array(SIGMAS_PX)
        )
    for sigma_px, number in zip(SIGMAS_PX, counts, strict=True):
        print(f"sigma {sigma_px:4.2f} px: {number:5.2f} atoms")


if __name__ == "__main__":
    main()
