import pytest
from hydra.errors import InstantiationException
from omegaconf import OmegaConf

from dmenet.commands.hydra.building import build
from dmenet.errors import InputError


def refuse(mm_per_unit: float | None, kind: str) -> None:
    raise InputError(f"kind=depth: mm_per_unit is {mm_per_unit}, expected a number")


def test_what_the_user_got_wrong_is_raised_as_it_is() -> None:
    target = "dmenet.estimators.DMENetEstimator.from_checkpoint"
    inner = {"_target_": target, "weights": "nowhere.ckpt"}
    for configuration in (inner, {"_target_": "builtins.list", "_args_": [[inner]]}):
        with pytest.raises(InputError, match=r"nowhere\.ckpt: expected a file"):
            build(OmegaConf.create(configuration))


def test_a_message_on_an_argument_has_the_full_key_of_its_setting() -> None:
    refuses = {"_target_": f"{__name__}.refuse", "mm_per_unit": None, "kind": "depth"}
    configuration = OmegaConf.create({"source": {"reader": refuses}, "tile": 100})
    with pytest.raises(
        InputError, match=r"\Asource\.reader\.kind=depth: source\.reader\.mm_per_unit is None"
    ):
        build(configuration.source)
    configuration.source.reader.mm_per_unit = "${tile}"
    with pytest.raises(InputError, match=r"depth: tile is 100, expected"):
        build(configuration.source)


def test_what_python_refuses_names_the_setting() -> None:
    constant = {"_target_": "dmenet.estimators.ConstantEstimator", "statistik": "mean"}
    with pytest.raises(InputError, match=r"a\.statistik: no such setting"):
        build(OmegaConf.create({"a": constant}))
    with pytest.raises(InputError, match=r"a: invalid literal for int"):
        build(OmegaConf.create({"a": {"_target_": "builtins.int", "_args_": ["1x"]}}))


def test_our_own_mistakes_stay_hydras_errors() -> None:
    with pytest.raises(InstantiationException, match="division"):
        build(OmegaConf.create({"_target_": "operator.truediv", "_args_": [1, 0]}))
