"""``evaluate`` interrupted, and ``tables``, run as a user runs them."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

TESTS = Path(__file__).parents[1]
FAKE = "data.generate._target_=fake_embedded.generate"


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    cache, paths = str(folder / "cache"), os.pathsep.join([str(folder), str(TESTS)])
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": paths, "DMENET_CACHE": cache, "DMENET_DATA": "nowhere"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def succeed(folder: Path, *arguments: str) -> str:
    process = start(folder, *arguments)
    stdout, stderr = process.communicate()
    assert process.returncode == 0, stdout + stderr
    return stdout


def test_an_interrupted_evaluation_says_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        "import time\n"
        "from dmenet.estimators import FixedEstimator\n"
        "class Slow(FixedEstimator):\n"
        "    def __call__(self, image):\n"
        "        open('started', 'w').close()\n"
        "        time.sleep(600)\n"
    )
    slow = ("estimator=trivial", "+estimator.slow={_target_: slow.Slow, sigma_px: 1}")
    process = start(
        tmp_path, "dmenet.commands.evaluate", FAKE, *slow, "shown=0", "hydra.run.dir=out"
    )
    while not (tmp_path / "started").exists():
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate()
    assert process.returncode == 128 + signal.SIGINT
    assert f"hydra.run.dir={tmp_path / 'out'} goes on" in stdout
    assert "Traceback" not in stderr
    assert (tmp_path / "out/scores/all blurred/synthetic.npz").is_file()
    assert not (tmp_path / "out/result.json").exists()


def test_a_table_of_what_there_is_and_what_is_missing(tmp_path: Path) -> None:
    """Table 5 where of all data there is one made-up image in the layout of RTF."""
    for part in ("image/0", "gt/0"):
        (tmp_path / "rtf" / part).mkdir(parents=True)
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    Image.fromarray(image).save(tmp_path / "rtf/image/0/image_01.png")
    np.save(tmp_path / "rtf/gt/0/map_01.npy", np.full((40, 44), 2.0))  # 1.125 px by the table
    fixed = "{_target_: dmenet.estimators.FixedEstimator, sigma_px: 1}"
    settings = ("data_sets.rtf.folder=rtf", "~methods.bdcs", f"+methods.bdcs={fixed}")
    shown = succeed(
        tmp_path, "dmenet.commands.tables", "table=table5", *settings, "hydra.run.dir=out"
    )
    ours = re.search(r"\| BDCS +\| ours +\|(.*)\|", shown)
    assert ours is not None
    cells = [text.strip() for text in ours[1].split("|")]
    assert cells == ["-", "-", f"{(0.125 / 3.275) ** 2:.4f}", f"{0.125 / 3.275:.4f}", "-", "-", "-"]
    assert "| BDCS             | paper  |     0.0110 |" in shown
    assert "B ours: no weights given: weights.b=CHECKPOINT" in shown
    assert "Without cuhk: nowhere/cuhk: no such folder" in shown
    assert "Test sets: rtf_0 (1 image)" in shown
    assert (tmp_path / "out/table5.tex").is_file()
