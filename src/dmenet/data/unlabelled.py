"""Photographs of which nothing is known, such as those from Flickr that the paper trains on."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Unpack

from dmenet.data.data_set_module import DataSetModule, Loading
from dmenet.data.status import Status, sizes
from dmenet.errors import InputError, UnavailableError
from dmenet.images import photographs
from dmenet.images.finding import Found, find_photographs
from dmenet.images.photographs import read_photograph
from dmenet.sample import Sample, SamplesOnDisk

log = logging.getLogger(__name__)


class UnlabelledDataModule(DataSetModule):
    """Photographs in a folder and its subfolders, for the domain "unlabelled".

    Args:
        folder: None takes the photographs that come with the installed packages.
        loading: see ``Loading``.
    """

    source = (
        "Any photographs of yours, best with a shallow depth of field. The paper's, from Flickr, "
        "are in the authors' datasets.zip (https://github.com/codeslake/DMENet): train/Flickr"
    )

    def __init__(self, folder: str | Path | None, **loading: Unpack[Loading]) -> None:
        super().__init__(**loading)
        self.folder = None if folder is None else Path(folder).expanduser()

    def _photographs(self) -> list[Path]:
        if self.folder is None:
            return photographs.paths(photographs.UNLABELLED)
        return sorted(photograph.path for photograph in self._found(self.folder).photographs)

    def _found(self, folder: Path) -> Found:
        if not folder.is_dir():
            raise UnavailableError(f"{folder}: no such folder. Expected photographs: {self.source}")
        return find_photographs([folder], recursive=True)

    def prepare_data(self) -> None:
        """Check that there are photographs, and say what in the folder is none."""
        if self.folder is not None:
            for line in self._found(self.folder).skipped_in_words():
                log.info("%s: %s", self.folder, line)

    def training_samples(self, domain: str) -> Sequence[Sample]:
        """The photographs."""
        if domain != "unlabelled":
            raise self._without(domain)
        return SamplesOnDisk(self._photographs(), read_photograph)

    @property
    def test_sets(self) -> Mapping[str, Sequence[Sample]]:
        """None: nothing is known to compare with."""
        raise InputError(
            "data=unlabelled has no truth to compare with. `dmenet predict` estimates "
            "photographs; other data sets can be evaluated on"
        )

    def status(self) -> Status:
        """How many there are."""
        status = Status(self.folder)
        found = self._photographs()
        status.facts = [f"{len(found)} photographs", sizes(found)]
        if self.folder is not None:
            status.facts += self._found(self.folder).skipped_in_words()
        return status
