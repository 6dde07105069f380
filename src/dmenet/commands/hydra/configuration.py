"""How a command is made of its configuration and a function."""

import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from importlib.metadata import version
from pathlib import Path
from typing import Any

import hydra
from hydra._internal import utils as hydra_utils
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig

from dmenet.commands.hydra.composing import configuration_root, set_configuration_root
from dmenet.commands.hydra.explanations import errors_in_a_line, explanation
from dmenet.commands.hydra.help import help_text
from dmenet.commands.hydra.interruption import sigterm_interrupts
from dmenet.commands.hydra.jobs import report_jobs, run_job
from dmenet.commands.hydra.setting_checks import check_flags, check_settings
from dmenet.files import writing


@dataclass(frozen=True)
class Command:
    """A command, which runs when it is called.

    What the user got wrong is one line and exit status 2, without a traceback; Ctrl-C and SIGTERM
    are one line and status 130 and 143. A multirun ends with what became of its jobs, with status 1
    unless all finished.

    Attributes:
        name: of the command, and of ``conf/<name>.yaml``.
        function: of its configuration.
        kinds: the types of its own settings, see ``check_settings``. They, and what is built of the
            others, are checked before the function is called.
    """

    name: str
    function: Callable[[DictConfig], Any]
    kinds: Mapping[str, Any]

    def __call__(self, composed: DictConfig | None = None) -> None:
        """Run by the words of ``sys.argv``, or by a configuration composed already."""
        set_configuration_root()
        with sigterm_interrupts():
            if composed is not None:
                self._job(composed)
            elif "--version" in sys.argv[1:]:
                print(f"dmenet {version('dmenet')}")
            else:
                self._by_words()

    def _by_words(self) -> None:
        # Hydra names the command by the module of its function.
        @wraps(self.function)
        def job(configuration: DictConfig) -> Any:
            return self._job(configuration)

        arguments, unknown = hydra_utils.get_args_parser().parse_known_args(sys.argv[1:])
        with errors_in_a_line(self.name, arguments.overrides):
            check_flags(self.name, unknown, arguments.overrides)
            if arguments.help:
                print(help_text(self.name, arguments.overrides))
            else:
                _run_hydra(self.name, job)

    def _job(self, configuration: DictConfig) -> Any:
        """Run the job that Hydra is in: the only one, or one of a multirun."""
        if HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN:
            return run_job(self._checked, configuration)
        with errors_in_a_line(self.name):
            return self._checked(configuration)

    def _checked(self, configuration: DictConfig) -> Any:
        check_settings(configuration, self.name, self.kinds)
        return self.function(configuration)


def command(name: str, **kinds: Any) -> Callable[[Callable[[DictConfig], Any]], Command]:
    """Make a ``Command`` of a function; the arguments are as there."""
    return lambda function: Command(name, function, kinds)


def _run_hydra(name: str, job: Callable[[DictConfig], Any]) -> None:
    """Compose and run one job or several, and say in the end how several went."""
    HydraConfig.instance().cfg = None
    start = hydra.main(
        version_base="1.3", config_path=str(configuration_root() / "conf"), config_name=name
    )
    started = False

    @wraps(job)
    def noted(configuration: DictConfig) -> Any:
        nonlocal started
        started = True
        return job(configuration)

    report = hydra_utils.run_and_report
    # Hydra would print its errors, with advice that does not fit, and end the process.
    hydra_utils.run_and_report = lambda func: func()
    try:
        start(noted)()
    except (KeyboardInterrupt, SystemExit):
        if (folder := _multirun_folder()) is None:
            raise
        report_jobs(folder)
        raise SystemExit(1) from None
    except Exception as error:
        folder = _multirun_folder()
        of_hydra = isinstance(error, HydraException)
        if isinstance(error, OSError) and not (of_hydra or started):
            # Hydra makes the folder, and writes its log and the settings there.
            with writing(Path(f"hydra.{'run' if folder is None else 'sweep'}.dir")):
                raise
        if folder is None or explanation(error, name) is not None:
            raise
        # Such as jobs that a cluster has killed.
        traceback.print_exc()
        report_jobs(folder)
        raise SystemExit(1) from error
    finally:
        hydra_utils.run_and_report = report
    folder = _multirun_folder()
    if folder is not None and not report_jobs(folder):
        raise SystemExit(1)


SHOWING = {"--cfg", "-c", "--info", "-i"}
"""Hydra's flags that show the configuration and run nothing."""


def _multirun_folder() -> Path | None:
    """Of the multirun that this process started, if any."""
    configuration = HydraConfig.instance().cfg
    if configuration is None or SHOWING & {word.partition("=")[0] for word in sys.argv}:
        return None
    if HydraConfig.get().mode != RunMode.MULTIRUN:
        return None
    return Path(HydraConfig.get().sweep.dir).absolute()
