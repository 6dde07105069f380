"""Methods of a configuration, whose weights are looked at before anything else is loaded."""

import pytest
from omegaconf import DictConfig, OmegaConf

from dmenet.commands.hydra.chosen_methods import methods_of, refuse_unused
from dmenet.errors import InputError, UnavailableError
from dmenet.evaluation import weights_identity
from dmenet.weights.shipping import shipped


def dmenet(weights: str | None) -> DictConfig:
    target = "dmenet.estimators.DMENetEstimator.from_checkpoint"
    estimators = {"dmenet": {"_target_": target, "weights": "${weights}"}}
    return OmegaConf.create({"weights": weights, "estimator": estimators}).estimator


def test_shipped_weights_are_found_by_name_and_known_by_content() -> None:
    for name, path in shipped().items():
        (method,) = methods_of(dmenet(name))
        assert method.identity["weights"] == weights_identity(path)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (None, r"missing settings: weights\. dmenet needs weights=CHECKPOINT.*\.ckpt"),
        ("no.ckpt", r"weights=no\.ckpt: no such file"),
        ("unknown", r"weights=unknown: no such file, nor weights that the package carries"),
    ],
)
def test_weights_that_are_not_there(weights: str | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        methods_of(dmenet(weights))


def test_a_table_has_a_row_for_weights_that_are_not_given() -> None:
    (method,) = methods_of(dmenet(None), lacking_are_rows=True)
    with pytest.raises(UnavailableError, match=r"no weights given: weights=CHECKPOINT"):
        method.make()


def test_weights_of_one_method_are_named_by_its_own_setting() -> None:
    estimators = dmenet("mobile")
    estimators.dmenet.weights = None
    with pytest.raises(InputError, match=r"missing settings: estimator\.dmenet\.weights\."):
        methods_of(estimators)


@pytest.mark.parametrize("setting", ["weights=last.ckpt", "tile=64"])
def test_settings_that_no_method_reads_are_refused(setting: str) -> None:
    key, _, value = setting.partition("=")
    given = OmegaConf.create({"weights": "mobile", "tile": None, key: value})
    for method, fits in ({"weights": "${weights}", "tile": "${oc.select:tile,null}"}, True), (
        {"weights": "mobile", "tile_px": "${tile_px}"}, False,
    ):  # fmt: skip
        given.estimator = {"a": method, "b": {}}
        if fits:
            refuse_unused(given)
        else:
            with pytest.raises(InputError, match=f"{setting}: no setting of a, b"):
                refuse_unused(given)
