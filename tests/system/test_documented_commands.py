"""The commands of README and docs are composed as they are written, and run where they can be."""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from string import Template
from typing import NamedTuple

import numpy as np
import pytest
from omegaconf import DictConfig
from PIL import Image
from skimage import data as photographs

from dmenet.commands.hydra.inputs import settings_of
from forked import run_forked

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(dmenet [^`]+)`")

# Why a command is composed and not run; what it is about is run elsewhere on stand-ins.
NEEDED = {
    "data sets": r"(^| )(experiment=(paper|mobile)|data=(paper|authors|cuhk|rtf|rgbd))|\.zip|NYUV2",
    "weights": r"\.npz|\.pth|weights\.\w+=|\.caffemodel",
    "processes of its own": r"trainer=ddp",
    "a cluster": r"slurm",
    "a sweep's time": r"sweeps=|(^| )-m |runs/sweeps",
    "an end": r"^web\b",
    "files of the reader's": r"--config-dir|results=|=mine\b",
}
FAKE = "data.generate._target_=fake_embedded.generate"
SHORTER = {
    "train": (
        "model.blur_estimation.width=0.03",
        "trainer.max_epochs=1",
        "data.crop=32",
        "data.batch_size=4",
    ),
    "synthesize": ("count=20",),
}


class Documented(NamedTuple):
    """One command of a page."""

    page: str
    command: str
    words: tuple[str, ...]
    is_inline: bool

    def __str__(self) -> str:
        return f"{self.page}: {self.command} {' '.join(self.words)}"


def documented() -> Iterator[Documented]:
    for page in PAGES:
        variables = {"HOME": "/home/me", "PWD": "/here", "DMENET_DATA": "/data"}
        text = page.read_text("utf-8")
        blocks = [block for kind, block in BLOCK.findall(text) if kind == "sh"]
        lines = [line for b in blocks for line in b.replace("\\\n", " ").splitlines()]
        inline = [" ".join(c.split()) for c in INLINE.findall(BLOCK.sub("", text))]
        for number, line in enumerate([*lines, *inline]):
            words = shlex.split(Template(line).safe_substitute(variables), comments=True)
            words = words[1:] if words[:1] in (["export"], ["srun"]) else words
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0], re.DOTALL):
                name, _, value = words.pop(0).partition("=")
                variables[name] = re.sub("^~", variables["HOME"], value)
            is_inline = number >= len(lines)
            shortened = is_inline and (len(words) < 3 or "COMMAND" in words or line.endswith("..."))
            if words[:1] == ["dmenet"] and not words[1].startswith("-") and not shortened:
                yield Documented(page.name, words[1], tuple(words[2:]), is_inline)


COMMANDS = list(dict.fromkeys(documented()))


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a reader of the documentation stands: photographs, depths, and a trained network."""
    folder = tmp_path_factory.mktemp("reader")
    photograph = Image.fromarray(photographs.chelsea()).reduce(3)
    depth = np.tile(np.linspace(1000, 3000, photograph.width), (photograph.height, 1))
    for name in ("FOLDER", "photos", "depths"):
        (folder / name).mkdir()
    for path in ("photo.jpg", "other.jpg", "FOLDER/photo.jpg", "photos/cat.png"):
        photograph.save(folder / path)
    Image.fromarray(depth.astype(np.uint16)).save(folder / "depths/cat.png")
    assert run_forked(run, folder, "train", ["subnetworks=b", "hydra.run.dir=RUN"]) == 0
    return folder


def run(folder: Path, command: str, words: list[str]) -> None:
    os.chdir(folder)
    os.environ["DMENET_CACHE"] = str(folder / "cache")
    embedded = [] if any(word.startswith("data=") for word in words) else [FAKE]
    shorter = [*SHORTER.get(command, ()), *(embedded if command in ("train", "evaluate") else ())]
    sys.argv = ["dmenet", *settings_of(command, words), *shorter]
    import_module(f"dmenet.commands.{command}").main()


def what_is_missing(documented: Documented) -> str | None:
    """Why a test does not run a command, None where it does."""
    if documented.is_inline:
        return "the sentence about it"
    words = " ".join([documented.command, *documented.words])
    return next((what for what, pattern in NEEDED.items() if re.search(pattern, words)), None)


RUNNABLE = [documented for documented in COMMANDS if what_is_missing(documented) is None]


@pytest.mark.parametrize("documented", RUNNABLE, ids=str)
def test_it_runs(documented: Documented, folder: Path) -> None:
    assert run_forked(run, folder, documented.command, list(documented.words)) == 0
    shutil.rmtree(folder / "runs", ignore_errors=True)


@pytest.mark.parametrize("documented", [c for c in COMMANDS if c not in RUNNABLE], ids=str)
def test_it_composes(
    documented: Documented, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What needs data, weights or devices is composed; of a sweep, its first job.

    The others are composed by ``tests/commands/hydra/test_configuration.py``.
    """
    if "--config-dir" in documented.words or any(w.endswith("=mine") for w in documented.words):
        pytest.skip("its own test makes the files: test_own_method, test_own_data_set and so on")
    monkeypatch.chdir(tmp_path)
    words = [word for word in documented.words if "launcher" not in word]
    settings = settings_of(documented.command, words)
    is_sweep = any(word.startswith("sweeps=") for word in words)
    one_by_one = ["launcher=serial", "hydra.sweeper.max_batch_size=1"] if is_sweep else []
    run_dir = f"hydra.run.dir={tmp_path}/out"
    monkeypatch.setattr(sys, "argv", ["dmenet", *settings, *one_by_one, run_dir])
    composed = []

    def leave(configuration: DictConfig) -> None:
        composed.append(configuration)
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as exit_:
        replace(import_module(f"dmenet.commands.{documented.command}").main, function=leave)()
    assert exit_.value.code in (1, 130)
    assert len(composed) == 1
