"""From the configuration of estimators to the methods that are compared."""

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf

from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.inputs import path_of
from dmenet.commands.hydra.kinds import SeveralBuilt
from dmenet.errors import InputError, UnavailableError
from dmenet.estimators import Estimator
from dmenet.networks.precision import Precision
from dmenet.networks.scales import Scales
from dmenet.ranges import Count
from dmenet.weights.shipping import weights_file

if TYPE_CHECKING:
    from dmenet.evaluation import Method

WEIGHTS = "CHECKPOINT, one of ours (.ckpt), the released one (.npz) or a name of shipped weights"

SHIPPED = "mobile"
"""The default of ``weights``, which methods without weights do not see."""

OF_METHODS: dict[str, Any] = {
    "estimator": SeveralBuilt,
    "weights": str | None,
    "tile": Count | None,
    "precision": Precision,
    "scales": Scales,
    "working_size": Count | None,
}
"""Settings of commands that methods may read, and their types."""

UNSET = (None, SHIPPED, "auto")
"""Their defaults, which methods without such a setting do not see."""


def refuse_unused(configuration: DictConfig) -> None:
    """Raise ``InputError`` if one of ``OF_METHODS`` is given and no chosen method reads it."""
    chosen = OmegaConf.to_container(configuration.estimator, resolve=False)
    assert isinstance(chosen, dict)
    values = [str(value) for settings in chosen.values() for value in settings.values()]
    for name in OF_METHODS.keys() - {"estimator"}:
        is_given = configuration.get(name) not in UNSET
        if is_given and not any(
            re.match(rf"\$\{{(oc\.select:)?{name}\b", value) for value in values
        ):
            methods, given = ", ".join(map(str, chosen)), configuration[name]
            raise InputError(f"{name}={given}: no setting of {methods}; leave it out")


def methods_of(
    estimators: DictConfig, weights_keys: dict[str, str] | None = None
) -> "list[Method]":
    """A method for each estimator of a configuration, under its key; none is made yet.

    Args:
        estimators: of the configuration.
        weights_keys: by method the key under which its weights are given. Where they are not given,
            these methods become rows that say so; without this argument, that is an error.

    Raises:
        InputError: the weights of a method are not given, or are no file.
    """
    # Not for `predict`, which would wait twice as long for its first map.
    from dmenet.evaluation import Method
    from dmenet.evaluation.methods import identity_of_settings

    methods = []
    for name, estimator in estimators.items():
        settings = OmegaConf.to_container(estimator, resolve=True)
        make: Any = partial(build, estimator)
        if isinstance(settings, dict) and "weights" in settings:
            key = "weights" if weights_keys is None else weights_keys[str(name)]
            if settings["weights"] is None and weights_keys is not None:
                make = partial(_lacking, f"no weights given: {key}={WEIGHTS}")
            else:
                # The file, so that its content is part of the method's identity.
                settings["weights"] = str(_weights_file(str(name), key, settings["weights"]))
        methods.append(Method(str(name), make, identity_of_settings(settings)))
    return methods


def _lacking(why: str) -> Estimator:
    raise UnavailableError(why)


def _weights_file(method: str, key: str, weights: str | None) -> Path:
    needs = f"{method} needs {key}={WEIGHTS}"
    if weights is None:
        raise InputError(f"missing settings: {key}. {needs}; or choose methods by `estimator=...`")
    path = weights_file(path_of(weights, key))
    if not path.is_file():
        raise InputError(f"{key}={weights}: no such file. {needs}")
    return path
