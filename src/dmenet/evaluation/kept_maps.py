"""Estimated maps that stay on disk: those of the figures, or all."""

from collections.abc import Collection
from pathlib import Path

import numpy as np

from dmenet.errors import InputError
from dmenet.estimators import Estimate
from dmenet.files import make_folder, replacing
from dmenet.sample import Map, Sample


class KeptMaps:
    """Maps of one method on one test set, in px, as ``<image>.npy``, float32.

    Args:
        folder: theirs alone; made with the first map.
        kept: numbers of the images whose maps are kept; None keeps all.
    """

    def __init__(self, folder: Path, kept: Collection[int] | None) -> None:
        self.folder = folder
        self.kept = kept

    def keep(self, number: int, sample: Sample, estimate: Estimate) -> None:
        """Write a map, if it is one of those that are kept."""
        if self._is_wanted(number):
            make_folder(self.folder)
            with replacing(self._path(sample["name"])) as temporary:
                np.save(temporary, estimate.sigma_px.astype(np.float32, copy=False))

    def has(self, number: int, name: str) -> bool:
        """Whether the map of an image is there, or is not wanted."""
        return not self._is_wanted(number) or self._path(name).is_file()

    def read(self, name: str) -> Map:
        """A map that was kept.

        Raises:
            InputError: it cannot be read.
        """
        try:
            sigma_px: Map = np.load(self._path(name), allow_pickle=False)
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self._path(name)}: cannot be read ({error}); delete it, and evaluate again"
            ) from error
        return sigma_px

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npy"

    def _is_wanted(self, number: int) -> bool:
        return self.kept is None or number in self.kept
