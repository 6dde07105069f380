"""The evaluation of a run's final weights, whose results the report of a study reads."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from dmenet.data.data_set_module import DataSetModule
from dmenet.estimators import DMENetEstimator
from dmenet.evaluation import Method, evaluate, weights_identity
from dmenet.evaluation.run import MAPS
from dmenet.evaluation.scoring import KeptMaps
from dmenet.reporting.studies.map_statistics import EXAMPLES, MapStatistics
from dmenet.reporting.studies.runs import METHOD
from dmenet.sample import Sample


def evaluate_final_weights(
    weights: Path, data: DataSetModule, data_identity: Any, folder: Path
) -> None:
    """Score a checkpoint on the test sets of a data set.

    Args:
        weights: the checkpoint.
        data: has the test sets and the protocol that scores on them.
        data_identity: see ``dmenet.evaluation.evaluate``.
        folder: for the results.
    """
    assert data.protocol is not None
    make = partial(DMENetEstimator.from_checkpoint, weights)
    data.prepare_data()
    evaluate(
        [Method(METHOD, make, {"weights": weights_identity(weights)})],
        data.test_sets,
        data.protocol,
        folder,
        data_identity=data_identity,
        save_maps=True,
        shown=EXAMPLES,
    )
    statistics = MapStatistics(data.unit)
    for set_name, samples in data.test_sets.items():
        _gather(statistics, set_name, samples, folder)
    statistics.write(folder)


def _gather(
    statistics: MapStatistics, set_name: str, samples: Sequence[Sample], folder: Path
) -> None:
    """Take in the maps of a test set; delete all but those of the examples."""
    maps_folder = folder / MAPS / METHOD / set_name
    maps = KeptMaps(maps_folder, None)
    for number, sample in enumerate(samples):
        statistics.add(set_name, sample, maps.read(sample["name"]))
        if number >= EXAMPLES:
            (maps_folder / f"{sample['name']}.npy").unlink()
