"""The commands: compose the configuration, call, report."""

import sys
from types import TracebackType


def _without_traceback_if_interrupted(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Show no traceback of Ctrl-C while modules are still imported, which takes seconds."""
    if issubclass(kind, KeyboardInterrupt):
        print("\ninterrupted", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, traceback)


if sys.excepthook is sys.__excepthook__:
    sys.excepthook = _without_traceback_if_interrupted
