import pytest
from hydra.errors import InstantiationException
from omegaconf import OmegaConf

from dmenet.commands.hydra.building import build
from dmenet.errors import InputError


def test_what_the_user_got_wrong_is_raised_as_it_is() -> None:
    target = "dmenet.estimators.DMENetEstimator.from_checkpoint"
    inner = {"_target_": target, "weights": "nowhere.ckpt"}
    for configuration in (inner, {"_target_": "builtins.list", "_args_": [[inner]]}):
        with pytest.raises(InputError, match=r"nowhere\.ckpt: expected a file"):
            build(OmegaConf.create(configuration))


def test_our_own_mistakes_stay_hydras_errors() -> None:
    with pytest.raises(InstantiationException, match="unexpected"):
        build(
            OmegaConf.create({"_target_": "dmenet.estimators.ConstantEstimator", "unexpected": 1})
        )
