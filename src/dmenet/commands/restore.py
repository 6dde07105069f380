"""``dmenet restore``: deblur photographs, or blur what is blurred further, by their sigma maps."""

from typing import Annotated, Literal

import numpy as np
from annotated_types import Ge, Interval
from omegaconf import DictConfig
from tqdm import tqdm

from dmenet.allocator import keep_freed_memory
from dmenet.commands.hydra.chosen_methods import OF_METHODS, end, estimate, the_method
from dmenet.commands.hydra.configuration import command
from dmenet.commands.hydra.inputs import path_of, paths_of
from dmenet.errors import InputError
from dmenet.files import make_folder
from dmenet.images.finding import distinct_names, find_photographs
from dmenet.images.maps import read_map
from dmenet.images.writing import WRITTEN_SUFFIXES, FileFacts, read_with_facts, write_photograph
from dmenet.ranges import NotNegative, Positive
from dmenet.restoration import all_in_focus, blurred_mask, deblur, magnify, refocus
from dmenet.restoration.deconvolution import Prior
from dmenet.restoration.refocusing import BlurredSide
from dmenet.sample import Image, Map
from dmenet.synthesis.rendering.apertures import Aperture, Blades, Shape

DEBLURRING = {"deblur": deblur, "all_in_focus": all_in_focus}
Mode = Literal["deblur", "all_in_focus", "magnify", "refocus", "mask"]


@command(
    "restore",
    recursive=bool,
    mode=Mode,
    aperture=Shape | None,
    blades=Blades,
    prior=Prior,
    noise=Positive | None,
    strength=Annotated[float, Ge(1)],
    focus_sigma_px=Annotated[float, Interval(ge=0, le=100)],
    side=BlurredSide,
    threshold_px=NotNegative,
    **OF_METHODS,
)
def main(configuration: DictConfig) -> None:
    """Write ``NAME_MODE.SUFFIX`` for each photograph.

    A photograph that cannot be read is reported, and the others are still restored.
    """
    keep_freed_memory()
    output = path_of(configuration.output, "output")
    photos = paths_of(configuration.photo, "photo")
    found = find_photographs(photos, configuration.recursive, leave_out=output)
    if configuration.map is None:
        estimator = the_method(configuration)
    elif len(found.photographs) > 1:
        raise InputError(
            f"map={configuration.map} with {len(found.photographs)} photographs: expected one"
        )
    make_folder(output)
    failures = []
    names = distinct_names(found.photographs)
    for photograph, name in zip(tqdm(found.photographs, unit="photograph"), names, strict=True):
        try:
            image, facts = read_with_facts(photograph.path)
            if configuration.map is None:
                sigma_px = estimate(estimator, image)
            else:
                sigma_px = read_map(path_of(configuration.map, "map"))
            restored = restore(image, sigma_px, configuration)
        except InputError as error:
            failures.append(str(error))
            continue
        suffix = photograph.path.suffix.lower()
        suffix = suffix if suffix in WRITTEN_SUFFIXES else ".png"
        if configuration.mode == "mask":
            suffix, facts = ".png", FileFacts()
        target = output / f"{name}_{configuration.mode}{suffix}"
        make_folder(target.parent)
        write_photograph(target, restored, facts)
    done = len(found.photographs) - len(failures)
    what = f": {configuration.mode} in {output}" if done else ""
    print(f"{done} of {len(found.photographs)} photographs{what}")
    end(found, failures)


def restore(image: Image, sigma_px: Map, configuration: DictConfig) -> Image:
    """What a mode makes of a photograph; long work has a bar of its own."""
    if image.shape[:2] != sigma_px.shape:
        raise InputError(
            f"map={configuration.map}: {sigma_px.shape[1]} x {sigma_px.shape[0]} px, where the "
            f"photograph has {image.shape[1]} x {image.shape[0]}; give the map of this photograph"
        )
    aperture = _aperture(configuration)
    with tqdm(total=1.0, leave=False, desc=configuration.mode, bar_format="{l_bar}{bar}") as bar:
        if configuration.mode in DEBLURRING:
            return DEBLURRING[configuration.mode](
                image,
                sigma_px,
                aperture=aperture,
                prior=configuration.prior,
                noise=configuration.noise,
                report=bar.update,
            )
        if configuration.mode == "magnify":
            return magnify(image, sigma_px, configuration.strength, aperture, configuration.side)
        if configuration.mode == "refocus":
            sharp = all_in_focus(image, sigma_px, report=bar.update)
            focus = configuration.focus_sigma_px
            return refocus(sharp, sigma_px, focus, aperture, configuration.side)
    mask = blurred_mask(sigma_px, configuration.threshold_px)
    return np.repeat(mask[..., np.newaxis], 3, axis=2).astype(np.float32)


def _aperture(configuration: DictConfig) -> Aperture:
    usual: Shape = "gaussian" if configuration.mode in DEBLURRING else "disc"
    return Aperture(configuration.aperture or usual, configuration.blades)


if __name__ == "__main__":
    main()
