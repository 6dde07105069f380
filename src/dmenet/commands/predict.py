"""``dmenet predict``: sigma maps of photographs, without any ground truth."""

from pathlib import Path

import numpy as np
import tifffile
from omegaconf import DictConfig
from tqdm import tqdm

from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.configuration import command
from dmenet.errors import InputError
from dmenet.estimators import DMENetEstimator, Estimator
from dmenet.files import replacing
from dmenet.images.preview import write_preview
from dmenet.images.reading import list_images, read_image
from dmenet.sample import Image, Map

FORMATS = ("npy", "tiff")


@command("predict")
def main(configuration: DictConfig) -> None:
    """Write ``<name>_sigma_px.<format>`` and ``<name>_preview.png`` for each photograph.

    A photograph that cannot be read is reported, and the others are still estimated.
    """
    if configuration.format not in FORMATS:
        raise InputError(f"format={configuration.format}: expected one of {list(FORMATS)}")
    estimator = the_method(configuration.estimator)
    photographs = list_images(Path(configuration.input).expanduser())
    output = Path(configuration.output).expanduser()
    output.mkdir(parents=True, exist_ok=True)
    failures: list[str] = []
    with tqdm(unit="px", unit_scale=True) as progress:
        for photograph, name in zip(photographs, distinct_names(photographs), strict=True):
            progress.set_description(photograph.name)
            try:
                image = read_image(photograph)
            except InputError as error:
                failures.append(str(error))
                continue
            sigma_px = estimate(estimator, image, progress)
            write_map(output / f"{name}_sigma_px.{configuration.format}", sigma_px)
            write_preview(output / f"{name}_preview.png", sigma_px)
    done = len(photographs) - len(failures)
    print(f"{done} of {len(photographs)} photographs: sigma maps in px and previews in {output}")
    if failures:
        raise InputError("\n".join(failures))


def the_method(configuration: DictConfig) -> Estimator:
    """The only method of a configuration, ready.

    Raises:
        InputError: there are several, or it cannot be had.
    """
    methods = list(configuration)
    if len(methods) != 1:
        raise InputError(f"estimator={methods}: photographs are estimated by one method at a time")
    estimator: Estimator = build(configuration[methods[0]])
    estimator.prepare([])
    return estimator


def estimate(estimator: Estimator, image: Image, progress: tqdm) -> Map:
    """The sigma map of a photograph, in px; ``progress`` counts pixels, tile by tile if it can."""
    if isinstance(estimator, DMENetEstimator):
        return estimator(image, progress.update).sigma_px
    sigma_px = estimator(image).sigma_px
    progress.update(sigma_px.size)
    return sigma_px


def distinct_names(paths: list[Path]) -> list[str]:
    """Stems, but with the suffix where two files share a stem (a.jpg beside a.png)."""
    stems = [path.stem for path in paths]
    return [p.stem if stems.count(p.stem) == 1 else p.name.replace(".", "_") for p in paths]


def write_map(path: Path, sigma_px: Map) -> None:
    """Write a float32 map of sigma in px as ``.npy`` or as a TIFF that says its unit."""
    with replacing(path) as temporary:
        if path.suffix == ".npy":
            np.save(temporary, sigma_px)
        else:
            tifffile.imwrite(temporary, sigma_px, description="Gaussian sigma of the blur in px")


if __name__ == "__main__":
    main()
