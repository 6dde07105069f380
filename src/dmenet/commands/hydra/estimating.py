"""Estimating photographs, as several commands do."""

from collections.abc import Sequence

from omegaconf import DictConfig
from tqdm import tqdm

from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.methods import refuse_unused
from dmenet.errors import InputError
from dmenet.estimators import DMENetEstimator, Estimator
from dmenet.images.finding import Found
from dmenet.sample import Image, Map

LARGE_PX = 2_000_000
"""Photographs of more pixels take seconds."""


def the_method(configuration: DictConfig) -> Estimator:
    """The only method of a configuration, ready.

    Raises:
        InputError: there are several, it cannot be had, or a setting is given that it does not
            have.
    """
    methods = list(configuration.estimator)
    if len(methods) != 1:
        raise InputError(f"estimator={methods}: photographs are estimated by one method at a time")
    refuse_unused(configuration)
    estimator: Estimator = build(configuration.estimator[methods[0]])
    estimator.prepare([])
    return estimator


def estimate(estimator: Estimator, image: Image) -> Map:
    """The sigma map of a photograph, in px; a large one has a bar of its own."""
    pixels = image.shape[0] * image.shape[1]
    if not isinstance(estimator, DMENetEstimator) or pixels < LARGE_PX:
        return estimator(image).sigma_px
    with tqdm(total=pixels, unit="px", unit_scale=True, leave=False, desc="photograph") as bar:
        return estimator(image, lambda share: bar.update(share * pixels)).sigma_px


def end(found: Found, failures: Sequence[str]) -> None:
    """Say what was skipped; raise ``InputError`` if photographs could not be read."""
    for line in found.skipped_in_words():
        print(line)
    if failures:
        raise InputError("\n".join(failures))
