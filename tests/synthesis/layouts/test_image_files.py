import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from dmenet.synthesis.layouts import image_files
from dmenet.synthesis.layouts.image_files import ImageFiles
from dmenet.synthesis.layouts.layout import LabelledImage
from dmenet.synthesis.rendering.camera import ThinLensCamera
from dmenet.synthesis.rendering.canvas import Rendering


@pytest.fixture
def photograph(camera: ThinLensCamera) -> LabelledImage:
    rng = np.random.default_rng(0)
    image = rng.random((8, 12, 3), dtype=np.float32)
    sigma_px = rng.random((8, 12), dtype=np.float32)
    rendering = Rendering(image, sigma_px, np.ones_like(sigma_px), image)
    return LabelledImage("made up", rendering, camera, {"seed": [0, 3]})


@pytest.mark.parametrize("previews", [True, False])
def test_what_is_written_reads_back(
    tmp_path: Path, photograph: LabelledImage, previews: bool
) -> None:
    folder, layout = tmp_path / "new", ImageFiles(previews)
    layout.write(folder, 1, photograph)
    image = np.asarray(Image.open(folder / "0001_image.png"))
    assert image.dtype == np.uint8
    np.testing.assert_allclose(image / 255, photograph.rendering.image, atol=0.5 / 255 + 1e-6)
    sigma_px = tifffile.imread(folder / "0001_sigma_px.tiff")
    assert sigma_px.dtype == np.float32
    np.testing.assert_array_equal(sigma_px, photograph.rendering.sigma_px)
    with tifffile.TiffFile(folder / "0001_sigma_px.tiff") as file:
        assert "in pixels" in file.pages.first.description
    described = json.loads((folder / "0001_camera.json").read_text())
    assert described["camera"]["focus_distance_mm"] == 1000
    assert described["seed"] == [0, 3]
    assert len(list(folder.iterdir())) == 3 + previews
    assert layout.written(folder, range(3)) == {1}


def test_interrupted_writing_leaves_no_half_file(
    tmp_path: Path, photograph: LabelledImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(path: Path, *_: object, **__: object) -> None:
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(image_files.tifffile, "imwrite", die)
    with pytest.raises(KeyboardInterrupt):
        ImageFiles(previews=False).write(tmp_path, 0, photograph)
    assert [path.name for path in tmp_path.iterdir()] == ["0000_image.png"]
    assert not ImageFiles().written(tmp_path, [0])
