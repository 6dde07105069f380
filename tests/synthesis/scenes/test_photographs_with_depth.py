import numpy as np
import pytest

from dmenet.synthesis.readers.reader import RGBD
from dmenet.synthesis.scenes.photographs_with_depth import rgbd
from dmenet.synthesis.scenes.random_camera import RandomCamera
from made_rgbd import room


def scenes() -> list[RGBD]:
    depth = room()
    image = np.zeros((*depth.shape, 3), np.float32)
    known = np.ones(depth.shape, np.bool_)
    return [RGBD(f"scene{n}", image, depth + n, known, [None, 100.0, 200.0][n]) for n in range(3)]


@pytest.mark.parametrize("number", [0, 1, 2, 3, 7])
def test_images_go_round_the_scenes(number: int) -> None:
    expected = scenes()[number % 3]
    scene = rgbd([5, number], scenes())
    assert scene.name == expected.name
    np.testing.assert_array_equal(scene.depth_mm, expected.depth_mm)
    np.testing.assert_array_equal(scene.pinhole()[1], expected.depth_mm)


def test_known_focal_lengths_are_kept() -> None:
    width = room().shape[1]
    unknown, known = (rgbd([0, n], scenes()) for n in (0, 1))
    assert unknown.focal_length_mm is None
    assert known.focal_length_mm == pytest.approx(100 * 36 / width)
    choose = RandomCamera(focal_lengths_mm=[], largest_sigma_px=(3, 3))
    camera = choose(known, np.random.default_rng(0))
    assert known.photograph(camera).sigma_px.max() == pytest.approx(3, rel=1e-4)
