#!/usr/bin/env python3
"""The habits of this project, each one command from a fresh clone: `python3 dev.py demo | test | lint | types …`.

Standard library only, because it runs before anything is installed. What a command needs and the machine lacks
is installed once into `.venv` (pip and npm through whatever index the machine is set up for; a browser and fonts
through apt, on Debian as root); stamps of the files that decide make the second start quick.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "platform" / "runtime" / "frontend"))
import build_frontend  # noqa: E402  (found by the line above)

VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
CONSTRAINTS = ROOT / "constraints.txt"
EXTRAS = {"demo": "postgres,speed", "dev": "dev"}
DECIDES_WHAT_IS_INSTALLED = ("pyproject.toml", "constraints.txt", "setup.py")
STRICT_PACKAGES = ("formloom.metadata", "formloom.rbac", "formloom.importers")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DEBIAN_BROWSER = ("chromium", "fonts-wqy-microhei")
DEBIAN_DRIVER = ("libatomic1",)


def main(arguments: Sequence[str]) -> int:
    """The exit code of the command named first in `arguments`."""
    if sys.version_info < (3, 11):  # noqa: UP036  (the one file an older Python may be started with)
        raise SystemExit(f"Formloom needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    if arguments and arguments[0] in HABITS:
        habit, _ = HABITS[arguments[0]]
        set_up("dev", pages=habit in (test, bench, shots))
        return habit(arguments[1:])
    chosen = parser().parse_args(arguments)
    return demo(chosen.port, serve=not chosen.no_serve)


def parser() -> argparse.ArgumentParser:
    """The command line. Arguments of the habits are passed on as they are, so only `demo` has any here."""
    made = argparse.ArgumentParser(prog="dev.py", description="Formloom's habits; each sets up what it needs.")
    commands = made.add_subparsers(metavar="COMMAND", required=True)
    start = commands.add_parser("demo", help="set up a CRM with demo data and serve it on 127.0.0.1")
    start.add_argument("--port", type=int, default=8000)
    start.add_argument("--no-serve", action="store_true", help="stop before serving")
    for name, (_, text) in HABITS.items():
        commands.add_parser(name, help=text)
    return made


def demo(port: int, *, serve: bool) -> int:
    """Set up, install the CRM with its demo data once, print where it is and who can log in, and serve."""
    set_up("demo")
    with step("Preparing the database, the CRM and its demo data"):
        said = run(formloom("template", "install", "crm", "--demo"))
    sys.stdout.reconfigure(errors="replace")  # a terminal without Chinese shows the English half
    print(f"\n{said}", flush=True)
    if not serve:
        return 0
    address = f"http://127.0.0.1:{port}/"
    print(f"打开 {address} ，用上面任一账号和密码登录；按 Ctrl-C 结束。")
    print(f"Open {address} and sign in with any login and password above; Ctrl-C ends it.\n", flush=True)
    command = formloom("serve", "--host", "127.0.0.1", "--port", str(port))
    os.chdir(ROOT)
    os.execv(command[0], command)


def test(arguments: Sequence[str]) -> int:
    """Run pytest over all tests, on two processes unless told otherwise."""
    browser = find_or_install_browser()
    chosen = list(arguments) or ["-n", "2", "--dist", "worksteal"]
    return call([str(PYTHON), "-m", "pytest", *chosen], FORMLOOM_TEST_CHROMIUM=browser)


def lint(arguments: Sequence[str]) -> int:
    """Check style, then formatting; both are reported."""
    ruff = [str(PYTHON), "-m", "ruff"]
    return call([*ruff, "check", *arguments]) | call([*ruff, "format", "--check", *arguments])


def types(arguments: Sequence[str]) -> int:
    """Check the types of the packages that promise them."""
    packages = [part for name in STRICT_PACKAGES for part in ("-p", name)]
    return call([str(PYTHON), "-m", "mypy", *packages, *arguments])


def bench(arguments: Sequence[str]) -> int:
    """Print each budget beside what was measured."""
    return call([str(PYTHON), "-m", "tests.bench", *arguments])


def shots(arguments: Sequence[str]) -> int:
    """Take the screenshots."""
    browser = find_or_install_browser()
    return call([str(PYTHON), "-m", "tests.browser.shots", *arguments], FORMLOOM_TEST_CHROMIUM=browser)


def docs(arguments: Sequence[str]) -> int:
    """Write the reference."""
    return call([str(PYTHON), "-m", "docs.generate", *arguments])


def set_up(level: str, *, pages: bool = True) -> None:
    """Make `.venv` hold what `level` ("demo" or "dev") needs, build the pages, link the tree for type checkers."""
    create_environment()
    install_packages(level)
    if pages:
        build_pages()
    link_for_type_checkers()


def create_environment() -> None:
    """Make the virtual environment, anew when it was made by another Python or for another folder."""
    mark = VENV / "made-by"
    maker = f"{sys.version_info[0]}.{sys.version_info[1]} {ROOT}"
    if PYTHON.exists() and mark.is_file() and mark.read_text() == maker:
        return
    if importlib.util.find_spec("ensurepip") is None:
        apt_install(["python3-venv"], "Python's venv module")
    with step("Creating the virtual environment"):
        run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    mark.write_text(maker)


def install_packages(level: str) -> None:
    """Install the pinned packages and this project, editable, unless nothing that decides them has changed."""
    wanted = digest(DECIDES_WHAT_IS_INSTALLED)
    marks = {name: VENV / f"installed-{name}" for name in EXTRAS}
    enough = [level, "dev"]
    if any(marks[name].is_file() and marks[name].read_text() == wanted for name in enough):
        return
    with step("Installing Python packages"):
        node = [build_frontend.NODE_PACKAGE] if build_frontend.lacks_node() else []
        pip("setuptools", *node)
        build_with(PYTHON)
        pip("--no-build-isolation", "--editable", f".[{EXTRAS[level]}]")
    marks[level].write_text(wanted)


def build_pages() -> None:
    """Build scripts and styles, if stale."""
    if not build_frontend.stale():
        return
    with step("Building scripts and styles"):
        if build_frontend.lacks_node():
            pip(build_frontend.NODE_PACKAGE)
        build_with(PYTHON)


def build_with(python: Path) -> None:
    """Run the build in the environment, where a Node from PyPI is found."""
    run([str(python), build_frontend.__file__])


def link_for_type_checkers() -> None:
    """Make `.typing/formloom/…`, a tree of links under the import name: checkers cannot follow the mapping."""
    links = {path.name: path for path in (ROOT / "platform").iterdir() if path.suffix == ".py" or path.is_dir()}
    links |= {name: ROOT / name for name in ("importers", "templates_crm")}
    links.pop("__pycache__", None)
    tree = ROOT / ".typing" / "formloom"
    tree.mkdir(parents=True, exist_ok=True)
    (tree / "__init__.pyi").touch()
    for name, target in links.items():
        if not (tree / name).is_symlink():
            (tree / name).symlink_to(os.path.relpath(target, tree), target_is_directory=target.is_dir())


def digest(names: Sequence[str]) -> str:
    """A digest over the contents of files in the root."""
    return hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in names)).hexdigest()


def find_or_install_browser() -> str:
    """The path of a Chromium. Installs one and a Chinese font where apt can; otherwise ends with a sentence."""
    if find_browser() is None:
        apt_install(DEBIAN_BROWSER, "a Chromium (or set FORMLOOM_TEST_CHROMIUM to one)")
    if subprocess.run([str(PYTHON), "-m", "playwright", "--version"], capture_output=True, check=False).returncode:
        apt_install(DEBIAN_DRIVER, "what the browser's driver is linked with")
    found = find_browser()
    if found is None:
        raise SystemExit("Chromium was installed but is not on the path; set FORMLOOM_TEST_CHROMIUM to its file.")
    return found


def find_browser() -> str | None:
    """The browser named by FORMLOOM_TEST_CHROMIUM, or the first on the path."""
    named = os.environ.get("FORMLOOM_TEST_CHROMIUM")
    return named or next(filter(None, map(shutil.which, BROWSERS)), None)


def apt_install(packages: Sequence[str], what: str) -> None:
    """Install Debian packages. Ends with a sentence where that is not possible."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        raise SystemExit(f"This needs {what}. On Debian: `apt-get install {' '.join(packages)}` as root.")
    with step(f"Installing {' and '.join(packages)}"):
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        run([apt, "-qq", "update"], **quiet)
        run([apt, "-qq", "-y", "--no-install-recommends", "install", *packages], **quiet)


def formloom(*arguments: str) -> list[str]:
    """The command line of the application."""
    return [str(PYTHON), "-m", "formloom", *arguments]


def pip(*arguments: str) -> None:
    """Install into the environment, pinned, through the index this machine is set up for."""
    install = ["install", "-qq", "--disable-pip-version-check", "--constraint", str(CONSTRAINTS)]
    run([str(PYTHON), "-m", "pip", *install, *arguments])


def call(command: Sequence[str], **environment: str) -> int:
    """Run in the root with the terminal attached; the exit code."""
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False).returncode


def run(command: Sequence[str], **environment: str) -> str:
    """What a command run in the root prints; shown only if it fails, and then this ends too."""
    merged = {**os.environ, "PYTHONIOENCODING": "utf-8", **environment}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "encoding": "utf-8", "errors": "replace"}
    done = subprocess.run(command, cwd=ROOT, env=merged, check=False, **streams)
    if done.returncode:
        print("failed", flush=True)
        raise SystemExit(f"{done.stdout}\n`{' '.join(command)}` ended with {done.returncode}.")
    return done.stdout


@contextmanager
def step(text: str) -> Iterator[None]:
    """Say what takes long, and how long it took."""
    print(f"{text} … ", end="", flush=True)
    begun = time.monotonic()
    yield
    print(f"{time.monotonic() - begun:.1f} s", flush=True)


HABITS: dict[str, tuple[Callable[[Sequence[str]], int], str]] = {
    "test": (test, "run all tests; arguments go to pytest"),
    "lint": (lint, "check style and formatting"),
    "types": (types, "check types"),
    "bench": (bench, "measure against the budgets"),
    "shots": (shots, "take screenshots of every screen into shots/"),
    "docs": (docs, "write docs/reference/ anew from the program"),
}

if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
