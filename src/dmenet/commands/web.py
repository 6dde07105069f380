"""``dmenet web``: a page to try it, on this machine alone."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from annotated_types import Interval
from omegaconf import DictConfig

from dmenet.commands.hydra.chosen_methods import methods_of
from dmenet.commands.hydra.configuration import command
from dmenet.commands.hydra.setting_checks import SeveralBuilt
from dmenet.errors import UnavailableError
from dmenet.networks.precision import Precision
from dmenet.networks.scales import Scales
from dmenet.ranges import Count


@command(
    "web",
    estimator=SeveralBuilt,
    weights=str | None,
    precision=Precision,
    scales=Scales,
    host=str,
    port=Annotated[int, Interval(ge=0, le=65535)],
    upload_limit_mb=Count,
)
def main(configuration: DictConfig) -> None:
    """Serve the page until Ctrl-C; nothing of it stays on the disk."""
    if find_spec("gradio") is None:
        raise UnavailableError("the page needs Gradio: pip install 'dmenet[web]'")
    with own_folder() as folder:
        from dmenet.web.server import application, listen, serve

        methods = {method.name: method.make for method in methods_of(configuration.estimator)}
        app = application(methods, configuration.upload_limit_mb, folder)
        with listen(configuration.host, configuration.port) as listening:
            host, port = listening.getsockname()[:2]
            print(f"http://{host}:{port} shows the page; Ctrl-C ends it", flush=True)
            serve(app, listening)


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder for all that Gradio writes, deleted at the end; without Gradio's telemetry.

    Gradio reads both when it is imported, which must come after this.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    with tempfile.TemporaryDirectory(prefix="dmenet-web-") as folder:
        os.environ["GRADIO_TEMP_DIR"] = folder
        yield Path(folder)


if __name__ == "__main__":
    main()
