from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from sklearn.linear_model import orthogonal_mp

from dmenet.estimators.classical import shi_2015_learning as learning
from dmenet.estimators.classical.shi_2015 import Shi2015, atoms_needed, patches_of
from dmenet.images import photographs

SETTINGS = {"step": 2, "spread_px": 15.0, "spread_colour": 0.15, "iterations": 3}


def test_the_file_that_comes_with_dmenet() -> None:
    with np.load(learning.FILE, allow_pickle=False) as file:
        dictionary, counts, sigmas_px = (file[k] for k in ("dictionary", "counts", "sigmas_px"))
    assert dictionary.shape == (learning.ATOMS, learning.SIDE**2)
    np.testing.assert_allclose(np.linalg.norm(dictionary, axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(sigmas_px, learning.SIGMAS_PX)
    assert (np.diff(counts[1:]) < 0).all()
    assert counts[0] > 5 * counts[-1]


def test_photographs_that_it_was_not_learned_from() -> None:
    """Blurred by a known sigma, their middles are estimated in order, and not far off.

    Fur has less contrast than what the relation was fitted on, and is taken for more blurred.
    """
    estimator = Shi2015(**SETTINGS)
    for path in photographs.paths(photographs.HELD_OUT):
        whole = learning.sharpened(path)
        height, width = (size // 4 for size in whole.shape)
        sharp = whole[height : 3 * height, width : 3 * width]
        medians = []
        for sigma_px in (0.5, 1.0, 1.5, 2.0):
            grey = ndimage.gaussian_filter(sharp, sigma_px)
            image = np.repeat(grey[..., None], 3, axis=2).astype(np.float32)
            medians.append(np.median(estimator(image).sigma_px))
        assert medians == sorted(medians)
        np.testing.assert_allclose(medians, (0.5, 1.0, 1.5, 2.0), atol=0.8)


def test_it_measures_at_every_other_row_and_column_of_what_is_not_flat() -> None:
    image = np.full((40, 60, 3), 0.5, np.float32)
    image[:, 30:] = np.random.default_rng(0).random((40, 30, 1))
    measured = np.isfinite(Shi2015(**SETTINGS).measure(image))
    assert measured[::2, 40::2].all()
    assert not measured[1::2].any()
    assert not measured[:, 1::2].any()
    assert not measured[:, :20].any()


def test_learning_gives_the_same_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "_PATCHES_PER_PHOTOGRAPH", 100)
    monkeypatch.setattr(learning, "ATOMS", 12)
    monkeypatch.setattr(learning, "SIGMAS_PX", (0.0, 1.0, 2.0))
    paths = photographs.paths((("skimage.data", "coins.png"),))
    dictionary = learning.learn(paths)
    assert dictionary.shape == (12, 64)
    np.testing.assert_array_equal(learning.learn(paths), dictionary)
    counts = learning.count([learning.sharpened(paths[0])[:60, :60]], dictionary)
    assert (np.diff(counts) < 0).all()


def dictionary(atoms: int, length: int, seed: int = 0) -> np.ndarray:
    matrix = np.random.default_rng(seed).normal(size=(atoms, length)).astype(np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def patches(count: int, length: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, length)).astype(np.float32)


@pytest.mark.parametrize("tolerance", [0.5, 2.0, 5.0])
def test_it_takes_as_many_atoms_as_scikit_learn(tolerance: float) -> None:
    atoms, data = dictionary(32, 16), patches(200, 16)
    codes = orthogonal_mp(atoms.T, data.T, tol=tolerance**2)
    small = np.linalg.norm(data, axis=1) <= tolerance
    expected = np.where(small, 0, (codes != 0).sum(axis=0))
    np.testing.assert_array_equal(atoms_needed(data, atoms, tolerance, 16), expected)


def test_a_sum_of_few_atoms_needs_few() -> None:
    atoms = np.eye(16, dtype=np.float32)
    data = np.stack([np.zeros(16), 3 * atoms[2], atoms[1] - 2 * atoms[5]]).astype(np.float32)
    assert atoms_needed(data, atoms, 1e-3, 16).tolist() == [0, 1, 2]
    assert atoms_needed(data, atoms, 1e-3, 1).tolist() == [0, 1, 1]


@settings(max_examples=30)
@given(seed=st.integers(0, 999), tolerance=st.floats(0.1, 3))
def test_a_stricter_tolerance_takes_no_less(seed: int, tolerance: float) -> None:
    atoms, data = dictionary(20, 9, seed), patches(30, 9, seed + 1)
    loose, strict = (atoms_needed(data, atoms, t, 9) for t in (tolerance, tolerance / 2))
    assert (strict >= loose).all()
    assert (strict <= 9).all()


def test_many_patches_are_coded_as_one_by_one() -> None:
    atoms, data = dictionary(32, 16), patches(4_000, 16)
    together = atoms_needed(data, atoms, 2.0, 16)
    np.testing.assert_array_equal(together[::100], atoms_needed(data[::100], atoms, 2.0, 16))


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (3, 4), (12, 17)])
def test_each_pixel_has_its_patch(shape: tuple[int, int]) -> None:
    grey = np.random.default_rng(0).random(shape)
    found = np.stack(list(patches_of(grey, 8)))
    assert found.shape == (*shape, 64)
    np.testing.assert_allclose(found.mean(axis=-1), 0, atol=1e-6)
    if shape == (12, 17):
        expected = grey[2:10, 4:12] - grey[2:10, 4:12].mean()
        np.testing.assert_allclose(found[5, 7], expected.ravel(), atol=1e-6)
        every_third = np.stack(list(patches_of(grey, 8, step=3)))
        np.testing.assert_array_equal(every_third, found[::3, ::3])
