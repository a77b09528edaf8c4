"""Backups are whole or refused, and restoring switches at once, keeps the old data, and ends all sessions."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from formloom.metadata.database import Database
from formloom.metadata.errors import SetupError
from formloom.rbac import accounts, sessions
from formloom.rbac.tables import sessions as session_table
from formloom.rbac.tables import users
from formloom.runtime import cli
from formloom.runtime.backup import check_backup, make_backup, restore_backup
from formloom.runtime.settings import Settings
from formloom.runtime.site import Site

on_sqlite = pytest.mark.parametrize("world", ["sqlite"], indirect=True)


@pytest.fixture
def settings(world: Database, tmp_path: Path) -> Settings:
    """Settings of a site whose data is the world's."""
    url = world.url.render_as_string(hide_password=False)
    return Settings(database_url=url, data_dir=tmp_path / "data").prepared()


@pytest.fixture
def backup(world: Database, settings: Settings, tmp_path: Path) -> Path:
    """A backup made while somebody is signed in."""
    with world.writing() as conn:
        sessions.start(conn, accounts.find(conn, "sally"))
    out = tmp_path / "backup.zip"
    make_backup(Site(settings, world), out)
    return out


def names(database: Database) -> list[str]:
    with database.reading() as conn:
        return list(conn.scalars(sa.select(users.c.name).order_by(users.c.id)))


def rename_all(database: Database) -> None:
    with database.writing() as conn:
        conn.execute(sa.update(users).values(name="Changed"))


@on_sqlite
def test_a_backup_brings_everything_back_and_keeps_what_it_replaces(world, settings, backup, tmp_path):
    before = names(world)
    rename_all(world)
    world.close()

    with pytest.raises(SetupError, match="--force"):
        restore_backup(settings, backup)
    assert set(names(world)) == {"Changed"}
    world.close()
    restore_backup(settings, backup, force=True)

    restored = Database(settings.url)
    assert names(restored) == before
    with restored.reading() as conn:
        assert conn.scalar(sa.select(sa.func.count()).select_from(session_table)) == 0
    restored.close()
    live = Path(world.url.database)
    (kept,) = [path for path in live.parent.glob(f"{live.name}.2*") if not path.name.endswith(("-wal", "-shm"))]
    assert set(names(Database(f"sqlite:///{kept}"))) == {"Changed"}


@on_sqlite
def test_a_backup_restores_into_an_empty_place(backup, tmp_path):
    empty = Settings(data_dir=tmp_path / "new")

    restore_backup(empty, backup)

    database = Database(empty.url)
    assert "Sally" in names(database)
    database.close()


@on_sqlite
def test_a_backup_is_checked_without_touching_anything(world, backup):
    manifest, problems = check_backup(backup)

    assert (manifest.kind, problems) == ("sqlite", [])


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def rewrite(file: Path, **changed: bytes) -> None:
    with zipfile.ZipFile(file) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in {**held, **changed}.items():
            archive.writestr(name, content)


def manifest_of(file: Path) -> dict:
    with zipfile.ZipFile(file) as archive:
        return json.loads(archive.read("manifest.json"))


SPOILED = {
    "cut short": truncate,
    "no zip": lambda file: file.write_bytes(b"hello"),
    "missing": lambda file: file.unlink(),
    "another content": lambda file: rewrite(file, database=b"SQLite format 3\0"),
    "one file more": lambda file: rewrite(file, **{"../../evil": b"x"}),
    "no manifest": lambda file: rewrite(file, **{"manifest.json": b"[]"}),
    "a newer one": lambda file: rewrite(
        file, **{"manifest.json": json.dumps({**manifest_of(file), "schema": 999}).encode()}
    ),
    "another database": lambda file: rewrite(
        file, **{"manifest.json": json.dumps({**manifest_of(file), "kind": "postgresql"}).encode()}
    ),
}


@on_sqlite
@pytest.mark.parametrize("case", SPOILED)
def test_what_is_not_a_whole_backup_is_refused_and_the_data_left_alone(world, settings, backup, case):
    SPOILED[case](backup)
    before = names(world)
    world.close()

    with pytest.raises(SetupError):
        restore_backup(settings, backup, force=True)

    assert names(world) == before


@on_sqlite
def test_a_backup_does_not_overwrite(world, settings, backup):
    with pytest.raises(SetupError):
        make_backup(Site(settings, world), backup)


def test_the_commands_say_what_they_did(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LANG", "C")
    monkeypatch.setenv("FORMLOOM_DATA_DIR", str(tmp_path / "data"))
    assert cli.main(["backup", str(tmp_path / "empty.zip")]) == 0
    assert cli.main(["restore", str(tmp_path / "empty.zip"), "--verify"]) == 0
    assert cli.main(["restore", str(tmp_path / "empty.zip")]) == 0
    assert cli.main(["restore", str(tmp_path / "nothing.zip")]) == 2
    said = capsys.readouterr()

    assert "0 problems" in said.out and "sign in again" in said.out
    assert "nothing.zip" in said.err


@pytest.mark.skipif(shutil.which("pg_dump") is None, reason="needs pg_dump")
@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_on_postgresql_its_own_programs_do_it_or_say_why_not(world, settings, tmp_path):
    out = tmp_path / "backup.zip"
    try:
        make_backup(Site(settings, world), out)
    except SetupError as refused:
        assert "pg_dump" in str(refused) and not out.exists()
        return
    before = names(world)
    rename_all(world)
    world.close()
    restore_backup(settings, out, force=True)
    assert names(world) == before
