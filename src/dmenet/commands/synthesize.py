"""``dmenet synthesize``: photographs with known defocus from scenes with known depth."""

import sys
from typing import Literal

from omegaconf import DictConfig, OmegaConf

from dmenet.commands.hydra.building import build
from dmenet.commands.hydra.configuration import command
from dmenet.commands.hydra.inputs import path_of
from dmenet.commands.hydra.interruption import status_of
from dmenet.errors import InputError
from dmenet.ranges import Count, Whole
from dmenet.synthesis.generation import Recipe, generate, job_blocks, summary
from dmenet.synthesis.layouts.layout import SKIPPED, Layout, claim, writing_into

IDENTITY = ("source", "camera", "renderer", "sensor", "layout", "seed")
"""The settings that decide what image n is. The count and the number of jobs may change."""

PARTS = ("source", "camera", "renderer", "sensor")
MOST_NAMED = 20


@command(
    "synthesize",
    count=Count,
    seed=Whole,
    shards=Count,
    shard=Whole,
    on_error=Literal["stop", "skip"],
)
def main(configuration: DictConfig) -> None:
    """Make what is missing of this job's share of a data set."""
    layout: Layout = build(configuration.layout)
    parts = {part: build(configuration[part]) for part in PARTS}
    recipe = Recipe(**parts, seed=configuration.seed)
    blocks = job_blocks(
        configuration.count, layout.images_per_block, configuration.shards, configuration.shard
    )
    output = path_of(configuration.output, "output")
    resolved = OmegaConf.to_container(configuration, resolve=True)
    assert isinstance(resolved, dict)
    with writing_into(output):
        claim(output, layout.describe(), {key: resolved[key] for key in IDENTITY})
    try:
        outcome = generate(
            output, layout, recipe, blocks, skip_faulty=configuration.on_error == "skip"
        )
    except KeyboardInterrupt as interrupt:
        print(
            f"Interrupted. What is finished in {output} is kept; the same command makes the rest",
            file=sys.stderr,
        )
        raise SystemExit(status_of(interrupt)) from interrupt
    print(f"{output}: {summary(outcome)}")
    if outcome.made:
        print(f"Look at it with: dmenet contact_sheet folder={output}")
    if outcome.skipped:
        named = "\n".join(map(str, outcome.skipped[:MOST_NAMED]))
        rest = len(outcome.skipped) - MOST_NAMED
        raise InputError(
            f"{len(outcome.skipped)} images could not be made, see {output / SKIPPED}:\n{named}"
            + (f"\nand {rest} more" if rest > 0 else "")
        )


if __name__ == "__main__":
    main()
