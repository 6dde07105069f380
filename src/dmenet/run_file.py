"""``run.json``: the one file in which a run says what it is, how far it is and how it went.

Its sections, each of which may be missing:

- ``about``: the row of Table 5, how S is built, the seed, loss weights.
- ``settings``: those that decide what the run computes, flat.
- ``finished``: that it has reached its end: ``end`` (what was asked for), ``epochs``,
  ``steps``, ``objective``.
- ``job``: how it went as a job of a multirun: ``state``, ``overrides``, and ``error`` if it failed.
- ``wandb_id``: of the run of W&B that is continued.
"""

import json
from pathlib import Path
from typing import Any

from dmenet.errors import InputError
from dmenet.files import make_folder, replacing

RUN_FILE = "run.json"


def read_run(folder: Path) -> dict[str, Any]:
    """The sections of a run's file; none if there is no file.

    Raises:
        InputError: the file cannot be read, or is not as this version writes it.
    """
    path = folder / RUN_FILE
    try:
        sections = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be read ({error}). Restore it, or delete the folder to start anew"
        ) from error
    if not isinstance(sections, dict) or not all(
        name == "wandb_id" or isinstance(section, dict) for name, section in sections.items()
    ):
        raise InputError(
            f"{path}: was written by another version of dmenet, or is damaged: expected sections "
            "with values by name. Use the version that trained this run, or another folder"
        )
    return sections


def update_run(folder: Path, **sections: Any) -> None:
    """Write sections of a run's file anew; those that are None are dropped, others stay."""
    content = {**read_run(folder), **sections}
    make_folder(folder)
    with replacing(folder / RUN_FILE) as temporary:
        kept = {name: section for name, section in content.items() if section is not None}
        temporary.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
