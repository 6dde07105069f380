"""CUHK blur detection data set (Shi et al. 2014): its 704 photographs that are out of focus.

Each has a mask of what is blurred. The set also has photographs blurred by motion, which are left
out. Which images are for test differs across the literature, so that the name of a test set says
how it was chosen.
"""

import logging
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Unpack

from tqdm import tqdm

from dmenet.data.archives import unpack
from dmenet.data.data_set_module import DataSetModule, Loading
from dmenet.data.masked_photographs import Agreement, ImageAndMask, read_masked
from dmenet.data.splits import check_apart, drawn, read_names
from dmenet.data.status import Status, named, sizes, some_of
from dmenet.errors import InputError, UnavailableError
from dmenet.images.reading import list_images
from dmenet.ranges import Count, Whole
from dmenet.sample import Sample, SamplesOnDisk

log = logging.getLogger(__name__)

IMAGES, MASKS = "image", "gt"
PREFIX = "out_of_focus"
COUNT = 704

LOOKED_AT = 40
"""So many masks, evenly spread, are compared with the sharpness before a run."""


class CuhkDataModule(DataSetModule):
    """Photographs with masks, for the domain "real" and for test.

    Args:
        folder: has ``image/`` and ``gt/``.
        split: which images are for test: ``train604_test100`` (a list that comes with the package),
            a file with a name in each line, ``random``, or ``all``: then none is for training.
        test_count: of ``random``: how many.
        split_seed: of ``random``: which.
        test_folder: where the images for test lie in a folder of their own, as in the zip file of
            DMENet's authors; then ``split`` is not used.
        validation_count: so many of the images for training are kept for validation.
        prefix: of the names of the images to take; empty for masked photographs of yours.
        inverted: whether masks are black where blurred, as in some copies.
        archive: a zip file, or a folder in one, to unpack to ``folder`` if nothing is there.
        loading: see ``Loading``.
    """

    source = (
        "The CUHK blur detection data set of Shi, Xu and Jia (CVPR 2014), "
        "http://www.cse.cuhk.edu.hk/~leojia/projects/dblurdetect/dataset.html"
    )

    def __init__(
        self,
        folder: str | Path,
        *,
        split: str = "train604_test100",
        test_count: Count = 200,
        split_seed: Whole = 0,
        test_folder: str | Path | None = None,
        validation_count: Whole = 60,
        prefix: str = PREFIX,
        inverted: bool = False,
        archive: str | Path | None = None,
        **loading: Unpack[Loading],
    ) -> None:
        super().__init__(**loading)
        self.folder = Path(folder).expanduser()
        self.split = split
        self.test_count = test_count
        self.split_seed = split_seed
        self.test_folder = None if test_folder is None else Path(test_folder).expanduser()
        self.validation_count = validation_count
        self.prefix = prefix
        self.inverted = inverted
        self.archive = archive

    def prepare_data(self) -> None:
        """Unpack the archive, if there is one to unpack; check the folders and some of the masks.

        Raises:
            InputError: files are missing or do not belong together, or the masks mean the opposite.
        """
        pairs = [] if self.test_folder is None else [*self._test_pairs.values()]
        if self.domains or self.test_folder is None:
            unpack(self.archive, self.folder, (IMAGES, MASKS))
            pairs = [*self._pairs.values(), *pairs]
        self._wanted_for_test()
        agreement = Agreement()
        for pair in some_of(pairs, LOOKED_AT):
            agreement.add(read_masked(pair, self.inverted))
        agreement.check(self.folder, self.inverted)
        log.info(
            "%s: %d images, split %s; of %d masks, %d agree with the sharpness",
            self.folder, len(pairs), self.split_name, agreement.compared, agreement.agreeing,
        )  # fmt: skip

    @property
    def split_name(self) -> str:
        """What the test set is called."""
        if self.test_folder is not None:
            return "folders"
        if self.split == "random":
            return f"random_{self.test_count}_seed{self.split_seed}"
        if self.split == "all":
            return f"all_{len(self._pairs)}"
        return Path(self.split).stem

    @cached_property
    def _pairs(self) -> dict[str, ImageAndMask]:
        """Of the folder that is trained on, by name."""
        if self.test_folder is not None:
            check_apart(self.folder, self.test_folder)
        return self._find(self.folder)

    @cached_property
    def _test_pairs(self) -> dict[str, ImageAndMask]:
        """Of the folder with the images for test, which may be the same, by name."""
        return self._pairs if self.test_folder is None else self._find(self.test_folder)

    def _find(self, folder: Path) -> dict[str, ImageAndMask]:
        expected = f"Expected {IMAGES}/ with {self.prefix}*.jpg and {MASKS}/ with masks"
        for part in (folder, folder / IMAGES, folder / MASKS):
            if not part.is_dir():
                raise UnavailableError(f"{part}: no such folder. {expected}. {self.source}")
        images, masks = (
            {
                path.stem: path
                for path in list_images(folder / part)
                if path.stem.startswith(self.prefix)
            }
            for part in (IMAGES, MASKS)
        )
        if not images:
            raise InputError(f"{folder / IMAGES}: no {self.prefix}* among the images. {expected}")
        if alone := [name for name in images if name not in masks]:
            raise InputError(
                f"{folder / MASKS}: no mask for {len(alone)} of the images: {named(alone)}. "
                "Expected one of the same name for each; copy what is missing"
            )
        return {name: ImageAndMask(image, masks[name]) for name, image in images.items()}

    def _wanted_for_test(self) -> Sequence[str]:
        """Names of the images for test, of which some may be missing."""
        if self.test_folder is not None or self.split == "all":
            return list(self._test_pairs)
        if self.split == "random":
            return sorted(drawn(self._pairs, self.test_count, f"test {self.split_seed}"))
        return read_names("cuhk", self.split)

    def _parts(self) -> tuple[list[str], list[str]]:
        """Names of the images for training and for validation."""
        # Other data sets may number both folders alike; a name of CUHK is one photograph.
        named_once = self.test_folder is None or self.prefix == PREFIX
        test = set(self._wanted_for_test()) if named_once else set()
        rest = [name for name in self._pairs if name not in test]
        validation = drawn(rest, self.validation_count, "validation")
        return [n for n in rest if n not in validation], [n for n in rest if n in validation]

    def _samples(
        self, pairs: Mapping[str, ImageAndMask], names: Sequence[str], what: str
    ) -> Sequence[Sample]:
        if not names:
            raise InputError(
                f"{self.folder}: split {self.split_name} leaves no images for {what}. Choose "
                "another split, or a smaller validation_count or test_count"
            )
        return SamplesOnDisk(
            [pairs[name] for name in names], partial(read_masked, inverted=self.inverted)
        )

    def training_samples(self, domain: str) -> Sequence[Sample]:
        """What is neither for test nor for validation."""
        if domain != "real":
            raise self._without(domain)
        return self._samples(self._pairs, self._parts()[0], "training")

    def validation_samples(self, domain: str) -> Sequence[Sample] | None:
        """Some of the images for training, chosen by their names."""
        if domain != "real" or not self.validation_count:
            return None
        return self._samples(self._pairs, self._parts()[1], "validation")

    @cached_property
    def test_sets(self) -> dict[str, Sequence[Sample]]:
        """One set, named ``cuhk_<split>``.

        Raises:
            UnavailableError: images of the split are missing.
        """
        wanted = self._wanted_for_test()
        if missing := [name for name in wanted if name not in self._test_pairs]:
            raise UnavailableError(
                f"{self.folder}: {len(missing)} of the {len(wanted)} test images of split "
                f"{self.split_name} are missing ({named(missing)}): copy them there, or take what "
                "there is with split=all, whose results compare with no published ones"
            )
        return {f"cuhk_{self.split_name}": self._samples(self._test_pairs, wanted, "test")}

    def status(self) -> Status:
        """Read every file; count, and compare all masks with the sharpness."""
        status = Status(self.folder)
        pairs = self._pairs | self._test_pairs
        training, validation = self._parts()
        wanted = self._wanted_for_test()
        missing = [name for name in wanted if name not in pairs]
        status.facts = [
            f"{len(pairs)} images of {COUNT}, {sizes(pair.image for pair in pairs.values())}",
            f"split {self.split_name}: {len(training)} training, {len(validation)} validation, "
            f"{len(wanted) - len(missing)} test",
        ]
        if self.prefix == PREFIX and len(pairs) < COUNT:
            status.missing.append(f"{COUNT - len(pairs)} of all images")
        if missing:
            status.missing.append(f"{len(missing)} test images: {named(missing)}")
        agreement = Agreement()
        for pair in tqdm(pairs.values(), desc=str(self.folder), unit="image", leave=False):
            with status.noting_problems():
                agreement.add(read_masked(pair, self.inverted))
        colour = "black" if self.inverted else "white"
        others = agreement.contradicting
        status.facts.append(
            f"masks: {colour} is the blurred side in {agreement.agreeing} of {agreement.compared}"
            + (f", not in {named(others)}" if others else "")
        )
        with status.noting_problems():
            agreement.check(self.folder, self.inverted)
        return status
