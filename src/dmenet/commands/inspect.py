"""``dmenet inspect``: look at photographs with depth before anything is rendered."""

from omegaconf import DictConfig
from tqdm import tqdm

from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.configuration import command
from dmenet.commands.hydra.inputs import path_of
from dmenet.errors import InputError
from dmenet.files import make_folder
from dmenet.ranges import Count
from dmenet.reporting.inspection import (
    EXAMPLE_CAMERA,
    failed_row,
    inspection_block,
    inspection_row,
)
from dmenet.reporting.sheets import MOST_SHOWN, evenly_chosen, write_sheet
from dmenet.reporting.text_tables import markdown_table
from dmenet.synthesis.readers.reader import SceneReader


@command("inspect", count=Count | None)
def main(configuration: DictConfig) -> None:
    """Print a row of numbers for each scene and write ``inspection.png``.

    A scene that cannot be used is reported, and the others are still inspected.
    """
    reader = _reader(configuration)
    count = min(configuration.count or len(reader), len(reader))
    output = path_of(configuration.output, "output")
    make_folder(output)
    shown, sheet, rows = set(evenly_chosen(count)), [], []
    problems: dict[str, str] = {}
    for number in tqdm(range(count), desc=str(output), unit="scene"):
        try:
            rgbd = reader[number]
            rows.append(inspection_row(rgbd))
        except InputError as error:
            problems[reader.names[number]] = str(error)
            continue
        if number in shown:
            sheet.append(inspection_block(rgbd))
    columns = list(rows[0]) if rows else ["scene", "size"]
    failed = [failed_row(name, n, columns) for n, name in enumerate(problems, start=1)]
    print(markdown_table([*rows, *failed]))
    print(f"σ max: {EXAMPLE_CAMERA}")
    if sheet:
        write_sheet(output / "inspection.png", sheet)
        chosen = f", {MOST_SHOWN} of them" if count > MOST_SHOWN else ""
        print(f"{len(rows)} of {count} scenes can be used{chosen} in {output / 'inspection.png'}")
    if problems:
        messages = [f"problem {n}: {text}" for n, text in enumerate(problems.values(), start=1)]
        raise InputError(f"{len(problems)} of {count} scenes\n" + "\n".join(messages))


def _reader(configuration: DictConfig) -> SceneReader:
    if "reader" not in configuration.source:
        raise InputError(
            "source: has no reader, there is nothing to inspect. Expected a folder of photographs "
            "with depth, such as source=rgbd source.reader.images=... source.reader.depths=..."
        )
    reader: SceneReader = build(configuration.source.reader)
    return reader


if __name__ == "__main__":
    main()
