"""``dmenet report``: the tables and figures of sweeps, beside the paper's numbers."""

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from dmenet.commands.hydra.configuration import command
from dmenet.commands.hydra.inputs import path_of, paths_of
from dmenet.reporting.studies.runs import read_runs
from dmenet.reporting.studies.study_report import write_report


@command("report")
def main(configuration: DictConfig) -> None:
    """Read the runs, write and print the report."""
    folders = paths_of(configuration.folders, "folders")
    output = path_of(configuration.output or HydraConfig.get().runtime.output_dir, "output")
    report = write_report(read_runs(folders), output)
    what = "Tables as Markdown, CSV and LaTeX, and figures" if report.tables else "This text"
    print(f"{report.text}\n{what}: {output}")


if __name__ == "__main__":
    main()
