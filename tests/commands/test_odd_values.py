"""Odd values of every setting of every command: a line that names it, and no traceback.

Each command runs in this process on something tiny. A value that is taken is good for that run.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict
from PIL import Image
from torch import nn

import made_cuhk
import made_rtf
from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.composing import configuration_root, set_configuration_root
from dmenet.commands.hydra.configuration import Command
from dmenet.commands.hydra.setting_checks import check_settings
from dmenet.commands.train import check_crop
from dmenet.errors import InputError, UnavailableError
from dmenet.networks import BlurEstimator, BlurNetwork, MobileBlurEstimator
from dmenet.training.resuming.run_state import decisive_settings
from dmenet.training.trainer_settings import check_trainer_settings
from dmenet.weights.initial import load_initial_weights
from made_rgbd import room, write_image, write_png
from made_study import write_run
from own_kinds import own_kinds

ODD = (-1, 0, "abc", float("nan"), [], [1], {}, None, True)


def composed(command: str, *overrides: str) -> DictConfig:
    """The configuration of a command, in a run's folder."""
    set_configuration_root()
    with initialize_config_dir(str(configuration_root() / "conf"), version_base="1.3"):
        overrides = (*overrides, "+hydra.runtime.output_dir=run")
        configuration = compose(command, list(overrides), return_hydra_config=True)
    HydraConfig.instance().set_config(configuration)
    with open_dict(configuration):
        del configuration["hydra"]
    return configuration


def keys(settings: Any, prefix: str = "") -> Iterator[str]:
    """The full key of every setting, and of what holds others."""
    for key, value in settings.items():
        if not str(key).startswith("_"):
            yield f"{prefix}{key}"
            if isinstance(value, dict):
                yield from keys(value, f"{prefix}{key}.")


def walked(start: DictConfig, only: str, run: Callable[[DictConfig], None]) -> list[str]:
    """Run a command with every odd value of the settings whose key ``only`` matches.

    Returns:
        What is said of values that are refused without their name.
    """
    settings = OmegaConf.to_container(start, resolve=False)
    wrong = []
    for key in filter(re.compile(only).fullmatch, keys(settings)):
        for value in ODD:
            configuration = OmegaConf.create(settings)
            OmegaConf.update(configuration, key, value, merge=False)
            try:
                run(configuration)
            except SystemExit as left:
                error = left.__cause__
                # A file is as good as its setting.
                named = rf"(?<![\w.])({re.escape(key)}|abc)(?!\.?\w)|^{re.escape(str(value))}: "
                known = isinstance(error, InputError) and re.search(named, str(error))
                if left.code != 2 or not (known or isinstance(error, UnavailableError)):
                    wrong.append(f"{key}={value}: {error!r}")
            except Exception as error:
                wrong.append(f"{key}={value}: {error!r}")
    return wrong


NUMBERS = count()


class Fresh:
    """A command that writes into a new folder each time, if ``output`` is what it was."""

    def __init__(self, command: str) -> None:
        self.main = import_module(f"dmenet.commands.{command}").main

    def __call__(self, configuration: DictConfig) -> None:
        if OmegaConf.to_container(configuration).get("output") == "OUT":
            configuration.output = f"out{next(NUMBERS)}"
        self.main(configuration)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photograph, a map of it, a scene with depth, a run."""
    folder = tmp_path_factory.mktemp("odd")
    pixels = np.full((40, 48, 3), 60, np.uint8)
    pixels[:, 24:] = 200
    pixels[10:20, 5:15] = 120
    pixels += np.random.default_rng(0).integers(0, 8, pixels.shape, np.uint8)
    (folder / "photos").mkdir()
    Image.fromarray(pixels).save(folder / "photos/a.png")
    np.save(folder / "map.npy", np.ones((40, 48), np.float32))
    write_image(folder / "rgbd/images/a.png", 48, 64)
    write_png(folder / "rgbd/depths/a.png", room(48, 64), np.uint16)
    write_run(folder / "runs/one", "bdcs", 0)
    made_rtf.generate(folder / "rtf", [1, 2])
    made_cuhk.generate(folder / "cuhk", range(10))
    (folder / "run").mkdir()
    return folder


SCENE = [
    "source.reader.images=rgbd/images", "source.reader.depths=rgbd/depths",
    "source.reader.mm_per_unit=1",
]  # fmt: skip
SYNTHESIS = ["output=OUT", "count=1"]
SMALL = [*SYNTHESIS, "source.height=32", "source.width=32"]
RGBD = [*SYNTHESIS, "source=rgbd", *SCENE]
PREDICT = ["input=photos", "output=OUT"]
RESTORE = ["photo=[photos]", "output=OUT", "map=map.npy"]
TABLE = ["table=table6", "data_sets.rtf.folder=nowhere"]
EVALUATE = ["estimator=constant", "shown=0"]
ZHUO = "estimator=zhuo_sim_2011"
OF_NETWORKS = "weights|tile|precision|scales|working_size"
ALL = r".*"
GROUPS = "source|camera|renderer|sensor|layout|estimator|data|estimator.[^.]*"
NOT_GROUPS = rf"(?!({GROUPS})$).*"
"""On a command line, only options of these can be given."""

CASES: list[tuple[str, list[str], str]] = [
    ("synthesize", SMALL, NOT_GROUPS),
    ("synthesize", ["source=procedural", *SMALL], r"source\..*"),
    ("synthesize", ["source=embedded_mixture", *SYNTHESIS], r"source\.shares.*"),
    ("synthesize", RGBD, r"source\..*"),
    ("synthesize", ["sensor=camera", *RGBD], r"sensor\..*"),
    ("synthesize", ["camera=real_lens", "camera.apertures=[polygon]", *RGBD], r"camera\..*"),
    ("synthesize", ["layout=shards", *RGBD], r"layout\..*"),
    ("synthesize", ["layout=released", *RGBD], r"layout\..*"),
    ("inspect", ["output=OUT", *SCENE], NOT_GROUPS),
    ("predict", [*PREDICT, ZHUO], rf"(?!estimator|{OF_NETWORKS}).*"),
    ("predict", PREDICT, OF_NETWORKS),
    *(
        ("predict", [*PREDICT, f"estimator={method}"], rf"estimator\.{method}\..*")
        for method in (
            "karaali_jung_2018", "zhuo_sim_2011", "shi_2015", "park_2017", "dandres_2016",
            "untrained",
        )
    ),
    ("restore", ["mode=magnify", *RESTORE], r"(?!estimator|photo).*"),
    ("restore", ["mode=deblur", *RESTORE], "prior|noise|aperture|blades"),
    ("restore", ["mode=refocus", *RESTORE], "focus_sigma_px|side"),
    ("restore", ["mode=mask", *RESTORE], "threshold_px"),
    ("sort", ["folder=[photos]", "output=OUT", ZHUO], rf"(?!estimator|{OF_NETWORKS}).*"),
    ("export", ["format=safetensors"], "weights|format|output"),
    ("datasets", [], ALL),
    ("report", ["folders=[runs]"], ALL),
    ("tables", TABLE, r"weights.*|results|shown|table\.make|data_sets.*|methods\.[^.]*"),
    ("web", ["port=0", ZHUO], NOT_GROUPS),
    ("web", ["port=0"], r"estimator\.dmenet\..*"),
    ("evaluate", [*EVALUATE, "data=cuhk"], NOT_GROUPS),
    ("evaluate", [*EVALUATE, "data=reblur", "data.folder=photos"], r"data\..*"),
    ("evaluate", [*EVALUATE, "data=rtf"], r"data\..*"),
    ("evaluate", [*EVALUATE, "data=syndof"], r"data\..*"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "overrides", "only"), CASES)
def test_odd_values_are_taken_or_refused_by_name(
    command: str, overrides: list[str], only: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    monkeypatch.setenv("DMENET_DATA", ".")
    for name in ("application", "serve"):
        monkeypatch.setattr(f"dmenet.web.server.{name}", lambda *unused: None)
    assert walked(composed(command, *overrides), only, Fresh(command)) == []


def training(*overrides: str) -> DictConfig:
    folders = ["callbacks.last.dirpath=run", "callbacks.best.dirpath=run"]
    return composed("train", "model.blur_estimation.width=0.03", *folders, *overrides)


def build_group(group: str, configuration: DictConfig) -> None:
    """As ``dmenet train`` builds it."""
    if group == "data":
        build(configuration.data, domains=["synthetic"])
    elif group in ("model", "callbacks", "logger"):
        build(configuration[group])
    else:
        decisive_settings(configuration)
        load_initial_weights(nn.Module(), **configuration.initial_weights)


@pytest.mark.parametrize(
    ("only", "overrides"),
    [
        (r"model\..*", []), (r"data\..*", ["data=embedded"]), (r"data\..*", ["data=paper"]),
        (r"data\..*", ["data=rgbd"]), (r"callbacks\..*", ["callbacks=average"]),

        (r"logger\..*", ["logger=wandb_offline", "logger.wandb.folder=run"]),
        ("(seed|allow|initial|evaluate|test|objective).*", []),
    ],
)  # fmt: skip
def test_odd_values_of_a_training(
    only: str, overrides: list[str], files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    only_build = partial(build_group, re.split(r"\W", only.strip("("))[0])
    run = Command("train", only_build, own_kinds("train"))
    assert walked(training(*overrides), only, run) == []


# `-1` is all devices, or no limit; the numbers are Lightning's to read.
TAKEN_BY_TRAINER: tuple[tuple[str, Any], ...] = (
    ("devices", -1), ("log_every_n_steps", 1e9), ("max_epochs", -1), ("max_steps", -1),
    ("limit_train_batches", 1e9), ("limit_val_batches", 1e9), ("overfit_batches", 1e9),
    ("val_check_interval", 1e9), ("limit_val_batches", 0), ("min_epochs", 0),
    ("num_sanity_val_steps", -1), ("num_sanity_val_steps", 0), ("overfit_batches", 0),
)  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["accelerator", "check_val_every_n_epoch", "devices", "limit_train_batches",
     "limit_val_batches", "log_every_n_steps", "max_epochs", "max_steps", "max_time", "min_epochs",
     "num_nodes", "num_sanity_val_steps", "overfit_batches", "precision", "profiler", "strategy",
     "val_check_interval"],
)  # fmt: skip
def test_odd_values_of_the_trainer_are_refused_by_name(name: str) -> None:
    def make(configuration: DictConfig) -> None:
        settings = configuration.trainer
        check_settings(configuration, "train", own_kinds("train"))
        check_trainer_settings(settings)
        build(settings, logger=False)
        pytest.fail(f"{settings[name]!r} is taken")

    for value in (-1, 0, 1e9, "abc", float("nan"), [], {}):
        if (name, value) not in TAKEN_BY_TRAINER:
            configuration = training()
            key = f"trainer.{name}"
            OmegaConf.update(configuration, key, value, merge=False, force_add=True)
            with pytest.raises(InputError, match="trainer"):
                make(configuration)


@pytest.mark.parametrize("crop", [4800, 816])
def test_a_crop_that_no_image_gives_is_refused_before_memory_is_filled(crop: int) -> None:
    configuration = training()
    configuration.data.crop = crop
    with pytest.raises(InputError, match=f"crop={crop}: expected .* at most 800"):
        check_settings(configuration, "train", own_kinds("train"))


@pytest.mark.parametrize(
    ("network", "crop", "multiple"),
    [(BlurEstimator(0.03), 8, 16), (BlurEstimator(0.03), 40, 16), (MobileBlurEstimator(), 48, 32)],
)
def test_a_crop_that_the_network_does_not_take_is_refused(
    network: BlurNetwork, crop: int, multiple: int
) -> None:
    with pytest.raises(InputError, match=f"data.crop={crop}: expected a multiple of {multiple}"):
        check_crop(crop, network)
    check_crop(2 * multiple, network)
