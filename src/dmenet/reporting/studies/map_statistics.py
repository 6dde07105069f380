"""What a run leaves of its test sets for the report of a study: statistics of maps, and examples.

In the folder: ``map_statistics.csv``, a row per image; ``map_values.npz``, counts of values per
test set; ``examples/<set>_<image>.npz``, whole maps of the first images of each set.
"""

from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from dmenet.files import make_folder, replacing
from dmenet.metrics.pooled import score_counts
from dmenet.reporting.plots import EXTREME
from dmenet.reporting.text_tables import Row, write_csv
from dmenet.sample import Map, Sample
from dmenet.units import MAX_SIGMA_PX, Unit, map_from_sigma_px

STATISTICS_FILE = "map_statistics.csv"
COUNTS_FILE = "map_values.npz"
EXAMPLES_FOLDER = "examples"

COLUMNS = ("set", "image", "extremes", "true_extremes", "mae_near_edges", "mae_elsewhere")
"""Of ``STATISTICS_FILE``; see the functions below. Empty where no truth is known."""

EXAMPLES = 3
"""The first so many images of each test set are kept whole."""


EDGE_STEP = 0.5 / MAX_SIGMA_PX
"""Neighbouring pixels whose true values differ by more lie on an edge: half a px of sigma."""

EDGE_BAND_PX = 5.0
"""So far from an edge reaches its band: half as far as ten layers of 3x3 in S look."""

BINS = 100
"""Of the histogram of map values."""


def edge_band(truth: Map) -> NDArray[np.bool_]:
    """Whether a pixel is at most ``EDGE_BAND_PX`` from an edge of the true map."""
    edge = np.zeros(truth.shape, bool)
    down = np.abs(np.diff(truth, axis=0)) > EDGE_STEP
    across = np.abs(np.diff(truth, axis=1)) > EDGE_STEP
    edge[:-1] |= down
    edge[1:] |= down
    edge[:, :-1] |= across
    edge[:, 1:] |= across
    if not edge.any():
        return edge
    band: NDArray[np.bool_] = distance_transform_edt(~edge) <= EDGE_BAND_PX
    return band


def edge_errors(estimate: Map, truth: Map) -> dict[str, float]:
    """How much a map smudges: its absolute error where the true blur jumps, and elsewhere.

    Returns:
        ``mae_near_edges`` and ``mae_elsewhere``, means over the pixels of the band around the true
        edges and over all others; nan where there are none.
    """
    band = edge_band(truth)
    error = np.abs(estimate.astype(np.float64) - truth)
    return {"mae_near_edges": _mean(error[band]), "mae_elsewhere": _mean(error[~band])}


def share_of_extremes(values: Map) -> float:
    """The share of pixels within ``EXTREME`` of 0 or 1: 1 for a binary map."""
    return float(((values <= EXTREME) | (values >= 1 - EXTREME)).mean())


def value_counts(values: Map) -> NDArray[np.int64]:
    """How many pixels have a value in each of ``BINS`` equal parts of [0, 1]."""
    return np.histogram(values, BINS, (0, 1))[0]


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
        """Add the estimate of one image, in px."""
        values = map_from_sigma_px(sigma_px, self.unit)
        row: dict[str, str | float] = {
            "set": set_name,
            "image": sample["name"],
            "extremes": share_of_extremes(values),
        }
        self._count(f"{set_name}/estimate", value_counts(values))
        if "sigma_px" in sample:
            truth = map_from_sigma_px(sample["sigma_px"], self.unit)
            row["true_extremes"] = share_of_extremes(truth)
            row |= edge_errors(values, truth)
            self._count(f"{set_name}/truth", value_counts(truth))
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


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if values.size else float("nan")
