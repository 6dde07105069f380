"""The fast renderer, a plain one of the same steps, and arrays of the released generator agree."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dmenet.errors import InputError
from dmenet.synthesis.released.compositing import render_released, truncated_gaussian
from dmenet.synthesis.released.laplace import LaplaceRegion
from dmenet.synthesis.released.layers import MAX_COC_PX, Layers, cut_layers, push_back
from dmenet.synthesis.rendering.camera import ThinLensCamera
from plain_released import plain_laplace, plain_render

Array = NDArray[Any]

OWN_REFERENCE = Path(__file__).parents[2] / "reference" / "syndof" / "slant600_front.npz"
OTHER_REFERENCES = ["mid_s4_q10", "mid_s4_q50", "mpi_s4_q30", "syn_s4_q50"]


@pytest.fixture(scope="module", params=["slant600_front", *OTHER_REFERENCES])
def reference(request: pytest.FixtureRequest) -> dict[str, Array]:
    path = OWN_REFERENCE
    if request.param in OTHER_REFERENCES:
        folder = os.environ.get("DMENET_REFERENCE")
        if folder is None:
            pytest.skip("DMENET_REFERENCE is not set: it names the folder that holds syndof/*.npz")
        path = Path(folder) / "syndof" / f"{request.param}.npz"
    with np.load(path) as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def layers(reference: dict[str, Array]) -> Layers:
    return cut_layers(reference["depth_mm"], camera_of(reference))


def camera_of(reference: dict[str, Array]) -> ThinLensCamera:
    return ThinLensCamera(
        focal_length_mm=float(reference["focal_length_mm"]),
        f_number=float(reference["f_number"]),
        focus_distance_mm=float(reference["focus_depth_mm"]),
        image_width_px=reference["depth_mm"].shape[1],
    )


def camera_for(depth_mm: Array, focus_mm: float) -> ThinLensCamera:
    return ThinLensCamera.for_max_coc(
        max_coc_px=MAX_COC_PX,
        nearest_mm=float(depth_mm.min()),
        farthest_mm=float(depth_mm.max()),
        focal_length_mm=50,
        focus_distance_mm=focus_mm,
        image_width_px=depth_mm.shape[1],
    )


def test_plain_renderer_is_the_released_one(reference: dict[str, Array], layers: Layers) -> None:
    rendered = plain_render(reference["image_u8"] / 255, layers)
    np.testing.assert_allclose(rendered, reference["blurred_image"], rtol=0, atol=1e-7)


def test_rendering_agrees_with_the_released_generator(reference: dict[str, Array]) -> None:
    image = (reference["image_u8"] / 255).astype(np.float32)
    rendering = render_released(image, reference["depth_mm"], camera_of(reference))

    np.testing.assert_array_equal(rendering.cocs_px, reference["cocs_px"])
    np.testing.assert_array_equal(rendering.layer_depths_mm, reference["layer_depths_mm"])
    np.testing.assert_array_equal(rendering.blur_map_u16x10, reference["blur_map_u16x10"])
    np.testing.assert_array_equal(rendering.blur_map_binary, reference["blur_map_binary"])
    error = np.abs(rendering.image - reference["blurred_image"]).astype(np.float64)
    assert error.max() < 1 / 255
    assert -10 * np.log10((error**2).mean()) > 80


def test_camera_for_the_largest_coc_is_the_released_one(
    reference: dict[str, Array], layers: Layers
) -> None:
    depth = reference["depth_mm"]
    camera = ThinLensCamera.for_max_coc(
        max_coc_px=MAX_COC_PX,
        nearest_mm=float(depth.min()),
        farthest_mm=float(depth.max()),
        focal_length_mm=float(reference["focal_length_mm"]),
        focus_distance_mm=float(reference["focus_depth_mm"]),
        image_width_px=depth.shape[1],
    )
    assert camera.f_number == pytest.approx(float(reference["f_number"]), rel=1e-12)
    np.testing.assert_array_equal(cut_layers(depth, camera).cocs_px, layers.cocs_px)
    merged = layers.depths_mm[layers.index]
    np.testing.assert_array_equal(merged, reference["depth_merged_mm"])


@pytest.mark.parametrize("focus", ["near", "middle", "far", "beyond"])
def test_scattered_layers_render_as_the_plain_way(focus: str) -> None:
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[:70, :110]
    depth = 3000.0 + 4 * rows + 60 * (columns // 8)
    depth[10:50, 20:45] = 1200 + 10 * np.arange(25)
    depth[rng.random(depth.shape) < 0.02] = 900
    depth[55:, 80:] = 700
    image = rng.random((70, 110, 3)).astype(np.float32)
    levels = np.unique(depth)
    at = {"near": levels[0], "middle": levels[60], "far": levels[-1], "beyond": 2 * levels[-1]}
    camera = camera_for(depth, float(at[focus]))

    rendered = render_released(image, depth, camera).image
    expected = plain_render(image, cut_layers(depth, camera))
    np.testing.assert_allclose(rendered, expected, rtol=0, atol=1 / 255)


def test_scene_in_focus_stays_as_it_is() -> None:
    rng = np.random.default_rng(0)
    image = rng.random((20, 30, 3)).astype(np.float32)
    camera = ThinLensCamera(
        focal_length_mm=50, f_number=1, focus_distance_mm=2000, image_width_px=30
    )
    rendering = render_released(image, np.full((20, 30), 2000.0), camera)
    np.testing.assert_array_equal(rendering.image, image)
    assert not rendering.blur_map_binary.any()
    assert not rendering.sigma_px.any()


def test_near_scene_is_pushed_back() -> None:
    depth = np.array([[100.0, 400.0]])
    np.testing.assert_array_equal(push_back(depth, 50), [[250, 550]])
    np.testing.assert_array_equal(push_back(depth + 150, 50), depth + 150)


@pytest.mark.parametrize("coc_px", [0.0, 1.0, 1.1, 2.0, 5.0, 29.0])
def test_kernel_is_cut_and_normalised(coc_px: float) -> None:
    kernel = truncated_gaussian(coc_px)
    assert kernel.size % 2 == 1
    assert kernel.size <= MAX_COC_PX
    assert kernel.sum() == pytest.approx(1, abs=1e-6)
    assert (kernel.size == 1) == (coc_px <= 1)


def test_laplace_region_solves_the_equation_up_to_the_edge_of_the_image() -> None:
    rng = np.random.default_rng(2)
    region = np.zeros((25, 31), np.bool_)
    region[:9, 5:20] = region[15:, 18:] = region[12, 3] = True
    region[4, 9] = False
    stack = rng.random((*region.shape, 4)).astype(np.float32)
    numbers = LaplaceRegion.scratch(*region.shape)
    for _ in range(2):
        system = LaplaceRegion(numbers, np.flatnonzero(region))
        rows = stack.reshape(-1, 4)
        start = np.zeros((system.pixels.size, 4), np.float32)
        solved = system.solve(rows[system.border], start, tolerance=1e-7)
        expected = plain_laplace(stack.astype(np.float64), region).reshape(-1, 4)[system.pixels]
        np.testing.assert_allclose(solved, expected, rtol=0, atol=1e-5)


def test_what_cannot_be_rendered_is_an_input_error() -> None:
    camera = ThinLensCamera(
        focal_length_mm=50, f_number=1, focus_distance_mm=2000, image_width_px=30
    )
    image = np.zeros((20, 30, 3), np.float32)
    with pytest.raises(InputError, match="H x W x 3"):
        render_released(image, np.full((20, 31), 2000.0), camera)
    for bad in (0.0, -1.0, np.nan, np.inf):
        depth = np.full((20, 30), 2000.0)
        depth[3, 4] = bad
        with pytest.raises(InputError, match="1 values"):
            render_released(image, depth, camera)
