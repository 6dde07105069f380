"""Synthetic data of any layout, for training, validation and test."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Unpack

from dmenet.data.archives import unpack
from dmenet.data.data_set_module import DataSetModule, Loading
from dmenet.data.layouts import (
    IMAGES,
    MAPS,
    Entry,
    list_entries,
    read_description,
    samples_of,
)
from dmenet.data.splits import HeldOutEvery, check_apart, held_out
from dmenet.data.status import Status, some_of
from dmenet.errors import UnavailableError
from dmenet.sample import Sample
from dmenet.units import Unit

LOOKED_AT = 20
"""So many images, evenly spread, are read to tell the status."""


class SyndofDataModule(DataSetModule):
    """A synthetic data set in any layout, for the domain "synthetic" and for test.

    Of each ``held_out_every`` numbers the last is for validation and the one before for test, so
    that a data set may grow without a held-out image being trained on. Where several images show
    one scene, held-out scenes need a folder of their own: ``test_folder``.

    Args:
        folder: what ``dmenet.commands.synthesize`` wrote, or the released SYNDOF data.
        stored_unit: of the maps, where no ``dataset.json`` says it.
        test_folder: where the images for test lie in a folder of their own, as in the released
            data; then none of ``folder`` is held out for test.
        test_folders: other data sets, by the names of their test sets.
        held_out_every: at least 3.
        archive: a zip file, or a folder in one, to unpack to ``folder`` if nothing is there.
        loading: see ``Loading``.
    """

    source = (
        "`dmenet synthesize` makes such data; the released SYNDOF data of Lee et al. "
        "(CVPR 2019) are in the authors' datasets.zip (https://github.com/codeslake/DMENet): "
        "train/SYNDOF and test/SYNDOF"
    )

    def __init__(
        self,
        folder: str | Path,
        *,
        stored_unit: Unit | None = None,
        test_folder: str | Path | None = None,
        test_folders: Mapping[str, str | Path] | None = None,
        held_out_every: HeldOutEvery = 10,
        archive: str | Path | None = None,
        **loading: Unpack[Loading],
    ) -> None:
        super().__init__(**loading)
        self.folder = Path(folder).expanduser()
        self.stored_unit = stored_unit
        self.test_folder = None if test_folder is None else Path(test_folder).expanduser()
        self.test_folders = {
            name: Path(path).expanduser() for name, path in (test_folders or {}).items()
        }
        self.held_out_every = held_out_every
        self.archive = archive

    def prepare_data(self) -> None:
        """Unpack the archive, if there is one to unpack; check that the files belong together.

        A test folder is looked at where nothing is trained, ``folder`` only where it is used.

        Raises:
            InputError: they do not, or there are none, or what is trained on is tested on.
        """
        if self.domains or self.test_folder is None:
            unpack(self.archive, self.folder, (IMAGES, MAPS))
            _ = self._entries
        if not self.domains:
            for folder in self._other_folders:
                self._list(folder)

    @property
    def _other_folders(self) -> list[Path]:
        return [*([self.test_folder] if self.test_folder else []), *self.test_folders.values()]

    def _list(self, folder: Path) -> list[Entry]:
        if not folder.is_dir():
            raise UnavailableError(f"{folder}: no data set, no such folder. {self.source}")
        return list_entries(folder, self.stored_unit)

    @cached_property
    def _entries(self) -> list[Entry]:
        """Of ``folder``, which no test folder may be."""
        for folder in self._other_folders:
            check_apart(self.folder, folder)
        return self._list(self.folder)

    def _split(self, *remainders: int) -> Sequence[Sample]:
        numbers = [entry.number for entry in self._entries]
        what = f"{self.folder}: {len(numbers)} images"
        chosen = held_out(numbers, self.held_out_every, remainders, what)
        return samples_of([self._entries[place] for place in chosen], self.unit)

    def training_samples(self, domain: str) -> Sequence[Sample]:
        """What is not held out."""
        if domain != "synthetic":
            raise self._without(domain)
        return self._split(*range(self.held_out_every - (2 if self.test_folder is None else 1)))

    def validation_samples(self, domain: str) -> Sequence[Sample] | None:
        """The last of each ``held_out_every``."""
        return self._split(self.held_out_every - 1) if domain == "synthetic" else None

    @cached_property
    def test_sets(self) -> dict[str, Sequence[Sample]]:
        """``synthetic``, and the other test folders by their names."""
        if self.test_folder is None:
            own = self._split(self.held_out_every - 2)
        else:
            own = samples_of(self._list(self.test_folder), self.unit)
        others = {
            name: samples_of(self._list(folder), self.unit)
            for name, folder in self.test_folders.items()
        }
        return {"synthetic": own, **others}

    def status(self) -> Status:
        """Count the images and read some of them."""
        status = Status(self.folder)
        entries = self._entries
        description = read_description(self.folder)
        sizes = set()
        for entry in some_of(entries, LOOKED_AT):
            with status.noting_problems():
                sizes.add(entry.read(self.unit)["image"].shape[1::-1])
        shown = ", ".join(f"{width} x {height}" for width, height in sorted(sizes))
        layout = description["layout"] if description else f"as released, {self.stored_unit}"
        status.facts = [f"{len(entries)} images, layout {layout}", f"sizes of some: {shown}"]
        validation = self.validation_samples("synthetic") or []
        status.facts.append(
            f"{len(self.training_samples('synthetic'))} training, {len(validation)} validation"
        )
        status.facts += [f"{len(samples)} test: {name}" for name, samples in self.test_sets.items()]
        return status
