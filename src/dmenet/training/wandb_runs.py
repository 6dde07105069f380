"""The end of a run of W&B; apart from the logging, since W&B is imported only where it is used."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ending_wandb_run() -> Iterator[None]:
    """End the block's run of W&B, if it made one; as failed if an exception leaves the block.

    Otherwise the next job of a sweep, in the same process, would log into this one's run.
    """
    try:
        yield
    except BaseException:
        _finish(exit_code=1)
        raise
    _finish(exit_code=0)


def _finish(exit_code: int) -> None:
    wandb = sys.modules.get("wandb")
    if wandb is not None and wandb.run is not None:
        wandb.finish(exit_code=exit_code)
