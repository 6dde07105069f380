"""``dmenet demo``: the main job end to end, by the commands that a user types."""

import argparse
import csv
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from hydra import compose, initialize_config_dir

from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.composing import configuration_root
from dmenet.files import make_folder
from dmenet.images import photographs
from dmenet.images.reading import read_image
from dmenet.reporting.figures import Comparison, comparison_figure, photographs_figure

FOLDER = Path("runs/demo")
WEIGHTS = FOLDER / "train/checkpoints/last.ckpt"
WARM_START = ("trainer.max_epochs=56", "model.decay_every_epochs=9")
TRAINING = ("trainer.max_epochs=15", "model.learning_rate=5e-4", "model.decay_every_epochs=2")
CLEARLY = 0.8
"""The trained network's MSE must be under this share of those of the start and the constants."""


def main() -> None:
    """Predict with the weights of the package; train, evaluate, all in ``runs/demo``."""
    argparse.ArgumentParser("dmenet demo", description=main.__doc__).parse_args()
    start = time.monotonic()
    make_folder(FOLDER / "photographs")
    for photograph in photographs.paths(photographs.EXAMPLES):
        shutil.copyfile(photograph, FOLDER / "photographs" / photograph.name)
    run(
        "predict",
        f"input={FOLDER}/photographs",
        f"output={FOLDER}/predictions",
        f"hydra.run.dir={FOLDER}/predict",
    )
    photographs_figure(FOLDER / "photographs.png", predicted_photographs())
    print(f"Maps of photographs, by the weights of the package: {FOLDER / 'photographs.png'}")
    print("\nThat training works is shown by a narrow network on embedded data:")
    # As the released code can: B alone learns three times as many steps in the same time.
    run("train", "subnetworks=b", *WARM_START, f"hydra.run.dir={FOLDER}/warm_start")
    run(
        "train",
        *TRAINING,
        f"initial_weights.checkpoint={FOLDER}/warm_start/checkpoints/last.ckpt",
        f"hydra.run.dir={FOLDER}/train",
    )
    run(
        "evaluate",
        f"weights={WEIGHTS}",
        "estimator=[dmenet,mobile,untrained,constant]",
        "save_maps=true",
        f"hydra.run.dir={FOLDER}/evaluate",
    )
    comparison_figure(FOLDER / "demo.png", test_images())
    shutil.copyfile(FOLDER / "evaluate/means.md", FOLDER / "demo.md")
    print((FOLDER / "demo.md").read_text())
    print(f"Figure: {FOLDER / 'demo.png'}\nTable:  {FOLDER / 'demo.md'}")
    print(f"The demo took {time.monotonic() - start:.0f} s.")
    check_clearly_best()


def run(command: str, *overrides: str) -> None:
    """Show a command and run it; its failure is the demo's."""
    arguments = ["-m", f"dmenet.commands.{command}", *overrides]
    print(f"\n$ dmenet {shlex.join([command, *overrides])}", flush=True)
    process = subprocess.Popen([sys.executable, *arguments])
    try:
        status = process.wait()
    except KeyboardInterrupt:
        # Ctrl-C has reached it too: it saves and leaves, unless it is killed.
        status = process.wait()
    if status:
        raise SystemExit(status)


def test_images() -> list[Comparison]:
    """Held-out images with their truth and the maps that ``evaluate`` kept."""
    with initialize_config_dir(str(configuration_root() / "conf"), version_base="1.3"):
        data = build(compose("evaluate", [f"weights={WEIGHTS}"]).data)
    comparisons = []
    for name, samples in data.test_sets.items():
        for sample in (samples[0], samples[len(samples) - 1]):
            path = FOLDER / "evaluate/maps/dmenet" / name / f"{sample['name']}.npy"
            label = f"{name} {sample['name']} (held out)"
            estimates = {"DMENet": np.load(path)}
            comparisons.append(Comparison(label, sample["image"], sample["sigma_px"], estimates))
    return comparisons


def predicted_photographs() -> list[Comparison]:
    """The photographs with the maps that ``predict`` wrote."""
    return [
        Comparison(
            path.stem,
            read_image(path),
            None,
            {"mobile": np.load(FOLDER / "predictions" / f"{path.stem}_sigma_px.npy")},
        )
        for path in sorted((FOLDER / "photographs").iterdir())
    ]


def check_clearly_best() -> None:
    """Fail unless the trained network clearly beats what has learnt nothing, on every test set."""
    with (FOLDER / "evaluate/means.csv").open() as file:
        rows = list(csv.DictReader(file))
    ours = {row["set"]: float(row["mse"]) for row in rows if row["method"] == "dmenet"}
    for row in rows:
        if row["method"] not in ("dmenet", "mobile") and ours[row["set"]] > CLEARLY * float(
            row["mse"]
        ):
            raise SystemExit(
                f"The trained network does not clearly beat {row['method']} on {row['set']}: MSE "
                f"{ours[row['set']]:.4f} against {float(row['mse']):.4f}"
            )


if __name__ == "__main__":
    main()
