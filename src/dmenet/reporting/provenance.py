"""With which program a result was made."""

import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

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
