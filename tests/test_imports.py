"""Imports point one way, and only few modules know Hydra, W&B or Lightning."""

import ast
from pathlib import Path

import dmenet

PACKAGE = Path(dmenet.__file__).parent
COMMANDS = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "errors", "units", "losses"}
"""What is typed after ``python -m dmenet.``: each a file of its own."""

# From the bottom up. A module may import what stands on its own line or below it.
LAYERS = [
    {"errors"},
    {"units"},
    {"networks"},
    {"data", "metrics", "losses", "weights"},
    {"training", "estimators", "synthesis", "reporting"},
    {"evaluation"},
    {"commands"},
    COMMANDS,
]
FRAMEWORKS = {"hydra", "omegaconf", "wandb", "pytorch_lightning", "lightning_fabric"}
MAY_USE_FRAMEWORKS = {"training", "data", "commands"}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            # `from dmenet import losses` imports a module of the package.
            names = [f"dmenet.{a.name}" for a in node.names] if node.module == "dmenet" else []
            found |= {*names, node.module or ""}
    return found


def layer_of(part: str) -> int:
    return next(i for i, parts in enumerate(LAYERS) if part in parts)


def test_imports_point_one_way() -> None:
    for path in PACKAGE.rglob("*.py"):
        part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if part == "__init__":
            continue
        for name in imports(path):
            if name.startswith("dmenet."):
                imported = name.split(".")[1]
                assert layer_of(imported) <= layer_of(part), f"{path} imports {name}"
            if name.split(".")[0] in FRAMEWORKS:
                assert part in MAY_USE_FRAMEWORKS, f"{path} imports {name}"


def test_albumentations_is_used_in_one_module() -> None:
    users = [p.name for p in PACKAGE.rglob("*.py") if "albumentations" in imports(p)]
    assert users == ["transforms.py"]


def test_instantiation_is_called_in_one_module_only() -> None:
    users = [p.name for p in PACKAGE.rglob("*.py") if "hydra.utils" in imports(p)]
    assert users == ["building.py"]
