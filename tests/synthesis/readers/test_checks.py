from pathlib import Path

import numpy as np
import pytest

from dmenet.errors import InputError
from dmenet.synthesis.readers.checks import check_direction, check_same_size, check_unit
from made_rgbd import room

PATH = Path("depth.png")


def test_sizes() -> None:
    image = np.zeros((4, 6, 3), np.float32)
    check_same_size(image, np.ones((4, 6)), Path("image.png"), PATH)
    with pytest.raises(InputError, match=r"image\.png has 6 x 4 px but depth\.png has 5 x 4"):
        check_same_size(image, np.ones((4, 5)), Path("image.png"), PATH)
    with pytest.raises(InputError, match="turn one by 90 degrees"):
        check_same_size(image, np.ones((6, 4)), Path("image.png"), PATH)


@pytest.mark.parametrize("scale", [0.1, 1, 10])
def test_usual_depths_pass(scale: float) -> None:
    check_unit(room() * scale, PATH)
    check_unit(np.where(room() > 5000, 1e14, room()), PATH)


@pytest.mark.parametrize(
    ("scale", "look", "factor"),
    [
        (1e-3, "look like metres, or another unit, given as millimetres", "1000 times"),
        (1e-4, "look like metres, or another unit, given as millimetres", "10000 times"),
        (1e-2, "look like metres|come nearer than the 100 mm", "100 times"),
        (1e3, "look like millimetres, or another unit, given as metres", "0.001 times"),
        (0.05, "come nearer than the 100 mm", "10 times"),
    ],
)
def test_wrong_units_are_named_with_the_likely_factor(scale: float, look: str, factor: str) -> None:
    with pytest.raises(InputError, match=rf"depth\.png: depths from .* mm ({look})") as error:
        check_unit(room() * scale, PATH)
    assert f"With {factor} as many millimetres" in str(error.value)


@pytest.mark.parametrize(("scale", "nearest_mm"), [(1, 0.5), (0.5, 60)])
def test_a_speck_too_near_is_named(scale: float, nearest_mm: float) -> None:
    depth = room() * scale
    depth[3, 3] = nearest_mm
    with pytest.raises(InputError, match=r"nearer than the 100 mm .* at 0\.01% of the pixels"):
        check_unit(depth, PATH)


def test_direction() -> None:
    depth = room(240, 320)
    check_direction(depth, PATH, "Do this")
    with pytest.raises(InputError, match=r"depth\.png: looks upside down.*Do this.*check_direct"):
        check_direction(1e7 / depth, PATH, "Do this")
