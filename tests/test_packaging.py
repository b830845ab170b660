"""The rules of the house: packages, import direction, light imports, no path of a machine."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = ("solvers", "data", "surrogate", "pipelines")  # each may import from those before it
CLOCK = ("machine.py", "timing.py")  # of pipelines/: they ask torch for its device and settle its threads
HEAVY = {"torch", "numba", "xarray", "matplotlib", "scipy", "distributed"}


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def modules() -> list[Path]:
    return [path for folder in ORDER for path in sorted((ROOT / folder).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    """Absolute names of the modules that a file imports, relative ones resolved."""
    package = ["fieldgan", *path.relative_to(ROOT).parent.parts]
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*origin, *([node.module] if node.module else [])])
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return names


def test_every_package_on_disk_is_listed() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    on_disk = {path.parent.relative_to(ROOT) for folder in ORDER for path in (ROOT / folder).rglob("__init__.py")}
    assert set(listed) == {"fieldgan", *(".".join(("fieldgan", *path.parts)) for path in on_disk)}


def test_nothing_but_fieldgan_is_on_the_top_level(tmp_path: Path) -> None:
    code = f"import importlib.util as u; print(*(bool(u.find_spec(name)) for name in {('fieldgan', *ORDER)}))"
    found = subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert found.stdout.split() == ["True", *["False"] * len(ORDER)]
    assert {path.name for path in tracked("*.py") if path.parent == ROOT} == {"__init__.py", "__main__.py"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    own = ORDER.index(path.relative_to(ROOT).parts[0])
    names = imported(path)
    later = {f"fieldgan.{folder}" for folder in ORDER[own + 1 :]}
    assert not {name for name in names if ".".join(name.split(".")[:2]) in later}
    packages = {name.split(".")[0] for name in names}
    assert "torch" not in packages or ORDER[own] == "surrogate" or path.name in CLOCK
    assert ORDER[own] != "solvers" or not packages & {"xarray", "dask", "distributed", "pydantic"}
    relative = [name for name in ast.walk(ast.parse(path.read_text())) if isinstance(name, ast.ImportFrom)]
    assert all(node.level for node in relative if (node.module or "").split(".")[0] == "fieldgan")


def test_the_walk_over_imports_sees_relative_ones() -> None:
    assert "fieldgan.solvers.errors.UsageError" in imported(ROOT / "pipelines" / "config.py")
    assert "fieldgan.data.scenario.Scenario" in imported(ROOT / "data" / "scenarios" / "heat.py")


@pytest.mark.parametrize("statement", ["import fieldgan", "import fieldgan.pipelines.cli as c; c.call(['--help'])"])
def test_light_imports(statement: str) -> None:
    code = f"import sys; {statement}; print('LOADED', *sorted(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    loaded = shown.partition("LOADED")[2].split()
    assert "fieldgan" in loaded
    assert not HEAVY & set(loaded)


def test_public_names_resolve() -> None:
    import fieldgan

    assert all(getattr(fieldgan, name) is not None for name in fieldgan.__all__)
    with pytest.raises(AttributeError, match="solve_everything"):
        fieldgan.solve_everything  # noqa: B018


def test_constraints_pin_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    required = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[\[<>=~!; ]", line, maxsplit=1)[0] for line in required}
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    pinned = dict(line.split("==") for line in lines)
    assert {name.lower().replace("-", "_") for name in names} <= {name.lower().replace("-", "_") for name in pinned}
    assert not [version for version in pinned.values() if "+" in version or "/" in version]


def test_no_file_names_a_path_of_a_machine() -> None:
    leak = re.compile(r"(?<![\w.])/(?:work|farm|tmp|home|root|Users)/[A-Za-z_.]")
    texts = {path: path.read_text(encoding="utf-8", errors="replace") for path in tracked() if path.suffix != ".png"}
    assert texts
    assert not {str(path) for path, text in texts.items() if path != Path(__file__) and leak.search(text)}
