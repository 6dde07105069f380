"""``dmenet sort``: sort photographs by the sharpness of their subjects."""

import csv
from io import StringIO

import cv2
import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Normalize
from omegaconf import DictConfig
from tqdm import tqdm

from dmenet.allocator import keep_freed_memory
from dmenet.commands.hydra.chosen_methods import OF_METHODS, end, estimate, the_method
from dmenet.commands.hydra.configuration import command
from dmenet.commands.hydra.inputs import path_of, paths_of
from dmenet.errors import InputError
from dmenet.files import make_folder, replacing
from dmenet.images.finding import find_photographs
from dmenet.images.preview import COLORMAP, ticks, upper_bound
from dmenet.images.reading import read_image
from dmenet.ranges import NotNegative
from dmenet.reporting.sheets import Block, Panel, evenly_chosen, write_sheet
from dmenet.restoration import Sharpness, sharpness
from dmenet.sample import Image, Map

TABLE, SHEET = "sharpness.csv", "contact_sheet.jpg"
SHEET_PX = 480
"""Longest side of a picture of the sheet."""

FRAME = (255, 220, 0)


@command("sort", recursive=bool, threshold_px=NotNegative, **OF_METHODS)
def main(configuration: DictConfig) -> None:
    """Write a row for each photograph, the sharpest subject first, and a sheet in this order.

    A photograph that cannot be read is reported, and the others are still sorted.
    """
    keep_freed_memory()
    output = path_of(configuration.output, "output")
    folders = paths_of(configuration.folder, "folder")
    found = find_photographs(folders, configuration.recursive, leave_out=output)
    estimator = the_method(configuration)
    make_folder(output)
    measured: list[tuple[Sharpness, str, Block]] = []
    failures = []
    for photograph in tqdm(found.photographs, unit="photograph"):
        try:
            image = read_image(photograph.path)
            sigma_px = estimate(estimator, image)
        except InputError as error:
            failures.append(str(error))
            continue
        how = sharpness(sigma_px, configuration.threshold_px)
        name = photograph.name.as_posix()
        measured.append((how, name, block(name, image, sigma_px, how)))
    measured.sort(key=lambda row: (row[0].subject_sigma_px, row[1]))
    table = StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["photograph", *Sharpness._fields])
    for how, name, _ in measured:
        writer.writerow([name, *(f"{v:.4g}" if isinstance(v, float) else v for v in how)])
    with replacing(output / TABLE) as temporary:
        temporary.write_text(table.getvalue(), "utf-8")
    if measured:
        shown = evenly_chosen(len(measured))
        write_sheet(output / SHEET, [measured[place][2] for place in shown])
    print(f"{len(measured)} of {len(found.photographs)} photographs in {output / TABLE}")
    end(found, failures)


def block(name: str, image: Image, sigma_px: Map, how: Sharpness) -> Block:
    """The photograph with its subject framed, and its map."""
    scale = min(1.0, SHEET_PX / max(sigma_px.shape))
    size = [max(1, round(side * scale)) for side in reversed(sigma_px.shape)]
    picture, blur = (
        cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (image, sigma_px)
    )
    pixels = np.ascontiguousarray(np.rint(picture * 255).astype(np.uint8))
    corner = np.array([how.left, how.top]) * scale
    opposite = corner + how.side * scale
    cv2.rectangle(pixels, corner.astype(int).tolist(), opposite.astype(int).tolist(), FRAME, 2)
    bound = upper_bound(sigma_px)
    return Block(
        f"{name}: σ {how.subject_sigma_px:.2f} px, {how.sharp_share:.0%} sharp",
        (
            Panel(pixels, "framed: where it is sharpest"),
            Panel(blur, "px", colormaps[COLORMAP], Normalize(0, bound), ticks(bound, 5)),
        ),
    )


if __name__ == "__main__":
    main()
