"""The evaluation of a run's final weights, whose results the report of a study reads."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from dmenet.commands.hydra.building import build
from dmenet.estimators import DMENetEstimator
from dmenet.evaluation import Method, evaluate, weights_identity
from dmenet.evaluation.kept_maps import KeptMaps
from dmenet.evaluation.methods import identity_of_settings
from dmenet.evaluation.run import MAPS
from dmenet.reporting.studies.map_statistics import EXAMPLES, MapStatistics
from dmenet.reporting.studies.runs import METHOD
from dmenet.sample import Sample


def evaluate_final_weights(data_sets: dict[str, DictConfig], weights: Path, folder: Path) -> None:
    """Score a checkpoint on the test sets of some data.

    Args:
        data_sets: configurations of data modules by the name of the folder for their results.
        weights: the checkpoint.
        folder: where these folders go.
    """
    make = partial(DMENetEstimator.from_checkpoint, weights)
    method = Method(METHOD, make, {"weights": weights_identity(weights)})
    for name, configuration in data_sets.items():
        data = build(configuration)
        data.prepare_data()
        evaluate(
            [method],
            data.test_sets,
            data.protocol,
            folder / name,
            data_identity=identity_of_settings(OmegaConf.to_container(configuration, resolve=True)),
            save_maps=True,
            shown=EXAMPLES,
        )
        statistics = MapStatistics(data.unit)
        for set_name, samples in data.test_sets.items():
            _gather(statistics, set_name, samples, folder / name)
        statistics.write(folder / name)


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
