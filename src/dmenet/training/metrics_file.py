"""One ``metrics.csv`` of a run, however often it was interrupted."""

import csv
from pathlib import Path

from lightning_fabric.loggers.csv_logs import _ExperimentWriter as _FabricWriter
from lightning_fabric.loggers.logger import rank_zero_experiment
from pytorch_lightning.loggers import CSVLogger
from pytorch_lightning.loggers.csv_logs import ExperimentWriter

from dmenet.data.files import replacing


class MetricsFile(CSVLogger):
    """Writes ``csv/version_0/metrics.csv``, each row at once.

    A run that goes on drops the rows of the steps that it repeats, so that the file holds every
    step once. A kill within the moment between a checkpoint and the row of its own last step loses
    that row.

    Args:
        folder: of the run.
        batches: how many batches had been trained on when this part of the run began.
    """

    def __init__(self, folder: Path, batches: int = 0) -> None:
        super().__init__(folder, name="csv", version=0, flush_logs_every_n_steps=1)
        self.batches = batches

    @property
    @rank_zero_experiment
    def experiment(self) -> _FabricWriter:
        """The file's writer; only rank 0 has one."""
        if self._experiment is None:
            self._experiment = _Writer(self.log_dir, self.batches)
        return self._experiment


class _Writer(ExperimentWriter):
    """Adds to the file that is there, and never has less of it on the disk."""

    def __init__(self, folder: str, batches: int) -> None:
        super().__init__(folder)
        columns, rows = read_rows(Path(self.metrics_file_path))
        self.metrics_keys = columns
        if columns:
            self._write(columns, [row for row in rows if int(row["step"]) < batches])

    def _check_log_dir_exists(self) -> None:
        """Keep the file, which the overridden method deletes."""

    def _rewrite_with_new_header(self, fieldnames: list[str]) -> None:
        self._write(fieldnames, read_rows(Path(self.metrics_file_path))[1])

    def _write(self, columns: list[str], rows: list[dict[str, str]]) -> None:
        with (
            replacing(Path(self.metrics_file_path)) as temporary,
            temporary.open("w", newline="") as file,
        ):
            writer = csv.DictWriter(file, fieldnames=columns)
            writer.writeheader()
            writer.writerows(rows)


def read_rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and complete rows of a metrics file; nothing if there is none."""
    if not path.is_file():
        return [], []
    # A line that was being written when the process was killed has no end.
    complete = path.read_bytes().rpartition(b"\n")[0].decode().splitlines()
    reader = csv.DictReader(complete)
    return list(reader.fieldnames or []), list(reader)
