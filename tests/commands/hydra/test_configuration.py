"""Every file of conf/ and sweeps/ composes, and what it describes can be built."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import pytorch_lightning as pl
import torch
import yaml
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf, open_dict

import dmenet.commands.hydra.configuration  # noqa: F401  its resolvers
from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.composing import ROOT_VARIABLE, configuration_root
from dmenet.commands.hydra.setting_checks import check_keys
from dmenet.data.data_set_module import DataSetModule
from dmenet.errors import InputError
from dmenet.training import DMENet
from dmenet.training.resuming.run_state import decisive_settings
from dmenet.weights.shipping import shipped
from official import PAPER_WEIGHTS
from tiny import TinyData, tiny_trainer

ROOT = configuration_root()
CONF = ROOT / "conf"
COMMANDS = tuple(sorted(path.stem for path in CONF.glob("*.yaml")))
GIVEN = {
    "evaluate": ["weights=w.ckpt"],
    "report": ["folders=[sweep]"],
    "predict": ["weights=w.ckpt", "input=photo.jpg"],
    "synthesize": ["output=out"],
}
"""Of the commands that require settings."""


def composed(command: str, *overrides: str) -> DictConfig:
    os.environ[ROOT_VARIABLE] = str(ROOT)
    with initialize_config_dir(str(CONF), version_base="1.3"):
        configuration = compose(
            command, [*GIVEN.get(command, []), *overrides], return_hydra_config=True
        )
        OmegaConf.update(configuration, "hydra.runtime.output_dir", "out", force_add=True)
        HydraConfig.instance().set_config(configuration)
    return configuration


def options(group: str) -> list[str]:
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


class Group(NamedTuple):
    """A group that can be chosen from."""

    key: str
    """Of the override that chooses."""
    given: tuple[str, ...]
    """Overrides without which there is no such choice."""


def groups(file: str, package: str = "", given: tuple[str, ...] = ()) -> dict[str, Group]:
    """The groups that a file's defaults choose from, and those that their options choose from."""
    found: dict[str, Group] = {}
    if (CONF / f"{file}.yaml").read_text("utf-8").startswith("# @package _global_"):
        package = ""
    defaults = OmegaConf.to_container(OmegaConf.load(CONF / f"{file}.yaml"), resolve=False)
    assert isinstance(defaults, dict)
    for entry in defaults.get("defaults", []):
        keys = [key.removeprefix("optional ") for key in entry] if isinstance(entry, dict) else []
        for name, _, inside in (key.partition("@") for key in keys):
            group = name[1:] if name.startswith("/") else str(Path(file).parent / name)
            if not (CONF / group).is_dir():
                continue
            usual = group.replace("/", ".")
            place = usual if name.startswith("/") else f"{package}.{name}".lstrip(".")
            if inside:
                place = package if inside == "_here_" else f"{package}.{inside}".lstrip(".")
            key = group if place == usual else f"{group}@{place}"
            found.setdefault(group, Group(key, given))
            for option in options(group):
                chosen = (*given, f"{key}={value(group, option)}")
                found = groups(f"{group}/{option}", place, chosen) | found
    return found


def value(group: str, option: str) -> str:
    return f"[{option}]" if group == "estimator" else option


def choices() -> Iterator[tuple[str, str, str]]:
    """Command, group and option; what can be chosen by several commands in a choice, by one."""
    seen = set()
    for command in COMMANDS:
        for group, (_, given) in groups(command).items():
            if not (given and group in seen):
                yield from ((command, group, option) for option in options(group))
            seen.add(group)


CHOICES = list(choices())


def test_no_file_is_forgotten() -> None:
    covered = {f"{group}/{option}.yaml" for _, group, option in CHOICES}
    covered |= {f"{command}.yaml" for command in COMMANDS}
    assert {str(path.relative_to(CONF)) for path in CONF.rglob("*.yaml")} == covered


@pytest.mark.parametrize(("command", "group", "option"), CHOICES)
def test_every_choice_composes(command: str, group: str, option: str) -> None:
    key, given = groups(command)[group]
    configuration = composed(command, *given, f"{key}={value(group, option)}")
    resolved = OmegaConf.to_container(configuration, resolve=False)
    assert isinstance(resolved, dict)
    for key in ("model", "data", "trainer", "callbacks", "logger"):
        if key in resolved:
            OmegaConf.resolve(configuration[key])


@pytest.mark.parametrize("option", options("trainer"))
def test_trainers(option: str) -> None:
    configuration = composed("train", f"trainer={option}").trainer
    if configuration.accelerator == "gpu" and not torch.cuda.is_available():
        with pytest.raises(InputError, match="trainer: No supported gpu backend found"):
            build(configuration)
        configuration.accelerator, configuration.devices = "cpu", 1
    assert isinstance(build(configuration), pl.Trainer)


@pytest.mark.parametrize("option", options("callbacks"))
def test_callbacks(option: str) -> None:
    built = instantiate(composed("train", f"callbacks={option}").callbacks)
    assert all(isinstance(callback, pl.Callback) for callback in built.values())


@pytest.mark.parametrize("option", options("logger"))
def test_loggers(option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    built = instantiate(composed("train", f"logger={option}").logger)
    assert all(isinstance(logger, pl.loggers.Logger) for logger in built.values())


def narrow_model(*overrides: str) -> DMENet:
    configuration = composed("train", *overrides, "model.blur_estimation.width=0.03")
    model: DMENet = instantiate(configuration.model)
    return model


@pytest.mark.parametrize("option", options("subnetworks"))
def test_every_preset_trains_two_steps(option: str, tmp_path: Path) -> None:
    model = narrow_model(f"subnetworks={option}")
    trainer = tiny_trainer(tmp_path, max_steps=2)
    trainer.fit(model, TinyData(model.domains))
    assert trainer.global_step == 2
    parts = option.split("_")[0]
    assert (model.domain_adaptation is not None) == ("d" in parts)
    assert (model.content_preservation is not None) == ("c" in parts)
    assert (model.sharpness_calibration is not None) == ("s" in parts)
    assert (model.auxiliary is None) == option.endswith("without_aux")


@pytest.mark.parametrize("variant", ["official", "supplement", "lite"])
@pytest.mark.parametrize("kernel", ["1x1", "3x3"])
def test_variants_train(variant: str, kernel: str, tmp_path: Path) -> None:
    model = narrow_model(
        f"model/blur_estimation={variant}", f"model/sharpness_calibration=kernel_{kernel}"
    )
    tiny_trainer(tmp_path, max_steps=1).fit(model, TinyData(model.domains))
    expected = "official" if variant == "lite" else variant
    assert model.blur_estimation.variant == expected


def test_the_papers_numbers() -> None:
    paper = composed("train", "experiment=paper")
    assert (paper.data.crop, paper.data.batch_size) == (240, 3)
    assert paper.model.learning_rate == 1e-4
    assert (paper.model.decay_factor, paper.model.decay_every_epochs) == (0.8, 20)
    assert paper.model.blur_estimation.width == 1.0
    assert dict(paper.model.loss_weights) == PAPER_WEIGHTS


@pytest.mark.parametrize(
    "overrides",
    [
        *([f"data={option}"] for option in options("data")),
        ["data=paper", "data/synthetic=rgbd", "data/unlabelled=installed"],
        ["data=rgbd", "reader@data.renderer.reader=middlebury"],
    ],
)
def test_data_sets_are_built_without_a_look_at_their_files(
    overrides: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DMENET_DATA", "/nowhere")
    data = instantiate(composed("train", *overrides).data, domains=("synthetic",))
    assert isinstance(data, DataSetModule)
    assert data.domains == ("synthetic",)


def decisive(*overrides: str) -> dict[str, object]:
    configuration = composed("train", "experiment=paper", *overrides)
    with open_dict(configuration):
        del configuration["hydra"]
    return decisive_settings(configuration)


@pytest.mark.parametrize(
    "moved",
    [
        ("data.synthetic.folder=/elsewhere", "data.real.folder=/elsewhere"),
        ("data.unlabelled.folder=/elsewhere", "data.num_workers=7"),
        ("data.real.archive=published.zip", "data.real.test_folder=/elsewhere"),
    ],
)
def test_a_run_goes_on_where_its_data_lie_elsewhere(moved: tuple[str, ...]) -> None:
    assert decisive(*moved) == decisive()
    rendered = "data/synthetic=rgbd"
    elsewhere = "data.synthetic.renderer.reader.folder=/elsewhere"
    assert decisive(rendered, elsewhere) == decisive(rendered)


@pytest.mark.parametrize(
    "changed",
    ["data.real.split=random", "data.real.inverted=true", "data.unit=coc15", "data/synthetic=rgbd"],
)
def test_a_run_does_not_go_on_with_other_data(changed: str) -> None:
    assert decisive(changed) != decisive()


@pytest.mark.parametrize("sweep", sorted(p.stem for p in (ROOT / "sweeps").glob("*.yaml")))
def test_sweeps_compose(sweep: str) -> None:
    if "sweeper: optuna" in (ROOT / f"sweeps/{sweep}.yaml").read_text():
        pytest.importorskip("optuna", reason="needs the extra optuna")
    configuration = composed("train", f"sweeps={sweep}")
    assert configuration.hydra.mode.name == "MULTIRUN"
    assert configuration.hydra.sweep.dir == f"runs/sweeps/{sweep}"
    assert configuration.evaluate_at_end
    parser = OverridesParser.create()
    for parameter, values in configuration.hydra.sweeper.params.items():
        (override,) = parser.parse_overrides([f"{parameter}={values}"])
        if override.is_discrete_sweep():
            for value in override.sweep_string_iterator():
                composed("train", f"sweeps={sweep}", f"{parameter}={value}")
        else:
            interval = override.value()
            composed("train", f"sweeps={sweep}", f"{parameter}={interval.start}")


def test_sweeps_of_wandb_name_settings_that_exist() -> None:
    for file in (ROOT / "sweeps/wandb").glob("*.yaml"):
        sweep = yaml.safe_load(file.read_text())
        fixed = [part for part in sweep["command"][3:] if not part.startswith(("$", "hydra."))]
        for parameter, choice in sweep["parameters"].items():
            for value in choice.get("values", [choice.get("min")]):
                composed("train", *fixed, f"{parameter}={value}")


@pytest.mark.parametrize("experiment", options("experiment"))
def test_only_mobile_trains_in_numbers_of_the_processor(experiment: str) -> None:
    configuration = composed("train", f"experiment={experiment}")
    assert configuration.trainer.precision == ("auto" if experiment == "mobile" else "32-true")


def test_the_default_scale_is_that_of_the_embedded_data_alone() -> None:
    small, paper = composed("train"), composed("train", "data=paper")
    assert (small.model.blur_estimation.width, small.data.crop) == (0.25, 48)
    assert small.trainer.max_epochs == 60
    assert (paper.model.blur_estimation.width, paper.data.crop) == (1.0, 240)
    assert (paper.data.batch_size, paper.model.learning_rate) == (3, 1e-4)
    assert paper.trainer.max_epochs == 100
    for group in ("model", "data", "trainer"):
        assert composed("train", "experiment=paper")[group] == paper[group]
    assert composed("train", "~scale").model.blur_estimation.width == 1.0


@pytest.mark.parametrize("command", COMMANDS)
def test_a_launcher_means_the_same_for_every_command(command: str) -> None:
    hydra = composed(command, "launcher=joblib").hydra
    assert hydra.launcher._target_.endswith("JoblibLauncher")
    assert hydra.launcher.n_jobs == 2
    assert hydra.callbacks.device._target_.endswith("ClaimDevice")
    assert hydra.run.dir.startswith("runs/")


@pytest.mark.parametrize("launcher", options("launcher"))
@pytest.mark.parametrize("command", ["train", "synthesize"])
def test_launchers(command: str, launcher: str) -> None:
    if launcher == "slurm":
        pytest.importorskip("hydra_plugins.hydra_submitit_launcher", reason="needs the extra slurm")
    configuration = composed(command, f"launcher={launcher}")
    if launcher == "slurm":
        assert configuration.hydra.launcher.name.startswith("dmenet-")
    target = configuration.hydra.launcher._target_
    assert {"serial": "Basic", "joblib": "JobLib", "slurm": "Slurm"}[
        launcher
    ].lower() in target.lower()


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["+sweep=table5"], "unknown setting 'sweep': did you mean sweeps"),
        (["+nonsense=1"], "unknown setting 'nonsense'"),
        (["trainer.max_epochs=???"], "missing settings: trainer.max_epochs"),
    ],
)
def test_settings_that_nothing_reads_or_that_are_missing(
    overrides: list[str], message: str
) -> None:
    configuration = composed("train", *overrides)
    with open_dict(configuration):
        del configuration["hydra"]
    with pytest.raises(InputError, match=message):
        check_keys(configuration, "train")


def test_the_wheel_finds_its_configuration_anywhere(tmp_path: Path) -> None:
    project = Path(__file__).parents[3]
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(tmp_path)]
    subprocess.run([*build, str(project)], check=True)
    (wheel,) = tmp_path.glob("dmenet-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    weights = tmp_path / "installed" / "dmenet" / "weights" / "shipped" / "mobile.safetensors"
    assert weights.stat().st_size == shipped()["mobile"].stat().st_size < 10e6
    command = [sys.executable, "-m", "dmenet.commands.train", "sweeps=table5_subnetworks"]
    command += ["--cfg", "hydra", "--package", "hydra.runtime.config_sources"]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "installed")}
    shown = subprocess.run(
        command, cwd=elsewhere, env=environment, check=True, capture_output=True, text=True
    ).stdout
    assert str(tmp_path / "installed" / "dmenet" / "conf") in shown
    assert f"{tmp_path / 'installed' / 'dmenet'}\n" in shown


@pytest.mark.parametrize("logger", options("logger"))
def test_a_configuration_is_shown_resolved(logger: str, tmp_path: Path) -> None:
    words = ["train", f"logger={logger}", "--cfg", "job", "--resolve"]
    shown = subprocess.run(
        [sys.executable, "-m", "dmenet", *words], cwd=tmp_path, capture_output=True, text=True
    )
    assert shown.stderr == ""
    assert "domain_adaptation" in yaml.safe_load(shown.stdout)["model"]
    assert not any(tmp_path.iterdir())
