"""The embedded data set: made on first use from what the installed packages carry.

Synthetic domain: dead-leaves scenes with their defocus maps. Real labelled domain: the Motorcycle
photograph (Middlebury 2014) refocused, with masks. Unlabelled domain: photographs. Test images are
other scenes and another part of the Motorcycle photograph, so that no test pixel is trained on.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from operator import methodcaller
from pathlib import Path
from typing import Unpack

from dmenet.data.data_set_module import DataSetModule, Loading
from dmenet.data.layouts import Entry, list_entries
from dmenet.data.status import Status
from dmenet.images import photographs
from dmenet.images.photographs import read_photograph
from dmenet.sample import Sample, SamplesInMemory

VALIDATION_SCENES = 8
"""The last so many synthetic training scenes are kept for validation."""


class EmbeddedDataModule(DataSetModule):
    """The embedded data set for training, validation and test.

    Args:
        folder: where it is kept.
        generate: makes in ``folder`` whatever of the data set is missing.
        loading: see ``Loading``.
    """

    source = "made on first use from what the installed packages carry"

    def __init__(
        self, folder: str | Path, *, generate: Callable[[Path], None], **loading: Unpack[Loading]
    ) -> None:
        super().__init__(**loading)
        self.folder = Path(folder).expanduser()
        self.generate = generate

    def prepare_data(self) -> None:
        """Make what is missing of the data set."""
        self.generate(self.folder)

    def _samples(self, part: str, chosen: slice = slice(None)) -> SamplesInMemory[Entry]:
        entries = list_entries(self.folder / part)[chosen]
        return SamplesInMemory(entries, methodcaller("read", self.unit))

    def training_samples(self, domain: str) -> Sequence[Sample]:
        """Scenes, refocused photographs with masks, or photographs."""
        if domain == "synthetic":
            return self._samples("synthetic/train", slice(-VALIDATION_SCENES))
        if domain == "real":
            return self._samples("motorcycle/train")
        return SamplesInMemory(photographs.paths(photographs.UNLABELLED), read_photograph)

    def validation_samples(self, domain: str) -> Sequence[Sample] | None:
        """The last of the training scenes."""
        if domain != "synthetic":
            return None
        return self._samples("synthetic/train", slice(-VALIDATION_SCENES, None))

    @cached_property
    def test_sets(self) -> dict[str, Sequence[Sample]]:
        """Samples never trained on, by the name of their set."""
        return {name: self._samples(f"{name}/test") for name in ("synthetic", "motorcycle")}

    def status(self) -> Status:
        """What has been made of it."""
        if not self.folder.is_dir():
            return Status(self.folder, missing=["everything"])
        parts = ("synthetic/train", "synthetic/test", "motorcycle/train", "motorcycle/test")
        counts = (f"{part}: {len(list_entries(self.folder / part))} images" for part in parts)
        return Status(self.folder, facts=list(counts))
