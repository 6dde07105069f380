from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from dmenet.estimators.classical import shi_2015_learning as learning
from dmenet.estimators.classical.shi_2015 import Shi2015
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
