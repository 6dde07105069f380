"""``dmenet predict``: sigma maps of photographs, without any ground truth."""

import sys

from omegaconf import DictConfig
from tqdm import tqdm

from dmenet.allocator import keep_freed_memory
from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.configuration import command
from dmenet.commands.hydra.inputs import path_of, paths_of
from dmenet.commands.hydra.interruption import status_of
from dmenet.commands.hydra.methods import refuse_unused
from dmenet.errors import InputError
from dmenet.estimators import DMENetEstimator, Estimator
from dmenet.files import make_folder
from dmenet.images.finding import distinct_names, find_photographs
from dmenet.images.maps import write_map
from dmenet.images.preview import check_upper_bound, write_preview
from dmenet.images.reading import read_image
from dmenet.sample import Image, Map

FORMATS = ("npy", "tiff")
LARGE_PX = 2_000_000
"""Photographs of more pixels take seconds."""


@command("predict")
def main(configuration: DictConfig) -> None:
    """Write ``<name>_sigma_px.<format>`` and ``<name>_preview.png`` for each photograph.

    Of a photograph in a subfolder, they go into a subfolder of that name. A photograph that cannot
    be read is reported, and the others are still estimated.
    """
    keep_freed_memory()
    if configuration.format not in FORMATS:
        raise InputError(f"format={configuration.format}: expected one of {list(FORMATS)}")
    if not isinstance(configuration.recursive, bool):
        raise InputError(f"recursive={configuration.recursive}: expected true or false")
    check_upper_bound(configuration.shown_up_to_px)
    output = path_of(configuration.output, "output")
    inputs = paths_of(configuration.input, "input")
    estimator = the_method(configuration)
    found = find_photographs(inputs, configuration.recursive, leave_out=output)
    make_folder(output)
    photographs, failures = found.photographs, []
    done = 0
    try:
        with tqdm(total=len(photographs), unit="photograph") as progress:
            for photograph, name in zip(photographs, distinct_names(photographs), strict=True):
                progress.set_description(str(photograph.name))
                try:
                    image = read_image(photograph.path)
                    sigma_px = estimate(estimator, image)
                except InputError as error:
                    failures.append(str(error))
                else:
                    target = output / name
                    make_folder(target.parent)
                    write_map(
                        target.with_name(f"{target.name}_sigma_px.{configuration.format}"), sigma_px
                    )
                    preview = target.with_name(f"{target.name}_preview.png")
                    write_preview(preview, image, sigma_px, configuration.shown_up_to_px)
                    done += 1
                progress.update()
    except KeyboardInterrupt as interruption:
        print(
            f"\nInterrupted: {done} of {len(photographs)} photographs are done, in {output}",
            file=sys.stderr,
        )
        raise SystemExit(status_of(interruption)) from None
    print(f"{done} of {len(photographs)} photographs: sigma maps in px and previews in {output}")
    for line in found.skipped_in_words():
        print(line)
    if failures:
        raise InputError("\n".join(failures))


def the_method(configuration: DictConfig) -> Estimator:
    """The only method of a configuration, ready.

    Raises:
        InputError: there are several, it cannot be had, or a setting is given that it does not
            have.
    """
    methods = list(configuration.estimator)
    if len(methods) != 1:
        raise InputError(f"estimator={methods}: photographs are estimated by one method at a time")
    refuse_unused(configuration)
    estimator: Estimator = build(configuration.estimator[methods[0]])
    estimator.prepare([])
    return estimator


def estimate(estimator: Estimator, image: Image) -> Map:
    """The sigma map of a photograph, in px; a large one has a bar of its own."""
    pixels = image.shape[0] * image.shape[1]
    if not isinstance(estimator, DMENetEstimator) or pixels < LARGE_PX:
        return estimator(image).sigma_px
    with tqdm(total=pixels, unit="px", unit_scale=True, leave=False, desc="photograph") as bar:
        return estimator(image, lambda share: bar.update(share * pixels)).sigma_px


if __name__ == "__main__":
    main()
