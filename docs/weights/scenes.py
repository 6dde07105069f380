"""What the renderings that `mobile` is trained on are made of, beside the data sets themselves.

    python docs/weights/scenes.py CUHK NYUV2 OUTPUT

writes OUTPUT/textures, the largest sharp square of each masked training photograph (textures of
procedural scenes), and OUTPUT/nyuv2_small, NYUv2 at 0.6 of its size, at which it is sharper.
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from dmenet.data.cuhk import CuhkDataModule
from dmenet.data.known_blur import SHARP_SHARE, sharp_share

LEAST_SIDE_PX = 140
SIDE_STEP_PX = 8
SMALLER = 0.6
BORDER_PX = 16


def largest_sharp_square(mask: NDArray[np.float32]) -> tuple[slice, slice] | None:
    """Rows and columns of a square that is sharp all over, to a step of its side."""
    for side in range(min(mask.shape), LEAST_SIDE_PX - 1, -SIDE_STEP_PX):
        share = sharp_share(mask, side)
        row, column = np.unravel_index(int(share.argmax()), share.shape)
        if share[row, column] >= SHARP_SHARE:
            return slice(row, row + side), slice(column, column + side)
    return None


def write_textures(cuhk: Path, output: Path) -> None:
    """A square of each photograph that has one."""
    output.mkdir(parents=True, exist_ok=True)
    samples = CuhkDataModule(cuhk, domains=("real",)).training_samples("real")
    for sample in tqdm((samples[index] for index in range(len(samples))), total=len(samples)):
        square = largest_sharp_square(sample["mask"])
        if square is not None:
            pixels = np.rint(sample["image"][square][..., ::-1] * 255).astype(np.uint8)
            cv2.imwrite(str(output / f"{Path(sample['name']).stem}.png"), pixels)


def write_smaller(nyuv2: Path, output: Path) -> None:
    """Images and depths without their white border, by area."""
    for kind in ("image", "depth"):
        (output / kind).mkdir(parents=True, exist_ok=True)
        for path in tqdm(sorted((nyuv2 / kind).iterdir())):
            whole = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            inside = whole[BORDER_PX:-BORDER_PX, BORDER_PX:-BORDER_PX]
            size = tuple(round(n * SMALLER) for n in inside.shape[1::-1])
            smaller = cv2.resize(inside, size, interpolation=cv2.INTER_AREA)
            cv2.imwrite(str(output / kind / f"{path.stem}.png"), smaller)


if __name__ == "__main__":
    cuhk, nyuv2, output = map(Path, sys.argv[1:])
    write_textures(cuhk, output / "textures")
    write_smaller(nyuv2, output / "nyuv2_small")
