"""``dmenet evaluate``: score methods on the test sets of a data set, side by side."""

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from dmenet.allocator import keep_freed_memory
from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.chosen_methods import methods_of, refuse_unused
from dmenet.commands.hydra.configuration import command
from dmenet.commands.hydra.interruption import says_how_to_resume
from dmenet.commands.hydra.setting_checks import SeveralBuilt
from dmenet.errors import InputError
from dmenet.evaluation import evaluate
from dmenet.evaluation.methods import identity_of_settings
from dmenet.files import replacing
from dmenet.ranges import Count, Positive, Whole
from dmenet.reporting.means import columns_in_words, means_table, published_tables


@command(
    "evaluate",
    estimator=SeveralBuilt,
    weights=str | None,
    tile=Count | None,
    save_maps=bool,
    shown=Whole,
    shown_up_to_px=Positive | None,
)
def main(configuration: DictConfig) -> None:
    """Write a row per image, the means and figures; print the means and what was published."""
    keep_freed_memory()
    folder = Path(HydraConfig.get().runtime.output_dir)
    refuse_unused(configuration)
    methods = methods_of(configuration.estimator)
    with says_how_to_resume(folder):
        data = build(configuration.data)
        if data.protocol is None:
            raise InputError("data.protocol=null: expected how the data set is scored")
        data.prepare_data()
        results, figures = evaluate(
            methods,
            data.test_sets,
            data.protocol,
            folder,
            data_identity=identity_of_settings(
                OmegaConf.to_container(configuration.data, resolve=True)
            ),
            save_maps=configuration.save_maps,
            shown=configuration.shown,
            shown_up_to_px=configuration.shown_up_to_px,
        )
    table = means_table(results)
    with replacing(folder / "means.md") as temporary:
        temporary.write_text(table + "\n")
    print(f"\nMeans over images:\n\n{table}\n\n{columns_in_words(results)}\n")
    if published := published_tables(results):
        print(f"{published}\n")
    print(f"Rows per image{', figures' if figures else ''}: {folder}")


if __name__ == "__main__":
    main()
