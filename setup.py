"""The build step: which folders are packages, and the pages' files built before they are copied into a wheel."""

import sys
import tomllib
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
FOLDERS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-dir"]

sys.path.insert(0, str(ROOT / "platform" / "runtime" / "frontend"))
import build_frontend  # noqa: E402  (found by the line above)


class BuildPagesToo(build_py):
    """Builds the front end before the files are collected."""

    def run(self) -> None:
        build_frontend.build()
        super().run()


def packages() -> list[str]:
    """Every import package of the distribution; a new subpackage needs no entry anywhere."""
    return [
        name
        for top, folder in FOLDERS.items()
        for name in (top, *(f"{top}.{sub}" for sub in find_packages(str(ROOT / folder))))
    ]


def node_if_needed() -> list[str]:
    """Node as a build requirement, only where something is to be built and the machine has none."""
    return [build_frontend.NODE_PACKAGE] if build_frontend.stale() and build_frontend.lacks_node() else []


if __name__ == "__main__":
    setup(packages=packages(), cmdclass={"build_py": BuildPagesToo}, setup_requires=node_if_needed())
