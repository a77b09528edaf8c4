"""Backups: one file with a consistent copy of the database, the files its rows refer to, and a manifest that says
what they must hash to.

A copy is made by the database itself: copying a SQLite file would miss what its log holds. Restoring checks all of
it beside the live data first and then switches in one step; the data it replaces is kept under another name.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from ..metadata import doctor, store, system_tables
from ..metadata.database import Database
from ..metadata.errors import SetupError
from ..rbac.tables import sessions, users
from .files import packing
from .files.opening import open_store
from .files.store import key_of
from .settings import Settings
from .site import TABLE_MODULES, Site

FORMAT = 2
MANIFEST, CONTENT = "manifest.json", "database"
CHUNK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    kind: str
    made_at: str
    schema: int
    catalog: int
    size: int
    sha256: str
    files: int = 0
    files_sha256: str = ""
    files_lost: int = 0
    """Contents that rows referred to and the store had not, when the backup was made."""


@dataclass(frozen=True)
class Unpacked:
    """A backup that was found whole: what it says of itself, its database, and the sizes of its contents."""

    manifest: Manifest
    copy: Path
    contents: Mapping[str, int]


def make_backup(site: Site, out: Path) -> Manifest:
    """Write a backup of the running or idle site to `out`, which must not exist. Raises SetupError."""
    if out.exists():
        raise SetupError("backup.exists", file=str(out))
    with tempfile.TemporaryDirectory(dir=out.parent if out.parent.is_dir() else None) as folder:
        copy = Path(folder) / CONTENT
        with site.database.reading() as conn:
            catalog = store.current_version(conn)
        _copy_out(site.database, copy)
        # After the copy was made: whatever it refers to is here, and stays for a day at least.
        with site.database.reading() as conn:
            wanted = packing.referred(conn)
        whole = Path(folder) / "whole"
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(copy, CONTENT)
            files_sha256, lost = packing.pack(archive, site.files, wanted)
            manifest = Manifest(
                format=FORMAT,
                kind="sqlite" if site.database.is_sqlite else "postgresql",
                made_at=datetime.now(UTC).isoformat(timespec="seconds"),
                schema=system_tables.SCHEMA_VERSION,
                catalog=catalog,
                size=copy.stat().st_size,
                sha256=_hash(copy),
                files=len(wanted) - len(lost),
                files_sha256=files_sha256,
                files_lost=len(lost),
            )
            archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=2))
        try:
            shutil.move(whole, out)
        except OSError as error:
            out.unlink(missing_ok=True)
            raise SetupError("backup.unwritable", file=str(out), reason=error.strerror or "") from error
    return manifest


def _copy_out(database: Database, copy: Path) -> None:
    if database.is_sqlite:
        _tell(Path(database.url.database or ""), "VACUUM INTO ?", str(copy))
    else:
        _run(database, ["pg_dump", "--format=custom", "--no-owner", f"--file={copy}"])


def _tell(file: Path, statement: str, *values: str) -> None:
    """Give a SQLite file a statement that no transaction may be around."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(statement, values)


def _run(database: Database, command: Sequence[str]) -> None:
    """Run one of PostgreSQL's own programs on the database. The password goes by the environment, not the list."""
    url = database.url
    program = shutil.which(command[0])
    if program is None:
        raise SetupError("backup.program", program=command[0])
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = {**os.environ, "PGPASSWORD": url.password or ""}
    done = subprocess.run(
        [program, *command[1:], f"--dbname={address}"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SetupError("backup.failed", program=command[0], reason=done.stderr.strip().split("\n")[0][:300])


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            digest.update(block)
    return digest.hexdigest()


def unpack(file: Path, folder: Path) -> Unpacked:
    """The backup, checked; its database's copy is put into `folder`. Raises SetupError for anything but a whole
    one.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = _read_manifest(archive.read(MANIFEST), file)
            contents = packing.listed_in(archive, manifest.files_sha256) if manifest.files_sha256 else {}
            _require_members(archive, manifest, contents, file)
            copy = folder / CONTENT
            with archive.open(CONTENT) as source, copy.open("wb") as target:
                shutil.copyfileobj(source, target, CHUNK)
            bad = next(packing.spoiled(archive, contents), None)
    except (OSError, zipfile.BadZipFile, EOFError, NotImplementedError, KeyError, ValueError) as error:
        raise SetupError("backup.invalid", file=str(file), reason=type(error).__name__) from error
    if copy.stat().st_size != manifest.size or _hash(copy) != manifest.sha256:
        raise SetupError("backup.invalid", file=str(file), reason="sha256")
    if bad is not None:
        raise SetupError("backup.invalid", file=str(file), reason=f"files {bad[:12]}")
    return Unpacked(manifest, copy, contents)


def _require_members(
    archive: zipfile.ZipFile, manifest: Manifest, contents: Mapping[str, int], file: Path
) -> None:
    """Raises SetupError for a backup with something missing in it, twice, or of its own making."""
    expected = {MANIFEST, CONTENT, *map(key_of, contents), *([packing.LIST] if manifest.files_sha256 else [])}
    names = archive.namelist()
    if set(names) != expected or len(names) != len(expected):
        raise SetupError("backup.invalid", file=str(file), reason="members")


def _read_manifest(raw: bytes, file: Path) -> Manifest:
    try:
        manifest = Manifest(**json.loads(raw))
        newer = manifest.format > FORMAT or manifest.schema > system_tables.SCHEMA_VERSION
    except (ValueError, TypeError) as error:
        raise SetupError("backup.invalid", file=str(file), reason=MANIFEST) from error
    if newer:
        raise SetupError("backup.newer", file=str(file))
    return manifest


def check_backup(file: Path) -> tuple[Manifest, list[doctor.Problem]]:
    """What a backup says of itself, and what is wrong inside it. Touches no live data. Raises SetupError."""
    with tempfile.TemporaryDirectory() as folder:
        found = unpack(file, Path(folder))
        if found.manifest.kind != "sqlite":
            lost = [doctor.Problem("files_lost", {"count": found.manifest.files_lost})]
            return found.manifest, lost if found.manifest.files_lost else []
        return found.manifest, [*_problems(found.copy), *_files_missing(found)]


def _files_missing(found: Unpacked) -> list[doctor.Problem]:
    database = Database(f"sqlite:///{found.copy}")
    try:
        with database.reading() as conn:
            return packing.absent(packing.referred(conn), found.contents)
    finally:
        database.close()


def _problems(copy: Path) -> list[doctor.Problem]:
    database = Database(f"sqlite:///{copy}")
    try:
        system_tables.prepare(database, TABLE_MODULES)
        return doctor.doctor(database)
    except sa.exc.DBAPIError as error:
        raise SetupError("backup.invalid", file=copy.name, reason=str(error.orig)[:200]) from error
    finally:
        database.close()


def restore_backup(settings: Settings, file: Path, *, force: bool = False) -> Manifest:
    """Put a backup in place of the site's data; everybody has to sign in again. Nobody may be serving it.

    Raises SetupError, with the live data untouched, when the backup is not whole, of another kind of database, or
    when there is data already and `force` is not given.
    """
    settings = settings.prepared()
    database = Database(settings.url)
    try:
        with tempfile.TemporaryDirectory(dir=settings.data_dir) as folder:
            found = unpack(file, Path(folder))
            manifest, copy = found.manifest, found.copy
            if (manifest.kind == "sqlite") != database.is_sqlite:
                raise SetupError("backup.kind", kind=manifest.kind)
            if not force and _is_used(database):
                raise SetupError("backup.in_use", address=database.url.render_as_string())
            # Before the database is switched: rows never refer to what is not there.
            with zipfile.ZipFile(file) as archive:
                packing.unpack(archive, found.contents, open_store(settings), Path(folder))
            if database.is_sqlite:
                _switch_file(database, copy, file)
            else:
                clean = ["--clean", "--if-exists"] if force else []
                _run(database, ["pg_restore", "--single-transaction", "--no-owner", *clean, str(copy)])
                _end_sessions(database)
    finally:
        database.close()
    return manifest


def _is_used(database: Database) -> bool:
    with database.reading() as conn:
        if not sa.inspect(conn).has_table(users.name):
            return False
        return conn.scalar(sa.select(users.c.id).limit(1)) is not None


def _switch_file(database: Database, copy: Path, file: Path) -> None:
    """The copy, found healthy, in place of the live file, which stays beside it under another name."""
    problems = _problems(copy)
    if problems:
        raise SetupError("backup.invalid", file=str(file), reason=problems[0].message("en"))
    side = Database(f"sqlite:///{copy}")
    _end_sessions(side)
    side.close()
    _tell(copy, "PRAGMA journal_mode=DELETE")
    live = Path(database.url.database or "")
    if live.exists():
        database.close()
        _tell(live, "PRAGMA wal_checkpoint(TRUNCATE)")
        os.link(live, live.with_name(f"{live.name}.{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"))
    os.replace(copy, live)
    for suffix in ("-wal", "-shm"):
        live.with_name(live.name + suffix).unlink(missing_ok=True)


def _end_sessions(database: Database) -> None:
    with database.writing() as conn:
        conn.execute(sa.delete(sessions))
