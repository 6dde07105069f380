"""The embedded data set: made on first use from what the installed packages carry.

Synthetic domain: dead-leaves scenes with their defocus maps. Real labelled domain: the Motorcycle
photograph (Middlebury 2014) refocused, with masks. Unlabelled domain: photographs. Test images are
other scenes and another part of the Motorcycle photograph, so that no test pixel is trained on.
"""

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Unpack

import numpy as np

from dmenet.data.module import DataSetModule, Loading
from dmenet.data.status import Status
from dmenet.errors import InputError
from dmenet.images import photographs
from dmenet.images.photographs import read_photograph
from dmenet.images.reading import read_image, read_sigma_tiff
from dmenet.sample import Sample, SamplesInMemory
from dmenet.units import BLURRED_ABOVE_SIGMA_PX, Unit, map_from_sigma_px

VALIDATION_SCENES = 8
"""The last so many synthetic training scenes are kept for validation."""


def read_rendering(path: Path, unit: Unit) -> Sample:
    """Read an image and its sigma map, as ``dmenet.synthesis.layouts.writing`` writes them.

    Args:
        path: the ``*_image.png`` file; its map lies beside it.
        unit: of the map values.

    Raises:
        InputError: a file is missing or damaged, or the two differ in size.
    """
    stem = path.name.removesuffix("_image.png")
    map_path = path.with_name(f"{stem}_sigma_px.tiff")
    image, sigma_px = read_image(path), read_sigma_tiff(map_path)
    if image.shape[:2] != sigma_px.shape:
        raise InputError(
            f"{path} has {image.shape[:2]} rows and columns but {map_path} has {sigma_px.shape}: "
            "expected a pair of one size; delete both, they are made again"
        )
    return {
        "name": stem,
        "image": image,
        "sigma_px": sigma_px,
        "defocus": map_from_sigma_px(sigma_px, unit),
        "mask": (sigma_px > BLURRED_ABOVE_SIGMA_PX).astype(np.float32),
    }


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

    def _renderings(self, part: str) -> list[Path]:
        return sorted((self.folder / part).glob("*_image.png"))

    def _rendered(self, images: Sequence[Path]) -> SamplesInMemory:
        return SamplesInMemory(images, partial(read_rendering, unit=self.unit))

    def training_samples(self, domain: str) -> Sequence[Sample]:
        """Scenes, refocused photographs with masks, or photographs."""
        if domain == "synthetic":
            return self._rendered(self._renderings("synthetic/train")[:-VALIDATION_SCENES])
        if domain == "real":
            return self._rendered(self._renderings("motorcycle/train"))
        return SamplesInMemory(photographs.paths(photographs.UNLABELLED), read_photograph)

    def validation_samples(self, domain: str) -> Sequence[Sample] | None:
        """The last of the training scenes."""
        if domain != "synthetic":
            return None
        return self._rendered(self._renderings("synthetic/train")[-VALIDATION_SCENES:])

    @cached_property
    def test_sets(self) -> dict[str, Sequence[Sample]]:
        """Samples never trained on, by the name of their set."""
        return {
            name: self._rendered(self._renderings(f"{name}/test"))
            for name in ("synthetic", "motorcycle")
        }

    def status(self) -> Status:
        """What has been made of it."""
        status = Status(self.folder)
        for part in ("synthetic/train", "synthetic/test", "motorcycle/train", "motorcycle/test"):
            status.facts.append(f"{part}: {len(self._renderings(part))} images")
        if not self.folder.is_dir():
            status.facts = []
            status.missing.append("everything")
        return status
