"""Photographs with depth, rendered out of focus while training: no crop is ever seen twice."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Protocol, Unpack

import numpy as np

from dmenet.data.data_set_module import DataSetModule, Loading
from dmenet.data.splits import HeldOutEvery, held_out
from dmenet.data.status import Status
from dmenet.errors import InputError, UnavailableError
from dmenet.sample import DrawnSamples, Image, Map, Sample, with_truth
from dmenet.units import Unit

HELD_OUT_SEED = 0
"""Of the renderings of held-out scenes, which are always the same."""


class RenderedScenes(Protocol):
    """Takes pictures of a number of scenes."""

    def __len__(self) -> int: ...

    def name(self, index: int) -> str:
        """What a scene is called."""
        ...

    def render(
        self, index: int, rng: np.random.Generator, crop: int | None = None
    ) -> tuple[Image, Map]:
        """A scene by a random camera, or a square part of it: the image, and its sigmas in px."""
        ...


class RenderedSamples(DrawnSamples):
    """Scenes, of which each draw is another crop by another camera.

    As a sequence they are whole images, always the same.

    Args:
        renderer: of all scenes.
        scenes: those that belong to the samples.
        crop: side in px of what is drawn.
        unit: of the map values.
    """

    def __init__(
        self, renderer: RenderedScenes, scenes: Sequence[int], crop: int, unit: Unit
    ) -> None:
        self.renderer = renderer
        self.scenes = list(scenes)
        self.crop = crop
        self.unit: Unit = unit

    def __len__(self) -> int:
        return len(self.scenes)

    def __getitem__(self, index: int) -> Sample:  # type: ignore[override]
        return self._render(self.scenes[index], HELD_OUT_SEED, None)

    def draw(self, index: int, seed: int) -> Sample:
        """See ``DrawnSamples.draw``."""
        return self._render(self.scenes[index], seed, self.crop)

    def _render(self, scene: int, seed: int, crop: int | None) -> Sample:
        image, sigma_px = self.renderer.render(scene, np.random.default_rng([seed, scene]), crop)
        return with_truth(self.renderer.name(scene), image, sigma_px, self.unit)


class RgbdDataModule(DataSetModule):
    """Photographs with depth, for the domain "synthetic" and for test.

    Of each ``held_out_every`` scenes the last is for validation and the one before for test.

    Args:
        renderer: makes the ``RenderedScenes``; called when the data are first asked for.
        held_out_every: at least 3.
        loading: see ``Loading``.
    """

    source = (
        "Any photographs with depth that `dmenet inspect` can show, such as NYU Depth v2 "
        "(Silberman et al. 2012, https://cs.nyu.edu/~fergus/datasets/nyu_depth_v2.html) or "
        "Middlebury stereo (https://vision.middlebury.edu/stereo/data/)"
    )

    def __init__(
        self,
        *,
        renderer: Callable[[], RenderedScenes],
        held_out_every: HeldOutEvery = 10,
        **loading: Unpack[Loading],
    ) -> None:
        super().__init__(**loading)
        self.renderer = renderer
        self.held_out_every = held_out_every

    @cached_property
    def _renderer(self) -> RenderedScenes:
        try:
            return self.renderer()
        except InputError as error:
            raise UnavailableError(f"{error}. {self.source}") from error

    def prepare_data(self) -> None:
        """Check that there are enough scenes."""
        for remainder in range(self.held_out_every - 2, self.held_out_every):
            self._split(remainder)

    def _split(self, *remainders: int) -> RenderedSamples:
        count = len(self._renderer)
        scenes = held_out(
            range(count), self.held_out_every, remainders, f"{count} scenes with depth"
        )
        return RenderedSamples(self._renderer, scenes, self.crop, self.unit)

    def training_samples(self, domain: str) -> Sequence[Sample]:
        """What is not held out."""
        if domain != "synthetic":
            raise self._without(domain)
        return self._split(*range(self.held_out_every - 2))

    def validation_samples(self, domain: str) -> Sequence[Sample] | None:
        """The last of each ``held_out_every``."""
        return self._split(self.held_out_every - 1) if domain == "synthetic" else None

    @property
    def test_sets(self) -> Mapping[str, Sequence[Sample]]:
        """The one before."""
        return {"synthetic": self._split(self.held_out_every - 2)}

    def status(self) -> Status:
        """Count the scenes; `dmenet inspect` looks at them."""
        training = len(self.training_samples("synthetic"))
        fact = f"{len(self._renderer)} scenes with depth, {training} for training"
        return Status(None, facts=[fact])
