"""The methods that a configuration chooses: to be compared, or one for photographs."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf
from tqdm import tqdm

from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.inputs import path_of
from dmenet.commands.hydra.setting_checks import SeveralBuilt, source_of
from dmenet.errors import InputError, UnavailableError
from dmenet.estimators import DMENetEstimator, Estimator
from dmenet.images.finding import Found
from dmenet.networks.precision import Precision
from dmenet.networks.scales import Scales
from dmenet.ranges import Count
from dmenet.sample import Image, Map
from dmenet.weights.shipping import weights_file

if TYPE_CHECKING:
    from dmenet.evaluation import Method

WEIGHTS = "CHECKPOINT, one of ours (.ckpt), the released one (.npz) or a name of shipped weights"

OF_METHODS: dict[str, Any] = {
    "estimator": SeveralBuilt,
    "weights": str | None,
    "tile": Count | None,
    "precision": Precision,
    "scales": Scales,
    "working_size": Count | None,
}
"""Settings of commands that methods may read, and their types."""

DEFAULTS = (None, "mobile", "auto")
"""Of these settings; a method without such a setting is not given them."""

LARGE_PX = 2_000_000
"""Photographs of more pixels take seconds."""


def refuse_unused(configuration: DictConfig) -> None:
    """Raise ``InputError`` if one of ``OF_METHODS`` is given and no chosen method reads it."""
    chosen: Any = OmegaConf.to_container(configuration.estimator, resolve=False)
    read = {source_of(value) for settings in chosen.values() for value in settings.values()}
    for name in OF_METHODS.keys() - {"estimator"} - read:
        if (given := configuration.get(name)) not in DEFAULTS:
            methods = ", ".join(map(str, chosen))
            raise InputError(f"{name}={given}: no setting of {methods}; leave it out")


def methods_of(estimators: DictConfig, *, lacking_are_rows: bool = False) -> "list[Method]":
    """A method for each estimator of a configuration, under its key; none is made yet.

    Args:
        estimators: of the configuration.
        lacking_are_rows: whether methods whose weights are not given become rows of a table that
            say so; else that is an error.

    Raises:
        InputError: the weights of a method are not given, or are no file.
    """
    # Not for `predict`, which would wait twice as long for its first map.
    from dmenet.evaluation import Method
    from dmenet.evaluation.methods import identity_of_settings

    methods = []
    for name, estimator in estimators.items():
        settings: Any = OmegaConf.to_container(estimator, resolve=True)
        make: Any = partial(build, estimator)
        if lacking_are_rows and (why := weights_lacking(estimator)):
            make = partial(_lacking, why)
        elif "weights" in settings:
            # The file, so that its content is part of the method's identity.
            settings["weights"] = _weights_file(str(name), estimator)
        methods.append(Method(str(name), make, identity_of_settings(settings)))
    return methods


def weights_lacking(estimator: DictConfig) -> str | None:
    """That the weights of a method are not given, in words; None if they are or it has none."""
    if "weights" not in estimator:
        return None
    given = estimator.weights is not None
    return None if given else f"no weights given: {_weights_key(estimator)}={WEIGHTS}"


def _weights_key(estimator: DictConfig) -> str:
    written: Any = OmegaConf.to_container(estimator, resolve=False)
    key: str = source_of(written["weights"]) or estimator._get_full_key("weights")
    return key


def _lacking(why: str) -> Estimator:
    raise UnavailableError(why)


def _weights_file(method: str, estimator: DictConfig) -> str:
    key, weights = _weights_key(estimator), estimator.weights
    needs = f"{method} needs {key}={WEIGHTS}"
    if weights is None:
        raise InputError(f"missing settings: {key}. {needs}; or choose methods by `estimator=...`")
    path = weights_file(path_of(weights, key))
    if not path.is_file():
        raise InputError(f"{key}={weights}: no such file. {needs}")
    return str(path)


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
