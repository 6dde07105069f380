"""``dmenet contact_sheet``: look at a synthetic set, images beside their maps."""

from omegaconf import DictConfig
from tqdm import tqdm

from dmenet.commands.hydra.configuration import command
from dmenet.commands.hydra.inputs import path_of
from dmenet.data.layouts import list_entries
from dmenet.errors import InputError
from dmenet.files import make_folder
from dmenet.ranges import Count, Positive
from dmenet.reporting.sheets import check_suffix, evenly_chosen, write_sheet
from dmenet.reporting.synthetic import synthetic_block, synthetic_row
from dmenet.reporting.text_tables import markdown_table
from dmenet.units import Unit


@command("contact_sheet", stored_unit=Unit | None, count=Count, shown_up_to_px=Positive | None)
def main(configuration: DictConfig) -> None:
    """Print a row of numbers for each image that is shown, and write the sheet.

    An image that cannot be read is reported, and the others are still shown.
    """
    path = path_of(configuration.output, "output")
    check_suffix(path)
    entries = list_entries(path_of(configuration.folder, "folder"), configuration.stored_unit)
    rows, blocks, problems = [], [], []
    for place in tqdm(evenly_chosen(len(entries), configuration.count), unit="image"):
        entry = entries[place]
        try:
            sample, facts = entry.read("sigma7"), entry.facts()
        except InputError as error:
            problems.append(str(error))
            continue
        rows.append(synthetic_row(entry.number, sample, facts))
        blocks.append(synthetic_block(entry.number, sample, facts, configuration.shown_up_to_px))
    if blocks:
        make_folder(path.parent)
        write_sheet(path, blocks)
        print(markdown_table(rows))
        print(f"{len(blocks)} of {len(entries)} images in {path}")
    if problems:
        raise InputError(f"{len(problems)} images cannot be read\n" + "\n".join(problems))


if __name__ == "__main__":
    main()
