"""What the page writes, it deletes. To be used before Gradio is imported, which reads it then."""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType


@contextmanager
def own_folder() -> Iterator[Path]:
    """The folder of all that Gradio writes; deleted at the end, at SIGTERM too. No telemetry."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        with tempfile.TemporaryDirectory(prefix="dmenet-web-") as folder:
            os.environ["GRADIO_TEMP_DIR"] = folder
            yield Path(folder)
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
