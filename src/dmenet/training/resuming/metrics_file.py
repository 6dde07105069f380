"""One ``metrics.csv`` of a run, however often it was interrupted."""

import csv
from pathlib import Path

from lightning_fabric.loggers.logger import rank_zero_experiment
from lightning_utilities.core.rank_zero import rank_zero_only
from pytorch_lightning.loggers import CSVLogger
from pytorch_lightning.loggers.csv_logs import ExperimentWriter

from dmenet.files import replacing


class _Writer(ExperimentWriter):
    """Adds to the file that is there, and never has less of it on the disk."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self.metrics_keys = read_rows(Path(self.metrics_file_path))[0]

    def drop_from(self, step: int) -> None:
        """Drop the rows of ``step`` and later ones."""
        columns, rows = read_rows(Path(self.metrics_file_path))
        if columns:
            self._write(columns, [row for row in rows if int(row["step"]) < step])

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


class MetricsFile(CSVLogger):
    """Writes ``csv/version_0/metrics.csv``, each row at once, and goes on with it.

    The rows of the steps that a resumed run repeats are dropped (``LastCheckpoint`` sees to it), so
    that the file holds every step once. A kill within the moment between a checkpoint and the row
    of its own last step loses that row.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: str | Path) -> None:
        super().__init__(folder, name="csv", version=0, flush_logs_every_n_steps=1)

    @property
    @rank_zero_experiment
    def experiment(self) -> _Writer:
        """The file's writer; only rank 0 has one."""
        if not isinstance(self._experiment, _Writer):
            self._experiment = _Writer(self.log_dir)
        return self._experiment

    @rank_zero_only
    def go_on_after(self, batches: int) -> None:
        """Drop the rows of all but the first ``batches`` batches."""
        self.experiment.drop_from(batches)


def read_rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and complete rows of a metrics file; nothing if there is none."""
    if not path.is_file():
        return [], []
    # A line that was being written when the process was killed has no end.
    complete = path.read_bytes().rpartition(b"\n")[0].decode().splitlines()
    reader = csv.DictReader(complete)
    return list(reader.fieldnames or []), list(reader)
