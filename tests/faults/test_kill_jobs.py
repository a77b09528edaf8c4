"""A worker that is killed in the middle of a long change: all of it or nothing is there, and somebody goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.metadata import building, preparing
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from formloom.runtime import changing, job_queue
from formloom.runtime.jobs import Worker
from formloom.runtime.settings import Settings
from tests.metadata.sample import applied, catalog_of, column, entity, field, problems

from .killing import killed_at

ROWS = 60


def deal(*fields: dict[str, Any], formula: str = "amount * 2") -> dict[str, Any]:
    twice = field("twice", "formula", formula=formula, result="integer")
    return entity("deal", field("amount", "integer"), field("code"), twice, *fields)


AFTER = {
    **deal(field("no", "autonumber", pattern="D{seq:3}"), formula="amount * 3"),
    "fields": [
        {**raw, "unique": True} if raw["key"] == "code" else raw
        for raw in deal(field("no", "autonumber", pattern="D{seq:3}"), formula="amount * 3")["fields"]
    ],
}
"""Another formula, numbers for all rows and an index: every kind of work a job does."""


@pytest.fixture
def deals(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Deals, of which twenty are many."""
    monkeypatch.setattr(preparing, "PORTION", 20)
    monkeypatch.setattr(preparing, "LONG_INDEX", 10)
    monkeypatch.setattr(building, "LOOK_SECONDS", 0.02)
    applied(database, deal())
    now = datetime(2026, 1, 2, tzinfo=UTC)
    with database.writing() as conn:
        rows = [
            {"created_at": now, "updated_at": now, "name": "n", "amount": n, "code": str(n), "twice": n * 2}
            for n in range(ROWS)
        ]
        conn.execute(sa.insert(catalog_of(database).tables["deal"]), rows)
    yield database


def begun(database: Database) -> int:
    with database.writing() as conn:
        return changing.begin(conn, [Edit.put(AFTER)], {"actor": "tester"}, None)


def work(database: Database) -> None:
    """What a worker does with the next job."""
    Worker(database, Settings(secret="x" * 32)).run_once()


def lapse(database: Database) -> None:
    """Let the lease of who was killed run out."""
    past = datetime.now(UTC) - timedelta(minutes=5)
    with database.writing() as conn:
        conn.execute(sa.update(job_queue.jobs).values(lease_until=past, not_before=past))


def job(database: Database, number: int) -> job_queue.Job:
    with database.reading() as conn:
        found = job_queue.get_job(conn, number)
    assert found is not None
    return found


def is_whole(database: Database, after: bool) -> bool:
    """Whether all of the change is there, or nothing of it."""
    catalog = catalog_of(database)
    fields, values = catalog.entities["deal"].fields, column(database, "deal", "twice")
    there = (catalog.formulas["deal", "twice"].text == "amount * 3", "no" in fields, fields["code"].unique)
    return set(there) == {after} and values == [n * (3 if after else 2) for n in range(ROWS)]


def address(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def test_a_job_whose_worker_is_killed_is_taken_up_where_it_was(deals: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(jobs_attempts(), changing.KIND, 100)
    number = begun(deals)
    kills = 0
    for statement in range(8, 2_000, 17):
        if not killed_at(statement, address(deals), work):
            break
        kills += 1
        assert is_whole(deals, after=False) or is_whole(deals, after=True), statement
        assert [each for each in problems(deals) if f"job {number}" not in each] == [], statement
        lapse(deals)

    assert kills > 4 and job(deals, number).state == "done"
    assert is_whole(deals, after=True)
    assert column(deals, "deal", "no") == [f"D{n:03}" for n in range(1, ROWS + 1)]
    assert problems(deals) == []


def test_a_job_that_kills_every_worker_ends_with_a_sentence(deals: Database):
    number = begun(deals)
    for _ in range(changing.ATTEMPTS):
        assert killed_at(30, address(deals), work)
        lapse(deals)
    work(deals)

    ended = job(deals, number)
    assert ended.state == "failed" and ended.result["error"]["message"]["en"].endswith(".")
    assert is_whole(deals, after=False)
    applied(deals, deal(field("note")))
    begun(deals)
    work(deals)
    assert is_whole(deals, after=True) and problems(deals) == []


def jobs_attempts() -> dict[str, int]:
    """How often each kind of job may begin."""
    from formloom.runtime import jobs

    return jobs._attempts
