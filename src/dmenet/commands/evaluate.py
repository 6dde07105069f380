"""``dmenet evaluate``: score methods on the test sets of a data set, side by side."""

import signal
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.configuration import command
from dmenet.commands.hydra.methods import methods_of
from dmenet.evaluation import evaluate
from dmenet.evaluation.methods import identity_of_settings
from dmenet.files import replacing
from dmenet.reporting.means import columns_in_words, means_table, published_table


@command("evaluate")
def main(configuration: DictConfig) -> None:
    """Write a row per image, the means and figures; print the means and what was published."""
    folder = Path(HydraConfig.get().runtime.output_dir)
    methods = methods_of(configuration.estimator)
    data = build(configuration.data)
    data.prepare_data()
    try:
        results = evaluate(
            methods,
            data.test_sets,
            data.protocol,
            folder,
            data_identity=identity_of_settings(
                OmegaConf.to_container(configuration.data, resolve=True)
            ),
            save_maps=configuration.save_maps,
            shown=configuration.shown,
        )
    except KeyboardInterrupt:
        print(f"\nInterrupted: the same command with hydra.run.dir={folder} goes on from here.")
        raise SystemExit(128 + signal.SIGINT) from None
    table = means_table(results)
    with replacing(folder / "means.md") as temporary:
        temporary.write_text(table + "\n")
    print(f"\nMeans over images:\n\n{table}\n\n{columns_in_words(results)}\n")
    if published := published_table(results):
        print(f"Published on this data set, whole and as its authors split it:\n\n{published}\n")
    print(f"Rows per image, figures: {folder}")


if __name__ == "__main__":
    main()
