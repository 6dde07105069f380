"""The folder of an evaluation's results: written here, and read by all reports.

- ``per_image.csv``: ``method``, ``set``, ``image``, a column for each metric of the protocol, and
  ``seconds`` that the method took;
- ``means.csv``: ``set``, ``method``, the means, the metrics that only a whole set has, ``seconds``
  an image, and ``note``: why a method has no scores, else empty;
- ``result.json``: what was compared and by which rules (see ``Results``).

A value that does not exist is empty in CSV and nan in Python.
"""

import csv
import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from dmenet.errors import InputError
from dmenet.files import make_folder, replacing
from dmenet.reporting.text_tables import Row, write_csv

PER_IMAGE = "per_image.csv"
MEANS = "means.csv"
DESCRIPTION = "result.json"
FORMAT = 1
OLDER = "Was it written by another version of dmenet? Evaluate again, or use that version"

_WORDS = ("method", "set", "image", "note")


@dataclass(frozen=True)
class Results:
    """Scores of methods on test sets.

    Attributes:
        per_image: rows of ``per_image.csv``.
        means: rows of ``means.csv``.
        protocol: what the protocol says of itself: ``name``, ``settings`` (units, thresholds and so
            on) and ``columns`` (each metric in words).
        methods: by name: ``identity`` (class, settings, weights with their SHA-256), ``range_px``,
            ``seconds_per_image`` by set, ``unavailable`` (why it has no scores, else null) and
            ``versions`` under which it was scored.
        data: ``identity`` (the data set's settings) and ``sets``: of each the number of its images
            and a digest of their pixels and truths.
        versions: of the program that wrote the folder: packages, and the git commit if it is known.
    """

    per_image: Sequence[Row]
    means: Sequence[Row]
    protocol: Mapping[str, Any]
    methods: Mapping[str, Mapping[str, Any]]
    data: Mapping[str, Any]
    versions: Mapping[str, Any]

    def mean(self, set_name: str, method: str) -> dict[str, float]:
        """The row of ``means.csv`` as numbers; empty if the method has no scores on the set."""
        for row in self.means:
            if (row["set"], row["method"]) == (set_name, method) and not row["note"]:
                return {key: float(row[key]) for key in row if key not in _WORDS}
        return {}

    def values(self, set_name: str, method: str, metric: str) -> dict[str, float]:
        """A metric of each image of a set, by the image's name."""
        return {
            str(row["image"]): float(row[metric])
            for row in self.per_image
            if (row["set"], row["method"]) == (set_name, method) and metric in row
        }


def write_results(folder: Path, results: Results) -> None:
    """Write the three files; ``result.json``, written last, says that the folder is whole."""
    make_folder(folder)
    columns = list(results.protocol["columns"])
    kept = [name for name in columns if any(name in row for row in results.per_image)]
    head = ("method", "set", "image", *kept, "seconds")
    write_csv(folder / PER_IMAGE, results.per_image, head)
    write_csv(folder / MEANS, results.means, ("set", "method", *columns, "seconds", "note"))
    description = {
        "format": FORMAT,
        "protocol": results.protocol,
        "methods": results.methods,
        "data": results.data,
        "versions": results.versions,
    }
    with replacing(folder / DESCRIPTION) as temporary:
        temporary.write_text(json.dumps(description, indent=2, ensure_ascii=False) + "\n", "utf-8")


def read_results(folder: Path) -> Results:
    """Read what ``write_results`` wrote.

    Raises:
        InputError: the folder has no results, or they are damaged or of another version.
    """
    expected = "Expected a folder that `dmenet evaluate` wrote"
    if not (folder / DESCRIPTION).is_file():
        raise InputError(f"{folder}: has no {DESCRIPTION}. {expected}, to its end")
    try:
        description = json.loads((folder / DESCRIPTION).read_text("utf-8"))
        version = description["format"]
        if version != FORMAT:
            raise InputError(
                f"{folder / DESCRIPTION}: format {version}. Expected {FORMAT}. {OLDER}"
            )
        results = Results(
            per_image=_read_csv(folder / PER_IMAGE, ("method", "set", "image")),
            means=_read_csv(folder / MEANS, ("set", "method", "note")),
            **{key: description[key] for key in ("protocol", "methods", "data", "versions")},
        )
        for key in ("name", "settings", "columns"):
            results.protocol[key]
        for about in results.data["sets"].values():
            about["images"]
        return results
    except (OSError, KeyError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        what = f"it has no {error}" if isinstance(error, KeyError) else error
        raise InputError(
            f"{folder / DESCRIPTION}: cannot be read ({what}). {expected}. {OLDER}"
        ) from error


def _read_csv(path: Path, words: Sequence[str]) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if rows and (lacking := {*words} - rows[0].keys()):
        raise InputError(f"{path}: has no column {', '.join(sorted(lacking))}. {OLDER}")
    return [
        {key: value if key in _WORDS else _number(value, path) for key, value in row.items()}
        for row in rows
    ]


def _number(text: str | None, path: Path) -> float:
    try:
        return float(text) if text else float("nan")
    except ValueError as error:
        raise InputError(f"{path}: {text!r} where a number is expected; is it damaged?") from error


PACKAGES = ("dmenet", "torch", "torchmetrics", "numpy", "scipy", "opencv-python-headless")
"""Those whose version can change a score."""


@cache
def versions() -> dict[str, str | None]:
    """Python's version, those of ``PACKAGES``, and the ``git_commit`` of a checkout.

    The commit ends with "+" where files under version control differ from it, and is None where the
    package does not lie in a checkout.
    """
    found: dict[str, str | None] = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return {**found, "git_commit": _git_commit()}


def _git_commit() -> str | None:
    # A package that is installed among others may lie in somebody else's checkout.
    root = Path(__file__).parents[3]
    if not (root / ".git").exists():
        return None
    commit = _git(root, "rev-parse", "HEAD")
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    return commit and commit + ("+" if changed else "")


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
