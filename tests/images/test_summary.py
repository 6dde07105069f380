from pathlib import Path

import numpy as np
import pytest

from dmenet.errors import InputError
from dmenet.images.summary import read_summary, sharpest_region, summary_row, write_summary


@pytest.mark.parametrize("side", [80, 72])
def test_the_sharpest_region_is_found(side: int) -> None:
    sigma_px = np.full((side, 120), 3, np.float32)
    sigma_px[20:36, 70:86] = 0.5
    top, left, size, least = sharpest_region(sigma_px)
    assert size == round(side / 5)
    assert 20 <= top <= top + size <= 36
    assert 70 <= left <= left + size <= 86
    assert least == pytest.approx(0.5)
    # A single sharp pixel at the border is no region.
    sigma_px[0, 0] = 0
    assert sharpest_region(sigma_px)[:2] == (top, left)


def test_a_row() -> None:
    sigma_px = np.linspace(0, 4, 401, dtype=np.float32)[None].repeat(9, axis=0)
    row = summary_row("a", sigma_px)
    assert (row["width"], row["height"]) == ("401", "9")
    assert (row["median_px"], row["quantile_90_px"]) == ("2.000", "3.600")
    assert float(row["sharp_share"]) == pytest.approx(0.25, abs=0.01)


def test_summaries_are_read_as_they_were_written(tmp_path: Path) -> None:
    rows = {name: summary_row(name, np.ones((3, 4), np.float32)) for name in ("b", 'a,"c')}
    write_summary(tmp_path / "s.csv", rows)
    assert read_summary(tmp_path / "s.csv") == rows
    assert read_summary(tmp_path / "none.csv") == {}
    (tmp_path / "other.csv").write_text("photograph,x\na,1\n")
    with pytest.raises(InputError, match=r"other\.csv: is no summary"):
        read_summary(tmp_path / "other.csv")
