"""The folder `platform/` shares its name with a standard module; it must neither hide it nor miss from a build."""

import importlib.util
import platform
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from setuptools import Distribution

from tests.architecture.tree import FRONTEND, ROOT, sources

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NOT_SHIPPED = {".py", ".pyc"}


def test_the_standard_library_keeps_its_platform_module():
    asked = subprocess.run(
        [sys.executable, "-c", "import platform, uuid; print(platform.system())"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert asked.stdout.strip() == platform.system() != ""
    assert not (ROOT / "platform" / "__init__.py").exists()


def test_the_import_name_is_mapped_to_the_folders():
    assert PYPROJECT["tool"]["setuptools"]["package-dir"] == {
        "formloom": "platform",
        "formloom.importers": "importers",
        "formloom.templates_crm": "templates_crm",
    }


def test_every_folder_with_python_is_a_package_that_is_built(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    built = set(distribution().packages)
    modules = {source.package for source in sources()}

    assert modules - built == set()


def test_every_file_beside_the_python_is_built(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    built = set(described_files())
    needed = {
        path.relative_to(ROOT).as_posix()
        for folder in ("platform", "importers", "templates_crm")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix not in NOT_SHIPPED and FRONTEND not in path.parents
    }

    assert needed - built == set()


def described_files() -> list[str]:
    """The files beside the Python that a wheel would hold, relative to the root."""
    build = distribution().get_command_obj("build_py")
    build.ensure_finalized()
    return [(Path(folder) / name).as_posix() for _, folder, _, names in build.data_files for name in names]


def distribution() -> Distribution:
    """The distribution as `setup.py` and `pyproject.toml` describe it; to be called in the root."""
    spec = importlib.util.spec_from_file_location("formloom_setup", ROOT / "setup.py")
    setup = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(setup)
    described = Distribution({"packages": setup.packages()})
    described.parse_config_files()
    return described
