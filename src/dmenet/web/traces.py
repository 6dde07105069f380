"""What the page writes, it deletes. To be used before Gradio is imported, which reads it then."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_folder() -> Iterator[Path]:
    """The folder of all that Gradio writes, deleted at the end; no telemetry."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    with tempfile.TemporaryDirectory(prefix="dmenet-web-") as folder:
        os.environ["GRADIO_TEMP_DIR"] = folder
        yield Path(folder)
