"""Changesets among readers, writers and other starting processes."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from formloom.metadata import changesets, store, system_tables
from formloom.metadata.database import Database
from formloom.metadata.errors import PlanError
from formloom.runtime.site import TABLE_MODULES
from tests.metadata.sample import add, applied, catalog_of, entity, field, problems

ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changesets, "LOCK_TIMEOUT", "100ms")
    monkeypatch.setattr(changesets, "FIRST_PAUSE", 0.05)


@ON_POSTGRESQL
def test_a_changeset_gives_up_instead_of_queueing_behind_a_long_reader(database: Database, impatient: None):
    applied(database, entity("account"))
    table = catalog_of(database).tables["account"]
    with database.reading() as conn:
        conn.execute(sa.select(table.c.id)).all()

        with pytest.raises(PlanError) as error:
            applied(database, entity("account", field("city")))

    assert (error.value.code, error.value.status) == ("plan.busy", 503)
    assert catalog_of(database).version == 1
    assert applied(database, entity("account", field("city"))).number == 2


@ON_POSTGRESQL
def test_a_changeset_tries_again_until_the_reader_is_done(database: Database, impatient: None):
    applied(database, entity("account"))
    table = catalog_of(database).tables["account"]
    reading, done = threading.Event(), threading.Event()

    def read() -> None:
        with database.reading() as conn:
            conn.execute(sa.select(table.c.id)).all()
            reading.set()
            done.wait(10)

    thread = threading.Thread(target=read)
    thread.start()
    reading.wait(10)
    threading.Timer(0.3, done.set).start()

    assert applied(database, entity("account", field("city"))).number == 2
    thread.join()


def test_who_holds_the_version_keeps_changesets_waiting_until_he_is_done(database: Database):
    applied(database, entity("account"))
    order: list[str] = []

    def change() -> None:
        applied(database, entity("account", field("city")))
        order.append("changed")

    with database.writing() as conn:
        assert store.current_version(conn, hold=True) == 1
        thread = threading.Thread(target=change)
        thread.start()
        time.sleep(0.3)
        order.append("written")
    thread.join()

    assert order == ["written", "changed"]


def test_rows_written_meanwhile_are_all_there_afterwards(database: Database):
    applied(database, entity("account"))
    stop = threading.Event()
    written: list[int] = []

    def write() -> None:
        while not stop.is_set():
            written.extend(add(database, "account", {"name": "A"}))

    thread = threading.Thread(target=write)
    thread.start()
    for number in range(4):
        applied(database, entity("account", *(field(f"f{n}") for n in range(number + 1))))
    stop.set()
    thread.join()

    with database.reading() as conn:
        table = catalog_of(database).tables["account"]
        assert conn.execute(sa.select(sa.func.count()).select_from(table)).scalar() == len(written)
    assert problems(database) == []


def test_processes_may_start_at_once_on_an_empty_database(blank: Database):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: system_tables.prepare(blank, TABLE_MODULES), range(4)))

    with blank.reading() as conn:
        system_tables.require_prepared(conn)
        assert store.current_version(conn) == 0
