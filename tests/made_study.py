"""Makes the folder of a sweep as its jobs would leave it, without any training."""

from pathlib import Path

import numpy as np

from dmenet.metrics.protocols import SyndofProtocol
from dmenet.reporting.results import Results, write_results
from dmenet.reporting.studies.map_statistics import MapStatistics
from dmenet.reporting.studies.runs import METHOD
from dmenet.run_file import update_run
from dmenet.sample import Sample
from dmenet.units import map_from_sigma_px


def sample(number: int) -> Sample:
    """A blurred square on a sharp ground."""
    sigma_px = np.zeros((48, 56), np.float32)
    sigma_px[12:36, 14 + number : 40] = 5
    rng = np.random.default_rng(number)
    return {
        "name": f"{number:04d}",
        "image": rng.random((48, 56, 3), np.float32),
        "sigma_px": sigma_px,
        "defocus": map_from_sigma_px(sigma_px, "sigma7"),
        "mask": (sigma_px > 0.5).astype(np.float32),
    }


def write_run(
    folder: Path,
    row: str,
    seed: int,
    *,
    calibration: str = "none",
    error_px: float = 1.0,
    finished: bool = True,
    sharpness_weight: float = 0.02,
    objective: float | None = None,
) -> None:
    """A run whose maps are off by a constant everywhere."""
    folder.mkdir(parents=True)
    description = {
        "row": row,
        "calibration": calibration,
        "seed": seed,
        "loss_weights": {"defocus": 1.0, "sharpness": sharpness_weight},
    }
    update_run(folder, about=description, settings={"seed": seed, "data.crop": 32})
    if not finished:
        update_run(folder, job={"state": "failed", "error": "it broke"})
        return
    update_run(folder, finished={"epochs": 3, "objective": objective})
    protocol, statistics, rows = SyndofProtocol(), MapStatistics("sigma7"), []
    for number in range(4):
        known = sample(number)
        sigma_px = (known["sigma_px"] + np.float32(error_px)).clip(0, 7)
        statistics.add("synthetic", known, sigma_px)
        rows.append(protocol.score(sigma_px, known))
    per_image = [
        {"method": METHOD, "set": "synthetic", "image": f"{i:04d}", **row, "seconds": 0.1}
        for i, row in enumerate(rows)
    ]
    means = {**protocol.mean(rows), "seconds": 0.1}
    place = folder / "evaluation" / "embedded"
    write_results(
        place,
        Results(
            per_image=per_image,
            means=[{"set": "synthetic", "method": METHOD, **means, "note": ""}],
            protocol=protocol.describe(),
            methods={METHOD: {}},
            data={"identity": {}, "sets": {"synthetic": {"images": 4}}},
            versions={},
        ),
    )
    statistics.write(place)
