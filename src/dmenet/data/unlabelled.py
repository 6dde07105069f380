"""Photographs of which nothing is known, such as those from Flickr that the paper trains on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Unpack

from dmenet.data.module import DataSetModule, Loading
from dmenet.data.status import Status, sizes
from dmenet.errors import InputError, UnavailableError
from dmenet.files import files_below
from dmenet.images import photographs
from dmenet.images.photographs import read_photograph
from dmenet.images.reading import IMAGE_SUFFIXES
from dmenet.sample import Sample, SamplesOnDisk


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
        expected = f"a folder of photographs ({', '.join(IMAGE_SUFFIXES)}). {self.source}"
        if not self.folder.is_dir():
            raise UnavailableError(f"{self.folder}: no such folder. Expected {expected}")
        found = [path for path in files_below(self.folder) if path.suffix.lower() in IMAGE_SUFFIXES]
        if not found:
            raise InputError(f"{self.folder}: no photographs in it. Expected {expected}")
        return found

    def prepare_data(self) -> None:
        """Check that there are photographs."""
        self._photographs()

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
        return status
