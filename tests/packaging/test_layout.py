"""One import name: every folder is linked, and no module can be loaded twice."""

import ast
import importlib
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = ("actions", "api", "applications", "cli", "client", "migrations", "processor", "schema")
SKIPPED = {".venv", "build", "dist", "src"}


def sources() -> list[Path]:
    return [
        path
        for path in ROOT.rglob("*.py")
        if not SKIPPED.intersection(path.relative_to(ROOT).parts)
        and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    ]


@pytest.mark.parametrize("layer", LAYERS)
def test_layer_is_a_link_to_the_folder_of_its_name(layer: str) -> None:
    link = ROOT / "src" / "pgswarm" / layer
    assert link.is_symlink()
    assert link.resolve(strict=True) == ROOT / layer
    assert (link / "__init__.py").is_file()


def test_nothing_but_the_layers_is_in_the_package() -> None:
    found = {path.name for path in (ROOT / "src" / "pgswarm").iterdir() if path.name != "__pycache__"}
    assert found == {*LAYERS, "__init__.py", "py.typed"}


def test_every_package_says_what_it_is() -> None:
    missing = [
        str(folder.relative_to(ROOT))
        for layer in LAYERS
        for folder in {path.parent for path in (ROOT / layer).rglob("*.py")}
        if not (folder / "__init__.py").is_file() and folder != ROOT / "migrations" / "versions"
    ]
    assert missing == []


@pytest.mark.parametrize("layer", LAYERS)
def test_what_a_layer_exports_is_hidden_by_none_of_its_modules(layer: str) -> None:
    package = importlib.import_module(f"pgswarm.{layer}")
    modules = {path.stem for path in (ROOT / layer).iterdir() if path.is_dir() or path.suffix == ".py"}
    for name in modules.intersection(getattr(package, "__all__", ())):
        importlib.import_module(f"pgswarm.{layer}.{name}")
        assert not isinstance(getattr(package, name), ModuleType)


@pytest.mark.parametrize("layer", LAYERS)
def test_bare_import_of_a_layer_finds_nothing(layer: str) -> None:
    found = importlib.util.find_spec(layer)
    if found is not None:  # the tests' own folder of that name, as a namespace in which nothing of the layer is
        assert set(found.submodule_search_locations or ()) == {str(ROOT / "tests" / layer)}


def test_no_source_imports_a_layer_by_its_bare_name() -> None:
    bare = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Import(names=names):
                    roots = [alias.name.split(".")[0] for alias in names]
                case ast.ImportFrom(module=str(module), level=0):
                    roots = [module.split(".")[0]]
                case _:
                    continue
            bare += [f"{path.relative_to(ROOT)}:{node.lineno}" for root in roots if root in LAYERS]
    assert bare == []
