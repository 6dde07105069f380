"""The section of ``docs/methods.md`` on methods of one's own, done literally."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from forked import run_command

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs/methods.md").read_text()
SECTION = PAGE.split("## Add your own")[1].split("\n## ")[0]


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", SECTION, flags=re.DOTALL)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The user's folder, with the two files that the page tells to write."""
    names = re.findall(r"`([\w/]+\.(?:py|yaml))`", SECTION)
    folder = tmp_path_factory.mktemp("mine")
    for name, language in zip(names, ("python", "yaml"), strict=True):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(block(language))
    return folder


def run(folder: Path, command: str, *more: str) -> str:
    _, name, *words = shlex.split(command)
    places = {"DMENET_CACHE": str(folder / "cache")}
    done = run_command(folder, name, *words, *more, environment=places)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_evaluated(folder: Path) -> None:
    shown = run(folder, block("sh").strip(), "data.generate._target_=fake_embedded.generate")
    rows = [line for line in shown.splitlines() if line.startswith("|")]
    assert any("laplacian_blur" in row for row in rows)
    assert any("constant" in row for row in rows)


def test_it_predicts(folder: Path) -> None:
    (command,) = re.findall(r"`(dmenet predict[^`]+)`", SECTION)
    noise = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    Image.fromarray(noise).save(folder / "photo.jpg")
    run(folder, command)
    sigma_px = np.load(folder / "predictions/photo_sigma_px.npy")
    assert sigma_px.shape == (40, 50)
    assert 0 <= sigma_px.min() <= sigma_px.max() <= 7


def test_it_is_about_ten_lines() -> None:
    lines = [line for line in block("python").splitlines() if line.strip()]
    assert len(lines) <= 13
