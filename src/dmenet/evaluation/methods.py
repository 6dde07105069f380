"""The methods that are compared, made when their turn comes."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dmenet.estimators import Estimator


@dataclass(frozen=True)
class Method:
    """An estimator to be made, under the name that it has in tables.

    Attributes:
        name: in tables and folders.
        make: makes the estimator. It is not called where all images have been scored before; if it
            raises ``UnavailableError``, the method becomes a row that says why.
        identity: what decides its answers, as JSON values: class, settings, weights. Scores in a
            folder are taken over from a method of equal identity; an empty one equals none.
    """

    name: str
    make: Callable[[], Estimator]
    identity: Mapping[str, Any] = field(default_factory=dict)


def weights_identity(path: Path) -> dict[str, str]:
    """A file by its content: ``file``, its name, and ``sha256``."""
    with path.open("rb") as file:
        return {"file": path.name, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def identity_of_settings(settings: Any) -> Any:
    """Settings with every path to an existing file replaced by ``weights_identity``.

    Args:
        settings: JSON values, nested.
    """
    if isinstance(settings, Mapping):
        return {str(key): identity_of_settings(value) for key, value in settings.items()}
    if isinstance(settings, list | tuple):
        return [identity_of_settings(value) for value in settings]
    if isinstance(settings, str) and _is_file(settings):
        return weights_identity(Path(settings).expanduser())
    return settings


def _is_file(text: str) -> bool:
    try:
        return Path(text).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):  # too long, or no path at all
        return False
