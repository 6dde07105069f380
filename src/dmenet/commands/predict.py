"""``dmenet predict``: sigma maps of photographs, without any ground truth."""

import json
import signal
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from omegaconf import DictConfig, OmegaConf
from tqdm import tqdm

from dmenet.allocator import keep_freed_memory
from dmenet.commands.hydra.chosen_methods import OF_METHODS, end, estimate, the_method
from dmenet.commands.hydra.configuration import command
from dmenet.commands.hydra.inputs import path_of, paths_of
from dmenet.errors import InputError
from dmenet.estimators import DMENetEstimator, Estimator
from dmenet.files import make_folder, replacing
from dmenet.images.finding import distinct_names, find_photographs
from dmenet.images.maps import write_map, write_map_png, write_mask
from dmenet.images.preview import write_preview
from dmenet.images.reading import read_image
from dmenet.images.summary import read_summary, summary_row, write_summary
from dmenet.ranges import NotNegative, Positive
from dmenet.sample import Image, Map

Format = Literal["npy", "tiff", "png"]
SECONDS_BETWEEN_WRITES = 1.0

SUMMARY, SETTINGS = "summary.csv", "settings.json"
"""Beside the maps: a row for each photograph, and what the maps were made by."""


@dataclass
class Writer:
    """Writes what is made of each photograph, in ``folder``.

    Attributes:
        format: of the maps.
        mask_over_px: the threshold of masks; None: no masks.
        shown_up_to_px: of previews.
        rows: of the summary, by photograph; written every second at most, see ``write_rows``.
    """

    folder: Path
    format: Format
    mask_over_px: float | None
    shown_up_to_px: float | None
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    _written: float = field(default_factory=time.monotonic)

    def paths(self, name: str) -> dict[str, Path]:
        """The files of a photograph: ``map``, ``preview``, and ``mask`` where asked for."""
        target = self.folder / name
        files = {"map": f"sigma_px.{self.format}", "preview": "preview.png"}
        if self.mask_over_px is not None:
            files["mask"] = "mask.png"
        return {what: target.with_name(f"{target.name}_{end}") for what, end in files.items()}

    def is_done(self, name: str) -> bool:
        """Whether everything of a photograph is there."""
        return name in self.rows and all(path.is_file() for path in self.paths(name).values())

    def write(self, name: str, image: Image, sigma_px: Map) -> None:
        """Write the files of a photograph, then its row."""
        paths = self.paths(name)
        make_folder(paths["map"].parent)
        (write_map_png if self.format == "png" else write_map)(paths["map"], sigma_px)
        if self.mask_over_px is not None:
            write_mask(paths["mask"], sigma_px, self.mask_over_px)
        write_preview(paths["preview"], image, sigma_px, self.shown_up_to_px)
        self.rows[name] = summary_row(name, sigma_px)
        if time.monotonic() - self._written > SECONDS_BETWEEN_WRITES:
            self.write_rows()

    def write_rows(self) -> None:
        """Write the summary."""
        write_summary(self.folder / SUMMARY, self.rows)
        self._written = time.monotonic()


@command(
    "predict",
    recursive=bool,
    format=Format,
    mask_over_px=NotNegative | None,
    resume=bool,
    shown_up_to_px=Positive | None,
    **OF_METHODS,
)
def main(configuration: DictConfig) -> None:
    """Write the map, a preview and a row of ``summary.csv`` for each photograph.

    They are called ``<name>_sigma_px.<format>``, ``<name>_preview.png`` and, where asked for,
    ``<name>_mask.png``. Of a photograph in a subfolder, they go into a subfolder of that name. A
    photograph that cannot be read is reported, and the others are still estimated.
    """
    keep_freed_memory()
    output = path_of(configuration.output, "output")
    inputs = paths_of(configuration.input, "input")
    estimator = the_method(configuration)
    found = find_photographs(inputs, configuration.recursive, leave_out=output)
    make_folder(output)
    writer = Writer(
        output, configuration.format, configuration.mask_over_px, configuration.shown_up_to_px
    )
    if configuration.resume:
        writer.rows = read_summary(output / SUMMARY)
    note_settings(output / SETTINGS, configuration)
    names = distinct_names(found.photographs)
    photographs = list(zip([each.path for each in found.photographs], names, strict=True))
    left = [each for each in photographs if not (configuration.resume and writer.is_done(each[1]))]
    if isinstance(estimator, DMENetEstimator):
        print(f"The network runs in {estimator.precision}")
    try:
        failures = estimate_all(estimator, left, writer, skipped=len(photographs) - len(left))
    except KeyboardInterrupt:
        done = sum(map(writer.is_done, names))
        print(
            f"\nInterrupted: {done} of {len(photographs)} photographs are done, in {output}; "
            "the same command with resume=true does the others",
            file=sys.stderr,
        )
        raise SystemExit(128 + signal.SIGINT) from None
    finally:
        writer.write_rows()
    done = sum(map(writer.is_done, names))
    what = f": sigma maps in px and previews in {output}" if done else ""
    print(f"{done} of {len(photographs)} photographs{what}")
    end(found, failures)


def note_settings(path: Path, configuration: DictConfig) -> None:
    """Write down what the maps in a folder are made by, and refuse to resume by something else.

    Raises:
        InputError: ``resume=true``, and the maps that are there were made by other settings.
    """
    settings: dict[str, Any] = {
        "estimator": OmegaConf.to_container(configuration.estimator, resolve=True),
        "mask_over_px": configuration.mask_over_px,
        "shown_up_to_px": configuration.shown_up_to_px,
    }
    if configuration.resume and path.is_file():
        try:
            before = dict(json.loads(path.read_text("utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise InputError(
                f"{path}: cannot be read ({error}). Remove it, or choose another output"
            ) from error
        if before != settings:
            differing = [k for k in {**settings, **before} if before.get(k) != settings.get(k)]
            raise InputError(
                f"resume=true: the maps in {path.parent} were made by another "
                f"{', '.join(differing)}, see {path.name} there. Give the same settings, or "
                "another output"
            )
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(settings, indent=1) + "\n", "utf-8")


def estimate_all(
    estimator: Estimator, photographs: list[tuple[Path, str]], writer: Writer, skipped: int
) -> list[str]:
    """Estimate photographs while the next one is read and the one before is written.

    Args:
        estimator: the method.
        photographs: the file of each, and the name of its results.
        writer: of the results.
        skipped: so many are done already.

    Returns:
        what is wrong with photographs that cannot be read.
    """
    failures = []
    total = skipped + len(photographs)
    with (
        ThreadPoolExecutor(1) as reading,
        ThreadPoolExecutor(1) as writing,
        tqdm(total=total, initial=skipped, unit="photograph") as progress,
    ):
        # One is read ahead, and one written behind, which bounds the memory.
        ahead = (reading.submit(read_image, path) for path, _ in photographs)
        next_one = next(ahead, None)
        written: Future[None] | None = None
        try:
            for path, name in photographs:
                progress.set_description(path.name)
                assert next_one is not None
                current, next_one = next_one, next(ahead, None)
                try:
                    image = current.result()
                    sigma_px = estimate(estimator, image)
                except InputError as error:
                    failures.append(str(error))
                else:
                    if written is not None:
                        written.result()
                    written = writing.submit(writer.write, name, image, sigma_px)
                progress.update()
            if written is not None:
                written.result()
        finally:
            reading.shutdown(cancel_futures=True)
    return failures


if __name__ == "__main__":
    main()
