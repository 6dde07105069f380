"""The notebook of docs/ runs from its first cell to its last."""

import ast
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage

import dmenet

NOTEBOOK = Path(__file__).parents[1] / "docs" / "notebook.ipynb"


def test_every_cell_runs() -> None:
    """As in a notebook, a cell shows the value of its last line."""
    names: dict[str, Any] = {}
    shown: list[Any] = []
    for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        # Pictures a quarter as large, which a test need not look at.
        source = "".join(cell["source"]).replace("[:400, 120:520]", "[:400:4, 120:520:4]")
        lines = ast.parse(source)
        last = lines.body.pop()
        exec(compile(lines, str(NOTEBOOK), "exec"), names)
        assert isinstance(last, ast.Expr), source
        shown.append(eval(compile(ast.Expression(last.value), str(NOTEBOOK), "eval"), names))
    assert [type(value) for value in shown[2:3]] == [dmenet.Result]
    pictures = [value for value in shown if isinstance(value, PillowImage.Image)]
    assert [picture.size for picture in pictures] == [(200, 100), (200, 100)]
    assert np.abs(names["sharper"] - names["result"].image).max() > 0.01
