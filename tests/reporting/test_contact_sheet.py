from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dmenet.reporting.contact_sheet import (
    PANEL_PX,
    Block,
    Scale,
    panel_size,
    spread,
    write_contact_sheet,
)

RAMP = np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 3, axis=1)


def block(height: int, width: int) -> Block:
    columns, rows = panel_size((height, width))
    picture = np.full((rows, columns, 3), 90, np.uint8)
    scale = Scale(RAMP, {0.0: "0", 1.0: "7"}, "px")
    return Block("a title " * 40, (picture, picture, picture), ("left", scale, "right"))


@pytest.mark.parametrize("count", [1, 4, 5])
def test_sheets_of_any_count_and_shape(tmp_path: Path, count: int) -> None:
    shapes = [(90, 120), (300, 60), (40, 900)]
    write_contact_sheet(tmp_path / "sheet.png", [block(*shapes[n % 3]) for n in range(count)])
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 3 * PANEL_PX * (1 if count < 5 else 2)
        pixels = np.asarray(sheet.convert("L"))
    # The whole ramp is there, and its pictures.
    assert set(range(0, 256, 8)) <= set(np.unique(pixels))
    assert (pixels == 90).sum() >= 3 * PANEL_PX * panel_size(shapes[0])[1]
    assert [p.name for p in tmp_path.iterdir()] == ["sheet.png"]


def test_spread() -> None:
    assert spread(3) == [0, 1, 2]
    assert spread(1) == [0]
    chosen = spread(400)
    assert (chosen[0], chosen[-1], len(chosen)) == (0, 399, 24)
