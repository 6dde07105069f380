"""Photographs blurred further by known amounts, to see how a method responds to blur."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple, Unpack

import cv2
import numpy as np
from annotated_types import MinLen

from dmenet.data.data_set_module import Loading
from dmenet.data.unlabelled import UnlabelledDataModule
from dmenet.images import photographs
from dmenet.images.light import linear_from_srgb, srgb_from_linear
from dmenet.images.reading import read_image
from dmenet.ranges import Count, FilterSigma
from dmenet.sample import Sample, SamplesOnDisk


class Reblurring(NamedTuple):
    """A photograph under a name, and the sigma in px that it is blurred by."""

    name: str
    path: Path
    added_sigma_px: float


def read_reblurred(item: Reblurring, largest_px: int) -> Sample:
    """Read a photograph and blur it, as light is blurred; borders are mirrored.

    Args:
        item: what to read, how to blur.
        largest_px: images with a longer side are reduced to this one first.
    """
    image = read_image(item.path)
    scale = largest_px / max(image.shape[:2])
    if scale < 1:
        size = [max(1, round(side * scale)) for side in image.shape[1::-1]]
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    light = cv2.GaussianBlur(
        linear_from_srgb(image), (0, 0), item.added_sigma_px, borderType=cv2.BORDER_REFLECT_101
    )
    return {
        "name": f"{item.name}_{item.added_sigma_px:g}px",
        "image": srgb_from_linear(light.astype(np.float32)).clip(0, 1),
        "unblurred": image,
        "added_sigma_px": item.added_sigma_px,
    }


class ReblurDataModule(UnlabelledDataModule):
    """Photographs in a folder and its subfolders, each blurred by several amounts; for test only.

    Args:
        folder: None takes the photographs that come with the installed packages.
        sigmas_px: of the Gaussians, over 0.
        largest_px: images with a longer side are reduced to this one first.
        loading: see ``Loading``.
    """

    source = "any photographs of yours; without a folder, those of the installed packages"

    def __init__(
        self,
        folder: str | Path | None,
        *,
        sigmas_px: Annotated[Sequence[FilterSigma], MinLen(1)],
        largest_px: Count,
        **loading: Unpack[Loading],
    ) -> None:
        super().__init__(folder, **loading)
        self.sigmas_px = sigmas_px
        self.largest_px = largest_px

    def _photographs(self) -> list[Path]:
        if self.folder is None:
            return photographs.paths(photographs.HELD_OUT + photographs.UNLABELLED)
        return super()._photographs()

    def training_samples(self, domain: str) -> Sequence[Sample]:
        """None."""
        raise self._without(domain)

    @property
    def test_sets(self) -> Mapping[str, Sequence[Sample]]:
        """``reblur``: each photograph by each sigma."""
        items = [
            Reblurring(self._name(path), path, sigma_px)
            for path in self._photographs()
            for sigma_px in self.sigmas_px
        ]
        return {"reblur": SamplesOnDisk(items, partial(read_reblurred, largest_px=self.largest_px))}

    def _name(self, path: Path) -> str:
        """With its subfolders, since names may come twice; with its suffix, for the same reason."""
        relative = path.name if self.folder is None else str(path.relative_to(self.folder))
        return relative.replace("/", "_").replace(".", "_")
