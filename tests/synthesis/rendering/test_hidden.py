import numpy as np

from dmenet.synthesis.rendering.hidden import complete_behind, farthest_source_px


def test_smooth_depth_hides_nothing() -> None:
    signed = np.tile(np.linspace(-6, 6, 200, dtype=np.float32), (10, 1))
    hidden, behind = complete_behind(np.ones((3, 10, 200), np.float32), signed)
    assert not hidden.any()
    np.testing.assert_array_equal(behind, signed)


def test_the_far_side_goes_on_behind_the_near_one() -> None:
    signed = np.full((60, 40), 2.0, np.float32)
    signed[:, :20] = -1.0
    colour = np.tile(np.linspace(0, 1, 60, dtype=np.float32)[:, np.newaxis], (3, 1, 40))
    colour[:, :, :20] = 5
    hidden, behind = complete_behind(colour, signed)
    # Three sigmas of the more blurred side, and two pixels more.
    for row in hidden[3]:
        np.testing.assert_array_equal(np.flatnonzero(row), np.arange(13, 20))
    assert (behind[:, 13:20] == 2).all()
    # The gradient along the edge goes on; nothing of the near side bleeds in.
    np.testing.assert_allclose(hidden[0, 15:-15, 13:20], colour[0, 15:-15, 20:27], atol=1e-3)


def test_nothing_depends_on_what_is_farther_than_said() -> None:
    rng = np.random.default_rng(1)
    signed = np.kron(rng.uniform(-5, 5, (20, 20)), np.ones((9, 9))).astype(np.float32)
    colour = rng.random((3, *signed.shape), dtype=np.float32)
    margin = farthest_source_px(float(np.abs(signed).max()))
    part = slice(30, 150), slice(25, 155)
    inner = (slice(margin, -margin),) * 2
    whole = complete_behind(colour, signed)
    alone = complete_behind(np.ascontiguousarray(colour[:, *part]), signed[part].copy())
    for of_whole, of_part in zip(whole, alone, strict=True):
        np.testing.assert_array_equal(of_whole[..., *part][..., *inner], of_part[..., *inner])
