"""Values against types: what is taken, what is said of others, and that types are understood."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
import yaml
from annotated_types import MinLen
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf, open_dict

from dmenet.commands.hydra.composing import (
    configuration_root,
    parts_of,
    set_configuration_root,
)
from dmenet.commands.hydra.setting_checks import (
    SeveralBuilt,
    _adapter,
    check_arguments,
    check_settings,
    check_value,
    kinds_of,
)
from dmenet.errors import InputError
from dmenet.ranges import Count, Positive, Share
from own_kinds import own_kinds

COMMANDS = [
    "contact_sheet", "datasets", "evaluate", "export", "inspect", "predict", "restore", "sort",
    "synthesize", "tables", "train", "web",
]  # fmt: skip

Pair = tuple[Positive, Positive]
Either = Count | Mapping[str, Count]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, float), (0.05, Positive | None), (None, Positive | None), ([1, 2.5], Pair), ("a", str),
        ("a", str | Path), (3, Either), ({"real": 3}, Either), (["disc"], Sequence[str]),
        ([1, 1], tuple[Positive, Positive]), (None, tuple[Share, Share] | None),
    ],
)  # fmt: skip
def test_values_of_a_type_are_taken(value: object, kind: Any) -> None:
    check_value("key", value, kind)


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        (0, Positive, "=0: expected a number over 0"),
        (-1, Positive | None, "=-1: expected a number over 0 or null"),
        (float("nan"), Positive, "=nan: expected a number"),
        (float("inf"), Positive, "=inf: expected a number"),
        ("7", Positive, "=7: expected a number"),
        (True, Positive, "=True: expected a number"),
        ([7], Positive, r"=\[7\]: expected a number"),
        (2, Share, "=2: expected a number of at most 1"),
        (0.5, Count, "=0.5: expected a whole number"),
        (None, Count, "=None: expected a whole number"),
        (1, bool, "=1: expected true or false"),
        (1, str, "=1: expected text"),
        ("c", Literal["a", "b"], "=c: expected 'a' or 'b'"),
        ([1], Pair, r"=\[1\]: expected a list of 2"),
        ([1, -1], Pair, r"\[1\]=-1: expected a number over 0"),
        ([0, 1], tuple[Positive, Positive] | None, r"\[0\]=0: expected a number over 0"),
        ([1], tuple[Positive, Positive], r"=\[1\]: expected a list of 2"),
        ([], Annotated[Sequence[str], MinLen(1)], r"=\[\]: expected a list of at least 1"),
        ({"real": 0}, Mapping[str, Count], ".real=0: expected a number of at least 1"),
        ({"real": 0}, Either, ".real=0: expected a number of at least 1"),
        ([], Either, r"=\[\]: expected a whole number or values by name"),
        (5, Callable[..., int], "=5: expected settings of its own, with a _target_"),
        ({"a": {}}, SeveralBuilt, r"\.a=\{\}: expected settings of its own, with a _target_"),
    ],
)
def test_other_values_are_refused_in_words(value: object, kind: Any, said: str) -> None:
    with pytest.raises(InputError, match=f"^key{said}$"):
        check_value("key", value, kind)


def test_a_value_of_another_setting_is_named_by_that() -> None:
    target = "dmenet.estimators.FixedEstimator"
    settings = {"blur": -1, "method": {"_target_": target, "sigma_px": "${blur}"}}
    with pytest.raises(InputError, match="blur=-1: expected a number of at least 0"):
        check_arguments(OmegaConf.create(settings).method, {})


def test_a_command_may_take_more_of_an_argument() -> None:
    target = "dmenet.estimators.FixedEstimator"
    settings = OmegaConf.create({"method": {"_target_": target, "sigma_px": "auto"}})
    with pytest.raises(InputError, match=r"method\.sigma_px=auto: expected a number"):
        check_arguments(settings, {})
    check_arguments(settings, {"method.sigma_px": Literal["auto"] | float})


def test_every_type_of_what_is_configured_is_understood() -> None:
    """One that is not would let anything pass."""

    def targets(node: Any) -> set[str]:
        if isinstance(node, list):
            return set().union(*map(targets, node))
        if not isinstance(node, dict):
            return set()
        own = {node["_target_"]} if "_target_" in node else set()
        return own.union(*map(targets, node.values()))

    files = (configuration_root() / "conf").rglob("*.yaml")
    found = set().union(*(targets(yaml.safe_load(file.read_text("utf-8"))) for file in files))
    unknown = {
        (target, name)
        for target in found
        if target.startswith("dmenet.")
        for name, kind in kinds_of(target).items()
        for one in get_args(kind) or (kind,)
        if one is not NoneType and isinstance(one, type) and not is_dataclass(one)
        if not getattr(one, "_is_protocol", False) and _adapter(one) is None
    }
    assert unknown == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_type_of_a_commands_settings_is_understood(command: str) -> None:
    for key, kind in own_kinds(command).items():
        kinds = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
        assert all(one is NoneType or _adapter(one) is not None for one in kinds), key


@pytest.mark.parametrize("command", ["train", "synthesize", "evaluate", "tables", "predict", "web"])
def test_every_option_that_comes_with_dmenet_passes(command: str) -> None:
    set_configuration_root()
    for group, (chosen, options) in parts_of(command, ()).groups.items():
        for option in options:
            choice = f"{group}=[{option}]" if isinstance(chosen, list) else f"{group}={option}"
            if choice == "sweeps=loss_weights":  # needs the extra `optuna`
                continue
            words = [choice, "+hydra.runtime.output_dir=run"]
            with initialize_config_dir(str(configuration_root() / "conf"), version_base="1.3"):
                configuration = compose(command, words, return_hydra_config=True)
            HydraConfig.instance().set_config(configuration)
            with open_dict(configuration):
                del configuration["hydra"]
            refused = ""
            try:
                check_settings(configuration, command, own_kinds(command))
            except InputError as error:
                refused = str(error)
            assert not refused or refused.startswith("missing settings: "), choice
