"""Where the configuration lies, and how a command is made of it and a function."""

import os
import sys
from collections.abc import Callable
from difflib import get_close_matches
from functools import wraps
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from dmenet.commands.hydra.jobs import SweepStart, report_jobs, run_job
from dmenet.errors import InputError, NonFiniteLossError, own_message

ROOT_VARIABLE = "DMENET_CONFIGURATION_ROOT"


def configuration_root() -> Path:
    """The folder that holds ``conf/`` and ``sweeps/``: the package, or the checkout it lies in."""
    package = Path(__file__).parents[2]
    return package if (package / "conf").is_dir() else package.parents[1]


def command(name: str) -> Callable[[Callable[[DictConfig], Any]], Callable[..., None]]:
    """Make a command of a function of its configuration ``conf/<name>.yaml``.

    What the user got wrong (``InputError``) is printed without a traceback, with exit status 2. A
    multirun ends with what became of its jobs, with exit status 1 unless all finished.
    """

    def decorate(function: Callable[[DictConfig], Any]) -> Callable[..., None]:
        root = configuration_root()
        # Read by hydra.searchpath, so that sweeps are found from any working directory.
        os.environ[ROOT_VARIABLE] = str(root)

        def checked(configuration: DictConfig) -> Any:
            check_keys(configuration, name)
            return function(configuration)

        @hydra.main(version_base="1.3", config_path=str(root / "conf"), config_name=name)
        @wraps(function)
        def run(configuration: DictConfig) -> Any:
            if HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN:
                return run_job(checked, configuration)
            try:
                return checked(configuration)
            except (InputError, NonFiniteLossError) as error:
                print(f"{name}: {own_message(error)}", file=sys.stderr)
                raise SystemExit(2) from error

        def main(composed: DictConfig | None = None) -> None:
            SweepStart.folder = None
            try:
                run(composed)
            except (KeyboardInterrupt, SystemExit):
                if SweepStart.folder is None:
                    raise
                report_jobs(SweepStart.folder)
                raise SystemExit(1) from None
            if SweepStart.folder is not None and not report_jobs(SweepStart.folder):
                raise SystemExit(1)

        return wraps(function)(main)

    return decorate


def check_keys(configuration: DictConfig, name: str) -> None:
    """Refuse settings that nothing reads and settings that are missing.

    Hydra takes ``+sweep=x`` (for ``sweeps=x``) as a new key and would run the default silently.

    Raises:
        InputError: naming the keys.
    """
    file = configuration_root() / "conf" / f"{name}.yaml"
    content = OmegaConf.to_container(OmegaConf.load(file), resolve=False)
    assert isinstance(content, dict)
    groups = [key for entry in content["defaults"] if isinstance(entry, dict) for key in entry]
    known = {*content, *groups} - {"defaults", "hydra"}
    for key in map(str, configuration):
        if key not in known:
            near = get_close_matches(key, sorted(known))
            hint = f"did you mean {near[0]}?" if near else f"known are {sorted(known)}"
            raise InputError(f"unknown setting {key!r}: {hint}")
    if missing := sorted(OmegaConf.missing_keys(configuration)):
        example = " ".join(f"{key}=..." for key in missing)
        raise InputError(f"missing settings: {', '.join(missing)}. Give them as `{example}`")
