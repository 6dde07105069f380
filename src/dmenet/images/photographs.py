"""Photographs of which nothing is known, and those that come with the installed packages."""

from importlib.resources import files
from pathlib import Path

from dmenet.images.reading import read_image
from dmenet.sample import Sample

UNLABELLED = (
    ("skimage.data", "astronaut.png"),
    ("skimage.data", "brick.png"),
    ("skimage.data", "camera.png"),
    ("skimage.data", "coffee.png"),
    ("skimage.data", "coins.png"),
    ("skimage.data", "grass.png"),
    ("skimage.data", "gravel.png"),
    ("skimage.data", "rocket.jpg"),
    ("sklearn.datasets.images", "china.jpg"),
)
"""Trained on, without labels; of scikit-image and scikit-learn."""

HELD_OUT = (("sklearn.datasets.images", "flower.jpg"), ("skimage.data", "chelsea.png"))
"""With shallow depth of field, and never trained on."""

EXAMPLES = (*HELD_OUT, ("skimage.data", "astronaut.png"), ("skimage.data", "coffee.png"))
"""What the demo and the page show."""


def paths(names: tuple[tuple[str, str], ...]) -> list[Path]:
    """Where the photographs lie in this installation."""
    return [Path(str(files(package).joinpath(name))) for package, name in names]


def read_photograph(path: Path) -> Sample:
    """A photograph of which nothing is known."""
    return {"name": path.stem, "image": read_image(path)}
