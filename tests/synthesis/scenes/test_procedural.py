from typing import Any

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from configured import built
from dmenet.commands.hydra.composing import configuration_root
from dmenet.errors import InputError
from dmenet.synthesis.scenes.procedural import Procedural

SETTINGS: dict[str, Any] = {
    "height": 64,
    "width": 96,
    "nearest_mm": (800, 1000),
    "farthest_mm": (5000, 9000),
    "things": (20, 30),
    "radii": (0.1, 0.4),
    "slanted": 0.4,
    "curved": 0.3,
    "thin": 0.3,
    "thin_px": (1.5, 4),
}


def test_a_scene_is_a_function_of_its_seed() -> None:
    source = Procedural(**SETTINGS)
    first, again, other = (source.surfaces(seed) for seed in ([0, 7], [0, 7], [0, 8]))
    assert 21 <= len(first) == len(again) <= 31
    for one, two in zip(first, again, strict=True):
        assert (one.top, one.left) == (two.top, two.left)
        for name in ("colour", "alpha", "depth_mm"):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert not np.array_equal(first[0].colour, other[0].colour)


@pytest.mark.parametrize("seed", range(6))
def test_depths_are_in_the_range_asked_for(seed: int) -> None:
    scene = Procedural(**SETTINGS)([0, seed])
    sharp, depth_mm = scene.pinhole()
    assert depth_mm.shape == sharp.shape[:2] == (64, 96)
    assert depth_mm.min() > 800 * 0.999
    assert depth_mm.max() < 9000 * 1.001
    for surface in Procedural(**SETTINGS).surfaces([0, seed]):
        assert surface.depth_mm.min() > 800 * 0.999
        assert surface.depth_mm.max() < 9000 * 1.001
        assert surface.alpha.min() >= 0
        assert surface.alpha.max() <= 1
        assert surface.colour.min() >= 0
        assert surface.colour.max() <= 1


def second_differences(depth_mm: np.ndarray) -> float:
    """How far a disparity is from a plane's, relative to its size."""
    disparity = 1 / depth_mm.astype(np.float64)
    bent = [np.abs(np.diff(disparity, 2, axis=axis)).max(initial=0) for axis in (0, 1)]
    return float(max(bent) / disparity.mean())


def test_surfaces_are_flat_slanted_and_curved_as_asked_for() -> None:
    flat, slanted, curved = (
        Procedural(**SETTINGS | {"slanted": s, "curved": c}).surfaces([0, 1])
        for s, c in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
    )
    assert all(np.ptp(surface.depth_mm) == 0 for surface in flat)
    assert np.mean([np.ptp(surface.depth_mm) > 0 for surface in slanted]) > 0.8
    # Of a plane there remains the rounding to float32.
    assert max(second_differences(surface.depth_mm) for surface in slanted) < 1e-6
    assert np.median([second_differences(surface.depth_mm) for surface in curved]) > 1e-5


def test_thin_things_uncover_what_is_behind() -> None:
    none, all_ = (
        Procedural(**SETTINGS | {"thin": share}).surfaces([0, 2])[1:] for share in (0.0, 1.0)
    )
    covered = [np.mean([thing.alpha.mean() for thing in things]) for things in (none, all_)]
    assert covered[1] < 0.6 * covered[0]


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"height": 8}, "height=8: expected a number of at least 16"),
        ({"nearest_mm": (1000, 800)}, r"nearest_mm=\[1000, 800\]: expected \[low, high\]"),
        ({"nearest_mm": (800, 6000)}, "expected the farthest beyond the nearest"),
        ({"things": (5, 2)}, "things"),
        ({"radii": (0.1,)}, "radii"),
        ({"slanted": 0.8, "curved": 0.3}, r"slanted is 0\.8, curved is 0\.3"),
        ({"thin": -0.1}, "thin"),
        ({"thin_px": (0.5, 2)}, "thin_px"),
    ],
)
def test_what_makes_no_scene_is_an_error(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        built(Procedural, **SETTINGS | settings)


def test_configuration_makes_scenes_of_procedural_parts_and_photographs() -> None:
    overrides = ["source=embedded_mixture", "source.parts.procedural.height=64"]
    with initialize_config_dir(str(configuration_root() / "conf"), version_base="1.3"):
        source = instantiate(compose("synthesize", overrides).source)
    scenes = [source([0, number]) for number in range(8)]
    assert [scene.name for scene in scenes].count("procedural") == 6
    assert {scene.name for scene in scenes} == {"procedural", "motorcycle"}
    assert scenes[0].pinhole()[1].shape == (64, 256)


def test_mixtures_name_their_parts_settings() -> None:
    with initialize_config_dir(str(configuration_root() / "conf"), version_base="1.3"):
        overrides = ["source=mixture", "source.parts.nyuv2.folder=somewhere"]
        source = compose("synthesize", overrides).source
    assert source.parts.nyuv2.folder == "somewhere"
    assert source.parts.keys() == source.shares.keys()
