"""RTF (D'Andrès et al. 2016): 22 light-field photographs whose blur is known; for test only.

The truth is a map of disc radii in px, which the data set's own table turns into Gaussian sigmas.
It is narrower than the photographs (360 x 340 of 360 x 360), whose right side it leaves out. The
set has the photographs without added noise and with noise of two standard deviations.
"""

import hashlib
import logging
import re
from collections.abc import Sequence
from functools import cached_property, partial
from importlib.resources import files
from pathlib import Path
from typing import Annotated, NamedTuple, Unpack

import numpy as np
from annotated_types import MinLen
from numpy.typing import NDArray
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from dmenet.data.archives import unpack
from dmenet.data.data_set_module import DataSetModule, Loading
from dmenet.data.status import Status, named, sizes
from dmenet.errors import InputError, UnavailableError
from dmenet.images.reading import list_images, read_image, unit_range
from dmenet.ranges import NotNegative, Whole
from dmenet.sample import Image, Map, Sample, SamplesOnDisk

log = logging.getLogger(__name__)

IMAGES, TRUTHS = "image", "gt"
WITHOUT_NOISE = 0.0
COUNT = 22
TRUTH_NAME = "blurMap"
TRUTH_SUFFIXES = (".mat", ".npy")
FARTHEST_FROM_TABLE_PX = 0.25
"""Of a disc radius; values further off are of another kind."""

_NUMBER = re.compile(r"\d+")


class ImageAndTruth(NamedTuple):
    """Files of a photograph and of its truth, and the noise that is to be added."""

    image: Path
    truth: Path
    noise: float = 0.0


def conversion_table() -> NDArray[np.float64]:
    """Disc radius and Gaussian sigma, both in px, n x 2; from the data set's convertion.mat."""
    text = (files("dmenet.data") / "rtf_conversion.csv").read_text("utf-8")
    return np.loadtxt(text.splitlines(), delimiter=",", skiprows=1)


def sigma_px_from_disc_radius_px(radius_px: NDArray[np.floating]) -> Map:
    """Gaussian sigmas in px by the nearest entry of the table; of two, that of the smaller radius.

    Args:
        radius_px: of any shape.
    """
    radii, sigmas = conversion_table().T
    nearest = np.searchsorted((radii[1:] + radii[:-1]) / 2, radius_px)
    sigma_px: Map = sigmas.astype(np.float32)[nearest]
    return sigma_px


def read_truth(path: Path) -> Map:
    """Read a map of disc radii as Gaussian sigmas in px, H x W.

    Args:
        path: ``.mat`` with ``blurMap``, or ``.npy`` with the same values. Nothing is unpickled.

    Raises:
        InputError: the file cannot be read, or its values are no disc radii in px.
    """
    expected = f"{TRUTH_NAME}, disc radii in px, H x W"
    try:
        if path.suffix == ".mat":
            radius_px = loadmat(path, variable_names=[TRUTH_NAME])[TRUTH_NAME]
        else:
            radius_px = np.load(path, allow_pickle=False)
    except (OSError, ValueError, KeyError, NotImplementedError, MatReadError, TypeError) as error:
        raise InputError(f"{path}: cannot be read: {error}. Expected {expected}") from error
    if radius_px.ndim != 2 or radius_px.dtype.kind not in "fiu":
        raise InputError(
            f"{path}: {radius_px.dtype} of shape {radius_px.shape}. Expected {expected}"
        )
    radii = conversion_table()[:, 0]
    least, most = radii[0] - FARTHEST_FROM_TABLE_PX, radii[-1] + FARTHEST_FROM_TABLE_PX
    if not ((radius_px >= least) & (radius_px <= most)).all():
        raise InputError(
            f"{path}: values from {radius_px.min():g} to {radius_px.max():g}. Expected {expected}, "
            f"from {radii[0]:g} to {radii[-1]:g}; maps of another unit cannot be used"
        )
    return sigma_px_from_disc_radius_px(radius_px)


def read_pair(pair: ImageAndTruth, seed: int = 0) -> Sample:
    """Read a photograph with its sigmas, which may cover only its top left.

    Args:
        pair: what to read.
        seed: of the noise that is added, if any.

    Raises:
        InputError: a file cannot be read, or the truth is larger than the photograph.
    """
    image, sigma_px = read_image(pair.image), read_truth(pair.truth)
    if sigma_px.shape[0] > image.shape[0] or sigma_px.shape[1] > image.shape[1]:
        raise InputError(
            f"{pair.truth} has {sigma_px.shape} rows and columns, more than {pair.image} with "
            f"{image.shape[:2]}: do they belong together?"
        )
    if pair.noise:
        image = add_noise(image, pair.noise, pair.image.stem, seed)
    return {"name": number_of(pair.image) or pair.image.stem, "image": image, "sigma_px": sigma_px}


def add_noise(image: Image, deviation: float, name: str, seed: int) -> Image:
    """Add Gaussian noise as a function of the name and the seed, and round to 8 bits.

    Args:
        image: H x W x 3 in [0, 1].
        deviation: standard deviation; white is 255.
        name: of the image.
        seed: of the noise.
    """
    digest = hashlib.sha256(f"{name} {deviation:g} {seed}".encode()).digest()
    rng = np.random.default_rng(list(digest))
    noisy = image.astype(np.float64) * 255 + deviation * rng.standard_normal(image.shape)
    return unit_range(np.rint(noisy.clip(0, 255)).astype(np.uint8))


def number_of(path: Path) -> str | None:
    """What an image and its truth share: the last number in their names."""
    found = _NUMBER.findall(path.stem)
    return found[-1] if found else None


def noise_folder(parent: Path, deviation: float) -> Path | None:
    """The folder of a noise among those of a parent, whose names are written in several ways."""
    for folder in sorted(parent.iterdir()) if parent.is_dir() else []:
        try:
            if folder.is_dir() and float(folder.name) == deviation:
                return folder
        except ValueError:
            continue
    return None


class RtfDataModule(DataSetModule):
    """A test set for each noise, named ``rtf_<noise>``.

    Args:
        folder: has ``image/0`` and ``gt/0``, and where it has noisy images, ``image/1`` (or
            ``1.0``) and ``image/1.6``.
        noises: standard deviations of the noise, white being 255.
        make_noise: whether noise is added to images as they are read where the set has no noisy
            ones.
        noise_seed: of the noise that is added.
        archive: a zip file, or a folder in one, to unpack to ``folder`` if nothing is there.
        loading: see ``Loading``.
    """

    source = (
        "The images of D'Andrès, Salvador, Kochale and Süsstrunk, Non-parametric blur map "
        "regression for depth of field extension (2016); they are also in the datasets.zip of "
        "DMENet's authors (https://github.com/codeslake/DMENet): test/RTF"
    )

    def __init__(
        self,
        folder: str | Path,
        *,
        noises: Annotated[Sequence[NotNegative], MinLen(1)] = (0.0, 1.0, 1.6),
        make_noise: bool = True,
        noise_seed: Whole = 0,
        archive: str | Path | None = None,
        **loading: Unpack[Loading],
    ) -> None:
        super().__init__(**loading)
        self.folder = Path(folder).expanduser()
        self.noises = [float(noise) for noise in noises]
        self.make_noise = make_noise
        self.noise_seed = noise_seed
        self.archive = archive

    def prepare_data(self) -> None:
        """Unpack the archive, if there is one to unpack; check the folders.

        Raises:
            InputError: files are missing.
        """
        unpack(self.archive, self.folder, (IMAGES, TRUTHS))
        if (count := len(self._pairs(WITHOUT_NOISE))) != COUNT:
            log.warning(
                "%s: %d of the %d images; means over them do not compare with published ones",
                self.folder, count, COUNT,
            )  # fmt: skip
        for noise in self.noises:
            self._pairs(noise)

    def _pairs(self, noise: float) -> list[ImageAndTruth]:
        """Photographs of a noise with their truths, by number."""
        expected = (
            f"Expected {IMAGES}/{noise:g} and {TRUTHS}/{noise:g} or {TRUTHS}/0, with files of the "
            f"same numbers. {self.source}"
        )
        if not self.folder.is_dir():
            raise UnavailableError(f"{self.folder}: no such folder. {expected}")
        images = noise_folder(self.folder / IMAGES, noise)
        added = 0.0
        if images is None and self.make_noise:
            images, added = noise_folder(self.folder / IMAGES, WITHOUT_NOISE), noise
        truths = noise_folder(self.folder / TRUTHS, noise) or noise_folder(
            self.folder / TRUTHS, WITHOUT_NOISE
        )
        if images is None or truths is None:
            part = self.folder / (IMAGES if images is None else TRUTHS)
            raise UnavailableError(f"{part}: no folder of noise {noise:g}. {expected}")
        truth_of = {
            number_of(path): path
            for path in sorted(truths.iterdir())
            if path.suffix in TRUTH_SUFFIXES and not path.name.startswith(".")
        }
        paths = list_images(images)
        if alone := [path.name for path in paths if number_of(path) not in truth_of]:
            raise InputError(f"{truths}: no truth for {named(alone)}. {expected}")
        return [ImageAndTruth(path, truth_of[number_of(path)], added) for path in paths]

    @cached_property
    def test_sets(self) -> dict[str, Sequence[Sample]]:
        """The photographs of each noise."""
        read = partial(read_pair, seed=self.noise_seed)
        return {f"rtf_{noise:g}": SamplesOnDisk(self._pairs(noise), read) for noise in self.noises}

    def status(self) -> Status:
        """Read every file."""
        status = Status(self.folder)
        for noise in self.noises:
            pairs = self._pairs(noise)
            if pairs[0].noise:
                status.facts.append(
                    f"noise {noise:g}: added to {len(pairs)} images as they are read"
                )
                continue
            status.facts.append(
                f"noise {noise:g}: {len(pairs)} images of {COUNT}, "
                f"{sizes(pair.image for pair in pairs)}"
            )
            if len(pairs) < COUNT:
                status.missing.append(f"noise {noise:g}: {COUNT - len(pairs)} images")
            shapes = set()
            for pair in pairs:
                with status.noting_problems():
                    shapes.add(read_pair(pair)["sigma_px"].shape)
            shown = ", ".join(f"{width} x {height}" for height, width in sorted(shapes))
            status.facts.append(f"truths of noise {noise:g}: {shown}")
        return status
