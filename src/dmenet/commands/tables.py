"""``dmenet tables``: a table of the paper, our rows beside the published ones."""

from collections.abc import Callable, Mapping
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.chosen_methods import methods_of, weights_lacking
from dmenet.commands.hydra.configuration import command
from dmenet.commands.hydra.inputs import paths_of
from dmenet.commands.hydra.interruption import says_how_to_resume
from dmenet.commands.hydra.setting_checks import SeveralBuilt
from dmenet.errors import InputError
from dmenet.evaluation import evaluate
from dmenet.evaluation.methods import identity_of_settings
from dmenet.ranges import Whole
from dmenet.reporting.paper_tables import images_in_words
from dmenet.reporting.results import Results, read_results
from dmenet.reporting.text_tables import (
    TableRow,
    markdown_table,
    notes_of,
    without_notes,
    write_table,
)

MOST_COLUMNS = 12
"""Of a table that is printed."""


@command(
    "tables",
    weights=Mapping[str, str | None],
    table=SeveralBuilt,
    data_sets=SeveralBuilt,
    methods=SeveralBuilt,
    shown=Whole,
)
def main(configuration: DictConfig) -> None:
    """Evaluate, or read results; write and print the table, with what is missing in words."""
    if "table" not in configuration:
        raise InputError("no table is chosen: give table=table4, table=table5 or table=table6")
    folder = Path(HydraConfig.get().runtime.output_dir)
    missing: dict[str, str] = {}
    if configuration.results:
        results = [read_results(path) for path in paths_of(configuration.results, "results")]
    else:
        with says_how_to_resume(folder):
            results = compute(configuration, folder, missing)
    absent = [name for name in map(str, configuration.data_sets) if name in missing]
    # Why, and where they can be had, is too long for a table: it is said once, beneath.
    reasons = missing | {name: f"no data of {name}" for name in absent}
    make: Callable[..., Mapping[str, list[TableRow]]] = build(configuration.table.make)
    for name, rows in make(results, reasons).items():
        write_table(folder, name, rows)
        if len(rows[0]) <= MOST_COLUMNS:
            print(f"\n{name}:\n\n{markdown_table(without_notes(rows))}\n\n{notes_of(rows)}")
        else:
            print(f"{name}: too wide to be shown, see {folder / name}.md")
    for name in absent:
        print(f"Without {name}: {missing[name]}")
    print(f"Test sets: {', '.join(images_in_words(results)) or 'none'}")
    print(f"The same as Markdown, CSV and LaTeX: {folder}")


def compute(configuration: DictConfig, folder: Path, missing: dict[str, str]) -> list[Results]:
    """Evaluate the methods of a table on its data sets.

    Args:
        configuration: of the command.
        folder: gets a folder of results for each data set.
        missing: gets why a data set or a method has no scores.
    """
    lacking = {str(n): why for n, s in configuration.methods.items() if (why := weights_lacking(s))}
    if len(lacking) == len(configuration.methods):
        missing |= lacking
        return []
    methods = methods_of(configuration.methods, lacking_are_rows=True)
    found = []
    for name, settings in configuration.data_sets.items():
        try:
            data = build(settings)
            data.prepare_data()
            test_sets = dict(data.test_sets)
        except InputError as error:
            missing[str(name)] = str(error)
            continue
        results, _ = evaluate(
            methods,
            test_sets,
            data.protocol,
            folder / str(name),
            data_identity=identity_of_settings(OmegaConf.to_container(settings, resolve=True)),
            shown=configuration.shown,
        )
        found.append(results)
        for method, about in results.methods.items():
            if about["unavailable"]:
                missing[method] = about["unavailable"]
    return found


if __name__ == "__main__":
    main()
