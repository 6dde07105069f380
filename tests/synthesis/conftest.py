"""Scenes with known answers, shared by the tests of both renderers."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

import brute_force
from dmenet.synthesis.rendering.camera import ThinLensCamera


@pytest.fixture(scope="session")
def camera() -> ThinLensCamera:
    """Focused at 1 m; sigma rises to 11 px at infinity."""
    return brute_force.CAMERA


@pytest.fixture(scope="session")
def depth_of() -> Callable[[NDArray[np.floating]], NDArray[np.float32]]:
    """From signed sigma in px to the depth in mm that has it."""
    return brute_force.depth_mm


@pytest.fixture(params=[601, 301], ids=["gentle", "steep"], scope="session")
def slanted_plane(request: pytest.FixtureRequest) -> brute_force.SlantedPlane:
    """Sigma changes by 0.03 or 0.06 px per pixel."""
    return brute_force.slanted_plane(request.param)


@pytest.fixture(
    params=[(-4.0, 0.0), (0.0, 4.0), (-4.0, -2.0), (2.0, 4.0)],
    ids=["blurred before sharp", "sharp before blurred", "both before focus", "both behind focus"],
    scope="session",
)
def two_planes(request: pytest.FixtureRequest) -> brute_force.TwoPlanes:
    """Signed sigmas of the front and of the back differ from case to case."""
    return brute_force.textured(brute_force.disc(), request.param)


@pytest.fixture(params=[(-4.0, 0.0), (0.0, 4.0)], ids=["front blurred", "back blurred"])
def two_flat_planes(request: pytest.FixtureRequest) -> brute_force.TwoPlanes:
    """Of one colour each, so that what is hidden needs no guess."""
    size = brute_force.SIZE_PX
    red, blue = np.zeros((2, size, size, 3), np.float32)
    red[..., 0] = blue[..., 2] = 1
    return brute_force.two_planes(red, blue, brute_force.disc(), request.param)
