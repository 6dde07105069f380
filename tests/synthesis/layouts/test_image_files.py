import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from dmenet.synthesis.layouts import image_files
from dmenet.synthesis.layouts.image_files import is_written, write_rendering
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.canvas import Rendering

ORIGIN = {"scene": "made up", "seed": [0, 3]}


@pytest.fixture
def rendering() -> Rendering:
    rng = np.random.default_rng(0)
    image = rng.random((8, 12, 3), dtype=np.float32)
    sigma_px = rng.random((8, 12), dtype=np.float32)
    return Rendering(image, sigma_px, np.ones_like(sigma_px), image)


def test_what_is_written_reads_back(
    tmp_path: Path, rendering: Rendering, camera: ThinLensCamera
) -> None:
    write_rendering(tmp_path / "new", "0001", rendering, camera, ORIGIN)
    folder = tmp_path / "new"
    image = np.asarray(Image.open(folder / "0001_image.png"))
    assert image.dtype == np.uint8
    np.testing.assert_allclose(image / 255, rendering.image, atol=0.5 / 255 + 1e-6)
    sigma_px = tifffile.imread(folder / "0001_sigma_px.tiff")
    assert sigma_px.dtype == np.float32
    np.testing.assert_array_equal(sigma_px, rendering.sigma_px)
    with tifffile.TiffFile(folder / "0001_sigma_px.tiff") as file:
        assert "in pixels" in file.pages.first.description
    described = json.loads((folder / "0001_camera.json").read_text())
    assert described["camera"]["focus_distance_mm"] == 1000
    assert described["seed"] == [0, 3]
    assert len(list(folder.iterdir())) == 3


def test_only_a_finished_item_of_the_same_origin_is_written(
    tmp_path: Path, rendering: Rendering, camera: ThinLensCamera
) -> None:
    assert not is_written(tmp_path, "a", ORIGIN)
    write_rendering(tmp_path, "a", rendering, camera, ORIGIN)
    assert is_written(tmp_path, "a", ORIGIN)
    assert not is_written(tmp_path, "a", ORIGIN | {"seed": [1, 3]})
    (tmp_path / "a_camera.json").write_text("{")
    assert not is_written(tmp_path, "a", ORIGIN)


def test_interrupted_writing_leaves_no_half_file(
    tmp_path: Path,
    rendering: Rendering,
    camera: ThinLensCamera,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(path: Path, *_: object, **__: object) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(image_files.tifffile, "imwrite", die)
    with pytest.raises(KeyboardInterrupt):
        write_rendering(tmp_path, "a", rendering, camera, ORIGIN)
    assert [path.name for path in tmp_path.iterdir()] == ["a_image.png"]
    assert not is_written(tmp_path, "a", ORIGIN)
