import numpy as np

from dmenet.synthesis.hidden import complete_behind


def test_smooth_depth_hides_nothing() -> None:
    signed = np.tile(np.linspace(-6, 6, 200, dtype=np.float32), (10, 1))
    hidden, behind = complete_behind(np.ones((3, 10, 200), np.float32), signed)
    assert not hidden.any()
    np.testing.assert_array_equal(behind, signed)


def test_the_far_side_goes_on_mirrored() -> None:
    signed = np.full((1, 40), 2.0, np.float32)
    signed[:, :20] = -1.0
    colour = np.tile(np.arange(40, dtype=np.float32) / 40, (3, 1, 1))
    hidden, behind = complete_behind(colour, signed)
    # Four sigmas of the more blurred side, and two pixels more.
    np.testing.assert_array_equal(np.flatnonzero(hidden[3, 0]), np.arange(11, 20))
    assert (behind[0, 11:20] == 2).all()
    np.testing.assert_allclose(hidden[0, 0, 19:10:-1] * 40, np.arange(21, 30), rtol=1e-6)
