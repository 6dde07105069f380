"""Reading what is no folder of results; writing is tested with evaluations."""

import json
from pathlib import Path

import pytest

from dmenet.errors import InputError
from dmenet.reporting.results import Results, read_results, write_results

RESULTS = Results(
    per_image=[
        {"method": "m, with a comma", "set": "s", "image": "ü", "mae": 0.1, "seconds": 2.0},
        {"method": "m, with a comma", "set": "s", "image": "v", "mae": 0.3, "seconds": 1.0},
    ],
    means=[
        {"set": "s", "method": "m, with a comma", "mae": 0.2, "ap_pooled": 0.9, "seconds": 1.5,
         "note": ""},
        {"set": "s", "method": "absent", "note": "a file is missing"},
    ],
    protocol={"name": "p", "settings": {}, "columns": {"mae": "error", "ap_pooled": "precision"}},
    methods={"m, with a comma": {"identity": {"weights": None}}},
    data={"sets": {"s": {"images": 2}}},
    versions={"python": "3"},
)  # fmt: skip


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_results(tmp_path, RESULTS)
    read = read_results(tmp_path)
    assert read.per_image == RESULTS.per_image
    assert read.means[0] == RESULTS.means[0]
    assert read.mean("s", "m, with a comma") == {"mae": 0.2, "ap_pooled": 0.9, "seconds": 1.5}
    assert read.mean("s", "absent") == read.mean("elsewhere", "absent") == {}
    assert read.values("s", "m, with a comma", "mae") == {"ü": 0.1, "v": 0.3}
    assert (tmp_path / "means.csv").read_text().splitlines()[2] == "s,absent,,,,a file is missing"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("result.json", None, "has no result.json"),
        ("result.json", "{", "cannot be read"),
        ("result.json", json.dumps({"format": 99}), "format 99. Expected 1"),
        ("result.json", json.dumps({"format": 1}), "cannot be read"),
        ("per_image.csv", None, "cannot be read"),
        ("means.csv", "set,method,mae,note\ns,m,oops,\n", "'oops' where a number is expected"),
    ],
)
def test_damaged_results(tmp_path: Path, name: str, content: str | None, message: str) -> None:
    write_results(tmp_path, RESULTS)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message):
        read_results(tmp_path)
