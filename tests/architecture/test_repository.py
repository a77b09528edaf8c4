"""What is checked in holds on any machine: no addresses of registries, no paths of somebody's disk."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import FRONTEND, ROOT

REGISTRIES = ("registry.npm", "pypi.org", "pythonhosted.org", "npmmirror", "/simple/", "index-url")
DISKS = re.compile(r"(?<![\w./-])/(?:work|root|home/\w+|Users/\w+)/")
THIS = Path(__file__).resolve()


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Every checked-in text file but this one, which has to name what it forbids."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a clone")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    paths = [ROOT / name for name in listed.decode().split("\0") if name]
    return [path for path in paths if path.is_file() and path != THIS and b"\0" not in path.read_bytes()[:8000]]


def test_no_file_names_a_registry_or_a_path_of_one_machine(tracked: list[Path]):
    offending = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in tracked
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if any(name in line for name in REGISTRIES) or DISKS.search(line)
    ]

    assert offending == []


def test_the_lockfile_has_hashes_and_no_addresses():
    lock = json.loads((FRONTEND / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}

    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if not entry.get("integrity")] == []


def test_the_front_end_pins_exact_versions():
    about = json.loads((FRONTEND / "package.json").read_text())
    asked = about["dependencies"] | about["devDependencies"]

    assert [f"{name} {version}" for name, version in asked.items() if not version[0].isdigit()] == []


def test_constraints_pin_every_dependency_without_addresses():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]

    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []
    assert asked_for() - {_normal(line.split("==")[0]) for line in pins} == {"formloom"}


def test_the_changelog_speaks_of_this_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert newest is not None and newest[1] == version


def test_the_two_readmes_have_the_same_sections():
    def shape(name: str) -> list[str]:
        text = (ROOT / name).read_text(encoding="utf-8")
        return [
            line.split(" ")[0]
            for line in re.sub(r"```.*?```", "", text, flags=re.S).splitlines()
            if line[:1] == "#"
        ]

    assert shape("README.md") == shape("README.zh-CN.md")


def asked_for() -> set[str]:
    """The names of everything pyproject.toml depends on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    return {_normal(re.split(r"[\[<>=!; ]", each)[0]) for each in asked}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
