"""What a run of a study leaves of its test sets for the report: statistics of maps, and examples.

In the folder: ``map_statistics.csv``, a row per image; ``map_values.npz``, counts of values per
test set; ``examples/<set>_<image>.npz``, whole maps of the first images of each set.
"""

from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from dmenet.files import make_folder, replacing
from dmenet.metrics import map_statistics as statistics
from dmenet.metrics.pooled import score_counts
from dmenet.reporting.tables import Row, write_csv
from dmenet.sample import Map, Sample
from dmenet.units import Unit, map_from_sigma_px

STATISTICS_FILE = "map_statistics.csv"
COUNTS_FILE = "map_values.npz"
EXAMPLES_FOLDER = "examples"

COLUMNS = ("set", "image", "extremes", "true_extremes", "mae_near_edges", "mae_elsewhere")
"""Of ``STATISTICS_FILE``; see ``dmenet.metrics.map_statistics``. Empty where no truth is known."""

METHOD = "dmenet"
"""The name of the run's network among the methods of its evaluation."""

EXAMPLES = 3
"""The first so many images of each test set are kept whole."""


class MapStatistics:
    """Gathers a network's maps on test sets, image by image.

    ``counts`` holds ``value_counts`` under ``<set>/estimate`` and ``<set>/truth``, and what
    ``dmenet.metrics.pooled.score_counts`` gives under ``<set>/detection``; sums over images.

    Args:
        unit: of the map values.
    """

    def __init__(self, unit: Unit) -> None:
        self.unit: Unit = unit
        self.rows: list[Row] = []
        self.counts: dict[str, NDArray[np.int64]] = {}
        self.examples: dict[str, dict[str, NDArray[np.generic]]] = {}
        self.images: dict[str, int] = defaultdict(int)

    def add(self, set_name: str, sample: Sample, sigma_px: Map) -> None:
        """Take in the estimate of one image, in px."""
        values = map_from_sigma_px(sigma_px, self.unit)
        row: dict[str, str | float] = {
            "set": set_name,
            "image": sample["name"],
            "extremes": statistics.share_of_extremes(values),
        }
        self._count(f"{set_name}/estimate", statistics.value_counts(values))
        if "sigma_px" in sample:
            truth = map_from_sigma_px(sample["sigma_px"], self.unit)
            row["true_extremes"] = statistics.share_of_extremes(truth)
            row |= statistics.edge_errors(values, truth)
            self._count(f"{set_name}/truth", statistics.value_counts(truth))
        if "mask" in sample:
            both = [torch.from_numpy(x)[None, None] for x in (values, sample["mask"])]
            self._count(f"{set_name}/detection", score_counts(*both).numpy())
        self.rows.append(row)
        if self.images[set_name] < EXAMPLES:
            self._keep(set_name, sample, sigma_px)
        self.images[set_name] += 1

    def _count(self, key: str, counts: NDArray[np.int64]) -> None:
        self.counts[key] = self.counts.get(key, 0) + counts

    def _keep(self, set_name: str, sample: Sample, sigma_px: Map) -> None:
        image = (sample["image"] * 255).round().astype(np.uint8)
        maps: dict[str, NDArray[np.generic]] = {
            "image": image,
            "estimate_sigma_px": sigma_px.astype(np.float16),
        }
        if "sigma_px" in sample:
            maps["true_sigma_px"] = sample["sigma_px"].astype(np.float16)
        if "mask" in sample:
            maps["mask"] = sample["mask"].astype(np.uint8)
        self.examples[f"{set_name}_{sample['name']}"] = maps

    def write(self, folder: Path) -> None:
        """Write everything into a folder, which is made."""
        make_folder(folder / EXAMPLES_FOLDER)
        write_csv(folder / STATISTICS_FILE, self.rows, COLUMNS)
        with replacing(folder / COUNTS_FILE) as temporary:
            np.savez_compressed(temporary, allow_pickle=False, **self.counts)
        for name, maps in self.examples.items():
            with replacing(folder / EXAMPLES_FOLDER / f"{name}.npz") as temporary:
                np.savez_compressed(temporary, allow_pickle=False, **maps)
