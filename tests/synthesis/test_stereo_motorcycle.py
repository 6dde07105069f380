import numpy as np

from dmenet.synthesis.stereo_motorcycle import fill_from_behind, load_motorcycle


def test_motorcycle_stands_between_two_and_five_metres() -> None:
    rgbd = load_motorcycle()
    assert rgbd.image.shape == (500, 741, 3)
    assert rgbd.image.dtype == np.float32
    assert rgbd.depth_mm.min() > 2000
    assert rgbd.depth_mm.max() < 5500
    assert 0.9 < rgbd.known.mean() < 0.95
    # The tank is nearer than the door behind the seat.
    assert rgbd.depth_mm[210, 420] < 3000 < 4000 < rgbd.depth_mm[40, 230]


def test_unknown_depths_continue_what_is_behind() -> None:
    row = [np.nan, 5, 5, np.nan, np.nan, 20, 20, np.nan, 8, np.nan]
    disparity = np.tile(np.array(row, np.float32), (7, 1))
    filled = fill_from_behind(disparity, np.isfinite(disparity))
    np.testing.assert_array_equal(filled[3], [5, 5, 5, 5, 5, 20, 20, 8, 8, 8])
