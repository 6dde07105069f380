"""``evaluate`` interrupted, and ``tables``, run as a user runs them."""

import csv
import re
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dmenet.weights import exporting
from forked import Command

FAKE = "data.generate._target_=fake_embedded.generate"


def start(folder: Path, command: str, *settings: str) -> Command:
    places = {"DMENET_CACHE": str(folder / "cache"), "DMENET_DATA": "nowhere"}
    return Command(folder, command, *settings, environment=places)


def succeed(folder: Path, command: str, *settings: str) -> str:
    done = start(folder, command, *settings).wait()
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_evaluation_says_how_to_resume(
    number: signal.Signals, tmp_path: Path
) -> None:
    (tmp_path / "slow.py").write_text(
        "import time\n"
        "from dmenet.estimators import FixedEstimator\n"
        "class Slow(FixedEstimator):\n"
        "    def __call__(self, image):\n"
        "        open('started', 'w').close()\n"
        "        time.sleep(600)\n"
    )
    slow = ("estimator=trivial", "+estimator.slow={_target_: slow.Slow, sigma_px: 1}")
    process = start(tmp_path, "evaluate", FAKE, *slow, "shown=0", "hydra.run.dir=out")
    while not (tmp_path / "started").exists():
        assert process.poll() is None, process.wait()
        time.sleep(0.02)
    process.send_signal(number)
    left = process.wait()
    assert left.returncode == 128 + number
    assert f"resume with the same command and hydra.run.dir={tmp_path / 'out'}" in left.stdout
    assert "Traceback" not in left.stderr
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
    shown = succeed(tmp_path, "tables", "table=table5", *settings, "hydra.run.dir=out")
    ours = re.search(r"\| BDCS +\| ours +\|(.*)\|", shown)
    assert ours is not None
    cells = [text.strip() for text in ours[1].split("|")]
    assert cells == ["-", "-", f"{(0.125 / 3.275) ** 2:.4f}", f"{0.125 / 3.275:.4f}", "-", "-", "-"]
    assert re.search(r"\| BDCS +\| paper +\| +0\.0110 \|", shown)
    assert "B ours: no weights given: weights.b=CHECKPOINT, one of ours (.ckpt)" in shown
    assert "RTF: 1 of 22 images" in (tmp_path / "out/table5.tex").read_text()
    assert "Without cuhk: nowhere/cuhk: no such folder" in shown
    assert "Test sets: rtf_0 (1 image)" in shown
    assert (tmp_path / "out/table5.tex").is_file()


def test_weights_are_looked_at_before_data(tmp_path: Path) -> None:
    shown = succeed(tmp_path, "tables", "table=table4", "hydra.run.dir=out")
    assert "no weights given: weights.bdcs=CHECKPOINT, one of ours (.ckpt)" in shown
    assert "Without" not in shown
    for command, key in (("tables", "weights.bdc"), ("evaluate", "weights")):
        table = ["table=table4"] if command == "tables" else []
        done = start(tmp_path, command, *table, f"{key}=no.ckpt").wait()
        assert done.returncode == 2
        assert f"{key}=no.ckpt: no such file." in done.stderr
        assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("kind", "suffix", "package", "needs"),
    [
        ("onnx", "onnx", "onnxruntime", exporting.NEEDS_ONNX),
        ("openvino", "xml", "openvino", exporting.NEEDS_OPENVINO),
    ],
)
def test_an_exported_file_scores_as_the_weights_that_it_was_made_of(
    kind: str, suffix: str, package: str, needs: str, tmp_path: Path
) -> None:
    pytest.importorskip(package, reason=needs)
    file = f"mobile.{suffix}"
    assert "px from the network" in succeed(tmp_path, "export", f"format={kind}", f"output={file}")
    settings = (f"estimator=[mobile,{kind}]", f"weights={file}", "shown=0", "hydra.run.dir=out")
    succeed(tmp_path, "evaluate", FAKE, *settings)
    with (tmp_path / "out/per_image.csv").open() as rows:
        scores = {(row["method"], row["set"], row["image"]): row for row in csv.DictReader(rows)}
    ours = [key for key in scores if key[0] == "mobile"]
    assert ours
    assert len(scores) == 2 * len(ours)
    for _, *image in ours:
        pair = [scores[(method, *image)] for method in ("mobile", kind)]
        for score in ("mae_px", "accuracy", "ap_per_image"):
            a, b = (float(row[score]) for row in pair)
            assert a == pytest.approx(b, abs=1e-3)
