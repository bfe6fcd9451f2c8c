"""How the code hangs together: layers, quick imports, no code from data, and nothing tied to one machine."""

import ast
import re
import subprocess
import sys
import tomllib

import pytest

from tests.places import ROOT

SOURCES = sorted([*(ROOT / "sim").rglob("*.py"), *(ROOT / "calibration").rglob("*.py")])
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_MODULES = {"pickle", "dill", "shelve", "joblib", "yaml", "random"}


def imported_by(code: str) -> set[str]:
    """Run code in a fresh interpreter and list the packages that it loaded."""
    script = f"{code}\nimport sys\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(found.stdout.split())


def test_import_contracts_hold() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_import_and_help_are_quick() -> None:
    """Seen by what they load, which does not depend on how busy the machine is."""
    heavy = {"numpy", "scipy", "xarray", "matplotlib", "pydantic", "netCDF4", "simpy", "jinja2"}
    assert not heavy & imported_by("import sim")
    assert not heavy & imported_by("import sim.cli")


def test_the_engine_needs_numpy_scipy_and_simpy_alone() -> None:
    loaded = imported_by("import sim.engine.solvers.families")
    assert not loaded & {"xarray", "matplotlib", "pydantic", "pandas", "ruamel", "typer", "rich"}


def test_simulating_does_not_load_the_drawing_library() -> None:
    assert "matplotlib" not in imported_by("import sim; sim.load, sim.simulate, sim.summarise, sim.build, sim.expect")


def test_the_application_is_served_without_the_drawing_library() -> None:
    """Figures are drawn by its worker processes; the address is there as soon as the study is read."""
    assert "matplotlib" not in imported_by("import sim.app.pages.server")


def test_public_names_are_found_and_others_named() -> None:
    import sim

    assert set(dir(sim)) == set(sim.__all__)
    for name in sim.__all__:
        assert getattr(sim, name) is not None
    with pytest.raises(AttributeError, match=r"no attribute 'simulat'; it has .*ModelError, .*simulate"):
        sim.simulat  # noqa: B018


def test_no_code_from_data_and_no_global_draws() -> None:
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
                found.append(f"{path}:{node.lineno}: {node.func.id}")
            found += [f"{path}:{node.lineno}: {n}" for n in names if n.split(".")[0] in FORBIDDEN_MODULES]
    assert found == []


def test_files_stay_readable() -> None:
    unfinished, machine = r"\b(TODO|FIXME|XXX|NotImplementedError)\b", r"[\"'](/tmp|/root|/home|/work)/"
    texts = {path: path.read_text(encoding="utf-8") for path in SOURCES}
    assert [path for path, text in texts.items() if re.search(unfinished, text) or re.search(machine, text)] == []


def test_version_is_said_once_more_only_in_the_citation() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"version: {project['version']}" in (ROOT / "CITATION.cff").read_text()
