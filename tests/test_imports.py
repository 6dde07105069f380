"""Imports point one way, and only few modules know Hydra, W&B or Lightning."""

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import dmenet

PACKAGE = Path(dmenet.__file__).parent

# From the bottom up. A module may import what stands on its own line or below it.
LAYERS = [
    {"allocator", "errors", "files", "losses", "ranges", "run_file", "sample", "tiles", "units"},
    {"images", "networks"},
    {"data", "metrics", "weights"},
    {"estimators", "synthesis"},
    {"restoration"},
    {"api", "evaluation", "reporting", "training"},
    {"commands", "web"},
    {"__init__", "__main__"},
]
SYNTHESIS = ["readers", "rendering", "released", "scenes", "layouts"]
"""From the bottom up; a folder imports those before it. The modules beside them import any."""

FRAMEWORKS = {"hydra", "omegaconf", "wandb", "pytorch_lightning", "lightning_fabric"}
MAY_USE_FRAMEWORKS = {"training", "data", "commands"}


@cache
def modules() -> dict[str, Path]:
    """Files by the name of their module, such as ``dmenet.data.data_set_module``."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return {
        ".".join(("dmenet", *path.relative_to(PACKAGE).with_suffix("").parts)): path
        for path in paths
    }


@cache
def imports(path: Path) -> set[str]:
    """Names of the imported modules; of the package, also of functions in them."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            # `from dmenet.images import photographs` imports a module of the package.
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {node.module or "", *(names & modules().keys())}
    return found


def layer_of(part: str) -> int:
    layers = [number for number, parts in enumerate(LAYERS) if part in parts]
    assert layers, f"{part}: in no layer"
    return layers[0]


def part_of(module: str) -> str:
    return [*module.split("."), "__init__"][1]


def test_imports_point_one_way() -> None:
    for module, path in modules().items():
        part = part_of(module)
        for name in imports(path):
            if name.startswith("dmenet."):
                assert layer_of(part_of(name)) <= layer_of(part), f"{path} imports {name}"
            if name.split(".")[0] in FRAMEWORKS:
                assert part in MAY_USE_FRAMEWORKS, f"{path} imports {name}"


def folder_of(module: str) -> str:
    """The folder that a module lies in; a package's own name is the folder."""
    is_folder = (PACKAGE.parent / module.replace(".", "/")).is_dir()
    return module if is_folder else module.rpartition(".")[0]


def test_no_circle_between_folders() -> None:
    graph: dict[str, set[str]] = {}
    for module, path in modules().items():
        folder = folder_of(module)
        others = {folder_of(name) for name in imports(path) if name.startswith("dmenet.")}
        graph.setdefault(folder, set()).update(others - {folder, "dmenet"})
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


def test_synthesis_is_built_from_the_bottom_up() -> None:
    for module, path in modules().items():
        own = [*module.split("."), "", ""][2]
        if module.startswith("dmenet.synthesis.") and own in SYNTHESIS:
            allowed = SYNTHESIS[: SYNTHESIS.index(own) + 1]
            for name in imports(path):
                if name.startswith("dmenet.synthesis."):
                    assert name.split(".")[2] in allowed, f"{path} imports {name}"


def test_albumentations_is_used_in_one_module() -> None:
    users = [p.name for p in PACKAGE.rglob("*.py") if "albumentations" in imports(p)]
    assert users == ["augmentation.py"]


def test_instantiation_is_called_in_one_module_only() -> None:
    users = [p.name for p in PACKAGE.rglob("*.py") if "hydra.utils" in imports(p)]
    assert users == ["building.py"]
