"""``dmenet datasets``: what of the data is there, and preparing it."""

from pathlib import Path
from typing import Literal

from hydra import compose
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.composing import configuration_root
from dmenet.commands.hydra.configuration import command
from dmenet.data.data_set_module import DataSetModule
from dmenet.data.status import Status
from dmenet.errors import InputError, UnavailableError


@command("datasets", action=Literal["status", "prepare"])
def main(configuration: DictConfig) -> None:
    """Look at the data set that was named, or at all; prepare them first, if asked to."""
    named = "data" in configuration
    if named:
        chosen = {HydraConfig.get().runtime.choices["data"]: configuration.data}
    else:
        names = sorted(path.stem for path in (configuration_root() / "conf/data").glob("*.yaml"))
        chosen = {name: compose("datasets", [f"data={name}"]).data for name in names}
    wrong = []
    for name, settings in chosen.items():
        module: DataSetModule = build(settings)
        status = _look(module, configuration.action == "prepare")
        print(text_of(name, status, module.source))
        # Of all data sets, few are there; of one that was named, its absence is an error.
        if status.word == "wrong" or (named and status.problems):
            wrong.append(name)
    if wrong:
        raise InputError(f"not in order: {', '.join(wrong)}")


def _look(module: DataSetModule, prepare: bool) -> Status:
    try:
        if prepare:
            module.prepare_data()
        return module.status()
    except InputError as error:
        folder: Path | None = getattr(module, "folder", None)
        return Status(folder, problems=[str(error)], absent=isinstance(error, UnavailableError))


def text_of(name: str, status: Status, source: str) -> str:
    """A paragraph on a data set."""
    lines = [f"{name}: {status.word}" + (f", in {status.folder}" if status.folder else "")]
    lines += [f"  {fact}" for fact in status.facts]
    lines += [f"  {'' if status.absent else 'wrong: '}{text}" for text in status.problems]
    lines += [f"  missing: {text}" for text in status.missing]
    if status.missing and source:
        lines.append(f"  to be had: {source}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
