import numpy as np

from dmenet.synthesis.readers.motorcycle import load_motorcycle


def test_motorcycle_stands_between_two_and_five_metres() -> None:
    rgbd = load_motorcycle()
    assert rgbd.image.shape == (500, 741, 3)
    assert rgbd.image.dtype == np.float32
    assert rgbd.depth_mm.min() > 2000
    assert rgbd.depth_mm.max() < 5500
    assert 0.9 < rgbd.known.mean() < 0.95
    # The tank is nearer than the door behind the seat.
    assert rgbd.depth_mm[210, 420] < 3000 < 4000 < rgbd.depth_mm[40, 230]
