"""When the database cannot do its part, the answer says so in time and the process stays up."""

import pytest
from sqlalchemy import exc

from formloom.metadata.database import Database
from formloom.runtime.http.problem import as_known
from tests.runtime.world import Visitor, site_of

SAID = {
    "database is locked": ("busy", 503),
    "database or disk is full": ("storage_full", 507),
    "could not extend file: No space left on device": ("storage_full", 507),
    "attempt to write a readonly database": ("read_only", 503),
    "cannot execute INSERT in a read-only transaction": ("read_only", 503),
    "canceling statement due to statement timeout": ("timeout", 504),
    "interrupted": ("timeout", 504),
    "server closed the connection unexpectedly": ("busy", 503),
}


@pytest.mark.parametrize("said", SAID)
def test_what_a_database_says_is_told_in_our_words(said: str):
    known = as_known(exc.OperationalError("SELECT secret", {}, Exception(said)))

    assert known is not None and (known.code, known.status) == SAID[said]
    assert "SELECT" not in known.message("en") and said not in known.message("en")


def test_what_nobody_expects_is_a_defect():
    assert as_known(exc.ProgrammingError("SELECT", {}, Exception("no such table"))) is None
    assert as_known(KeyError("x")) is None


def test_without_its_database_the_process_is_alive_but_not_ready(tmp_path):
    visitor = Visitor(site_of(Database("postgresql://nobody@127.0.0.1:1/none"), tmp_path))

    ready, api, page = visitor.get("/readyz"), visitor.get("/api/v1/me"), visitor.get("/login")

    assert visitor.get("/healthz").status_code == 200
    assert (ready.status_code, ready.json()["code"]) == (503, "busy")
    assert (api.status_code, page.status_code) == (503, 503)
    assert ready.headers["retry-after"] and "127.0.0.1" not in ready.text + page.text


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_a_full_disk_refuses_writing_and_nothing_else(world: Database, tmp_path):
    visitor = Visitor(site_of(world, tmp_path)).sign_in("sally")
    with world.engine.connect() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar()
    limit_pages(world, pages)

    full = [visitor.api("POST", "/records/company", {"name": "x" * 40, "notes": "y" * 9_000}) for _ in range(6)]

    assert {answer.status_code for answer in full} <= {201, 507} and full[-1].status_code == 507
    assert visitor.get("/api/v1/records/company").status_code == 200
    limit_pages(world, pages + 10_000)
    assert visitor.api("POST", "/records/company", {"name": "x"}).status_code == 201


def limit_pages(database: Database, pages: int) -> None:
    """Let the pool's connections make the file no larger than this."""
    connections = [database.engine.raw_connection() for _ in range(3)]
    for connection in connections:
        connection.driver_connection.execute(f"PRAGMA max_page_count={pages}")
    for connection in connections:
        connection.close()
