from pathlib import Path

import numpy as np
import pytest
from matplotlib import colormaps
from matplotlib.colors import Normalize
from PIL import Image

from dmenet.reporting.sheets import DPI, PANEL_INCHES, Block, Panel, evenly_chosen, write_sheet

PANEL_PX = int(PANEL_INCHES * DPI)


def block(height: int, width: int) -> Block:
    picture = Panel(np.full((height, width, 3), 90, np.uint8), "left")
    values = np.full((height, width), 3.5, np.float32)
    scale = Panel(values, "px", colormaps["gray"], Normalize(0, 7), (0, 7))
    return Block("a title " * 40, (picture, scale, picture))


@pytest.mark.parametrize("count", [1, 4, 5])
def test_sheets_of_any_count_and_shape(tmp_path: Path, count: int) -> None:
    shapes = [(90, 120), (300, 60), (40, 900)]
    write_sheet(tmp_path / "sheet.png", [block(*shapes[n % 3]) for n in range(count)])
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 3 * PANEL_PX * (1 if count < 5 else 2)
        pixels = np.asarray(sheet.convert("L"))
    # The whole ramp is there, and the pictures.
    assert set(range(0, 256, 8)) <= set(np.unique(pixels))
    assert (pixels == 90).sum() >= 2 * (PANEL_PX - 1) * (PANEL_PX * 3 // 4 - 1)
    assert [p.name for p in tmp_path.iterdir()] == ["sheet.png"]


def test_evenly_chosen() -> None:
    assert evenly_chosen(3) == [0, 1, 2]
    assert evenly_chosen(1) == [0]
    chosen = evenly_chosen(400)
    assert (chosen[0], chosen[-1], len(chosen)) == (0, 399, 24)
