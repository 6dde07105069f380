"""``python -m dmenet.evaluate``: score methods on the test sets of a data set, side by side."""

import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate
from omegaconf import DictConfig
from tqdm import tqdm

from dmenet.commands.configuration import command
from dmenet.data.files import replacing
from dmenet.reporting.figures import Comparison, comparison_figure
from dmenet.reporting.tables import Row, markdown_table, write_csv

IMAGES_IN_FIGURE = 3
"""Per test set."""


@command("evaluate")
def main(configuration: DictConfig) -> None:
    """Write a row per image, the means and a figure; print the means."""
    folder = Path(HydraConfig.get().runtime.output_dir)
    methods = instantiate(configuration.estimator)
    data = instantiate(configuration.data)
    data.prepare_data()
    rows: list[Row] = []
    means: list[Row] = []
    shown: dict[str, list[Comparison]] = {}
    for set_name, samples in data.test_sets.items():
        estimates: dict[int, dict[str, np.ndarray]] = defaultdict(dict)
        for method, estimator in methods.items():
            estimator.prepare(samples)
            scores = []
            for index, sample in enumerate(tqdm(samples, f"{method} on {set_name}", unit="image")):
                start = time.perf_counter()
                estimate = estimator(sample["image"])
                seconds = time.perf_counter() - start
                sigma_px = estimate.sigma_px
                scores.append(data.protocol.score(sigma_px, sample, estimate.own))
                name = {"method": method, "set": set_name, "image": sample["name"]}
                rows.append({**name, **scores[-1], "seconds": seconds})
                if index < IMAGES_IN_FIGURE:
                    estimates[index][method] = sigma_px
                if configuration.save_maps:
                    _save_map(folder / "maps" / method / set_name, sample["name"], sigma_px)
            means.append({"set": set_name, "method": method, **data.protocol.mean(scores)})
        shown[set_name] = [
            Comparison(
                f"{set_name} {samples[index]['name']}",
                samples[index]["image"],
                samples[index]["sigma_px"],
                maps,
            )
            for index, maps in estimates.items()
        ]
    write_csv(folder / "per_image.csv", rows)
    write_csv(folder / "means.csv", means)
    for set_name, comparisons in shown.items():
        comparison_figure(folder / f"{set_name}.png", comparisons)
    table = markdown_table(means)
    with replacing(folder / "means.md") as temporary:
        temporary.write_text(table + "\n")
    print(
        f"\nMSE and MAE of map values in [0, 1] (unit {data.unit}); accuracy and average precision "
        f"of blurred pixels; means over images:\n\n{table}\n\nRows per image, figures: {folder}"
    )


def _save_map(folder: Path, name: str, sigma_px: np.ndarray) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / f"{name}.npy") as temporary:
        np.save(temporary, sigma_px)
