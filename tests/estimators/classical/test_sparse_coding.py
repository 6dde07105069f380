import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import orthogonal_mp

from dmenet.estimators.classical.sparse_coding import atoms_needed, patches_of


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
