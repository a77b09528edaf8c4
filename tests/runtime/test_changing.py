"""Large changesets in the background: old values serve meanwhile, and what is written meanwhile is not lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.metadata import building, changesets, effects, preparing, tables
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from formloom.metadata.errors import PlanError
from formloom.runtime import changing, job_queue
from formloom.runtime.context import Context
from formloom.runtime.job_queue import get_job
from formloom.runtime.jobs import JobRun, Worker
from formloom.runtime.records import Records
from formloom.runtime.settings import Settings
from tests.faults.killing import killed_at
from tests.metadata.sample import applied, catalog_of, column, entity, field, problems

ROWS = 3_000


def sale(*fields: dict[str, Any]) -> dict[str, Any]:
    return entity("sale", field("amount", "money"), field("rate", "percent"), *fields)


def due(formula: str, **more: Any) -> dict[str, Any]:
    return field("due", "formula", formula=formula, result="money", **more)


HALF, MORE = due("amount / 2", indexed=True), due("amount * rate / 100", indexed=True)
TWICE = field("twice", "formula", formula="due * 2", result="money")


@pytest.fixture
def shop(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Sales with a formula, and a formula on it."""
    monkeypatch.setattr(preparing, "PORTION", 500)
    applied(database, sale(HALF, TWICE, field("code")))
    now = datetime(2026, 1, 2, tzinfo=UTC)
    table = catalog_of(database).tables["sale"]
    with database.writing() as conn:
        rows = [
            {
                "created_at": now,
                "updated_at": now,
                "amount": Decimal(n),
                "rate": Decimal(10),
                "due": Decimal(n) / 2,
                "twice": n,
                "code": str(n),
            }
            for n in range(1, ROWS + 1)
        ]
        conn.execute(sa.insert(table), rows)
    yield database


def begun(database: Database, *documents: dict[str, Any], **wishes: Any) -> int:
    with database.writing() as conn:
        edits = [Edit.put(document) for document in documents]
        return changing.begin(conn, edits, {"actor": "tester", **wishes}, None)


def worker(database: Database) -> Worker:
    return Worker(database, Settings(secret="x" * 32))


def state(database: Database, number: int) -> str:
    with database.reading() as conn:
        job = get_job(conn, number)
    assert job is not None
    return job.state


def write(database: Database, key: int, **values: Any) -> None:
    with database.writing() as conn:
        ctx = Context.system(conn, catalog_of(database), "test")
        Records(ctx).update("sale", key, values)


def during(monkeypatch: pytest.MonkeyPatch, work: Callable[[JobRun, int], None]) -> None:
    """Let `work` happen at each step of progress."""
    told = JobRun.progress

    def progress(self: JobRun, done: int, total: int, message: str = "") -> None:
        told(self, done, total, message)
        work(self, done)

    monkeypatch.setattr(JobRun, "progress", progress)


def test_a_changed_formula_is_published_when_its_values_are_there(shop: Database, monkeypatch: pytest.MonkeyPatch):
    seen: list[tuple[str, Any]] = []

    def meanwhile(run: JobRun, done: int) -> None:
        seen.append((catalog_of(shop).formulas["sale", "due"].text, column(shop, "sale", "due")[-1]))
        if len(seen) == 3:
            write(shop, 1, amount=Decimal(1000))
            with shop.writing() as conn:
                Records(Context.system(conn, catalog_of(shop), "test")).create(
                    "sale", {"name": "new", "amount": Decimal(50), "rate": Decimal(50)}
                )

    during(monkeypatch, meanwhile)
    number = begun(shop, sale(MORE, TWICE, field("code")))
    assert worker(shop).run_once()

    assert state(shop, number) == "done" and len(seen) >= ROWS // 500
    assert {text for text, _ in seen} == {"amount / 2"}, "old values serve until the new ones are there"
    due_now, twice = column(shop, "sale", "due"), column(shop, "sale", "twice")
    assert (due_now[0], due_now[1], due_now[-1]) == (Decimal("100.00"), Decimal("0.20"), Decimal("25.00"))
    assert twice[0] == Decimal("200.00")
    assert problems(shop) == []


def test_a_converted_column_catches_up_with_what_was_written_meanwhile(
    shop: Database, monkeypatch: pytest.MonkeyPatch
):
    def meanwhile(run: JobRun, done: int) -> None:
        if done == 1_500:
            write(shop, 1, code="77")
            write(shop, 2, code="many")
            write(shop, 3, code=None)

    during(monkeypatch, meanwhile)
    document = sale(HALF, TWICE, field("code", "integer", indexed=True))
    number = begun(shop, document, allow_destructive=True)
    worker(shop).run_once()

    assert state(shop, number) == "done"
    assert column(shop, "sale", "code")[:5] == [77, None, None, 4, 5]
    assert problems(shop) == []
    with shop.reading() as conn:
        [newest, *_] = changesets.history(conn)
    [step] = [step for step in newest.steps if step["step"] == "convert_column"]
    assert (step["converted"], step["lost"]) == (ROWS - 2, 1)
    changesets.revert(shop, newest.number, "tester", allow_destructive=True)
    assert column(shop, "sale", "code")[:4] == ["77", "many", None, "4"]
    assert problems(shop) == []


def test_a_cancelled_change_leaves_nothing_behind(shop: Database, monkeypatch: pytest.MonkeyPatch):
    def stop(run: JobRun, done: int) -> None:
        with shop.writing() as conn:
            job_queue.cancel(conn, run.job.id)
        run._asked_at = 0.0

    during(monkeypatch, stop)
    number = begun(shop, sale(MORE, TWICE, field("code")))
    worker(shop).run_once()

    assert state(shop, number) == "cancelled"
    assert catalog_of(shop).formulas["sale", "due"].text == "amount / 2"
    with shop.reading() as conn:
        assert preparing.left_over(conn) == set()
    assert problems(shop) == []


def test_what_would_be_refused_is_refused_before_anything_is_prepared(shop: Database):
    number = begun(shop, sale(HALF, TWICE, field("code", "boolean")))
    worker(shop).run_once()

    with shop.reading() as conn:
        job = get_job(conn, number)
        assert job is not None and job.result["error"]["code"] == "plan.destructive"
        assert preparing.left_over(conn) == set()


def test_a_change_by_another_meanwhile_is_prepared_for_anew(shop: Database, monkeypatch: pytest.MonkeyPatch):
    other = threading.Event()

    def meanwhile(run: JobRun, done: int) -> None:
        if not other.is_set():
            other.set()
            applied(shop, sale(HALF, TWICE, field("code"), field("note")))

    during(monkeypatch, meanwhile)
    number = begun(shop, sale(MORE, TWICE, field("code")), allow_destructive=True)
    worker(shop).run_once()

    assert state(shop, number) == "done"
    assert catalog_of(shop).formulas["sale", "due"].text == "amount * rate / 100"
    assert problems(shop) == []


def test_a_killed_change_goes_on_where_others_see_nothing_of_it(shop: Database):
    payload = {
        "edits": [{"op": "put", "document": sale(MORE, TWICE, field("code", "integer"))}],
        "actor": "tester",
        "allow_destructive": True,
    }

    def work(database: Database) -> None:
        changing.carry_out(database, payload, 7, database.writing, lambda done, total, message: None)

    address = shop.url.render_as_string(hide_password=False)
    kills = 0
    for statement in range(10, 2_000, 23):
        if not killed_at(statement, address, work):
            break
        kills += 1
        assert catalog_of(shop).formulas["sale", "due"].text == "amount / 2"
        drifted = [problem for problem in problems(shop) if "job 7" not in problem]
        assert drifted == []

    assert kills > 3
    assert catalog_of(shop).formulas["sale", "due"].text == "amount * rate / 100"
    assert column(shop, "sale", "code")[:2] == [1, 2]
    assert problems(shop) == []


ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
INDEXED = sale(HALF, TWICE, field("code", unique=True))


def index_state(database: Database) -> dict[str, bool]:
    """Whether each index on sales that is not of every entity is valid."""
    query = """SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = 'r_sale'::regclass AND (c.relname LIKE 'x_0%%' OR c.relname LIKE '%%sale_code')"""
    with database.reading() as conn:
        return {name: valid for name, valid in conn.exec_driver_sql(query)}


@ON_POSTGRESQL
def test_an_index_of_a_big_table_is_built_while_people_write(shop: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(preparing, "LONG_INDEX", 100)
    built = building._Builder.build

    def build(self: Any, progress: Any) -> None:
        write(shop, 1, code="written meanwhile")
        built(self, progress)

    monkeypatch.setattr(building._Builder, "build", build)
    with shop.reading() as conn:
        assert changing.is_long(conn, changesets.preview(conn, [Edit.put(INDEXED)]))
    number = begun(shop, sale(due("amount * rate / 100", indexed=True), TWICE, field("code", unique=True)))
    worker(shop).run_once()

    assert state(shop, number) == "done"
    assert index_state(shop) == {"uq_sale_code": True}
    with shop.reading() as conn:
        job = get_job(conn, number)
        assert job is not None and job.progress_done == job.progress_total == 3 * ROWS
        assert building.hidden_indexes(conn) == {}
    assert problems(shop) == []


@ON_POSTGRESQL
def test_a_value_that_comes_up_twice_while_its_index_is_built_stops_the_change(
    shop: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(preparing, "LONG_INDEX", 100)
    built = building._Builder.build

    def build(self: Any, progress: Any) -> None:
        write(shop, 1, code="2")
        built(self, progress)

    monkeypatch.setattr(building._Builder, "build", build)
    number = begun(shop, INDEXED)
    worker(shop).run_once()

    with shop.reading() as conn:
        job = get_job(conn, number)
    assert job is not None and job.result["error"]["code"] == "plan.duplicates"
    assert index_state(shop) == {} and not catalog_of(shop).entities["sale"].fields["code"].unique
    assert problems(shop) == []


@ON_POSTGRESQL
def test_a_half_built_index_is_built_anew_and_one_nobody_wants_is_dropped(
    shop: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(preparing, "LONG_INDEX", 100)
    payload = {"edits": [{"op": "put", "document": INDEXED}], "actor": "tester"}
    broken = building.hidden_name(7, 0)
    with shop.writing() as conn:
        conn.exec_driver_sql(f"CREATE INDEX {broken} ON r_sale (code)")
        conn.exec_driver_sql(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{broken}'::regclass")
        conn.execute(sa.insert(tables.building).values(name=broken, job=7, table_name="r_sale"))
    assert index_state(shop) == {broken: False}
    assert any("job 7" in problem for problem in problems(shop))

    changing.carry_out(shop, payload, 7, shop.writing, lambda done, total, message: None)
    assert index_state(shop) == {"uq_sale_code": True}

    with shop.writing() as conn:
        conn.exec_driver_sql("CREATE INDEX x_0_8_index_0 ON r_sale (rate)")
        conn.execute(sa.insert(tables.building).values(name="x_0_8_index_0", job=8, table_name="r_sale"))
    applied(shop, sale(HALF, TWICE, field("code", unique=True), field("note")))
    assert preparing.abandon(shop, 8) == 1
    assert index_state(shop) == {"uq_sale_code": True} and problems(shop) == []


def test_the_preview_says_what_an_index_over_many_rows_means(shop: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(effects, "LONG_INDEX", 100)
    with shop.reading() as conn:
        [told] = changesets.preview(conn, [Edit.put(INDEXED)]).effects
    assert (told.level, told.field, told.count) == ("info", "code", ROWS)
    assert ("about 1 s" in told.describe("en")) == shop.is_sqlite


def test_what_a_job_that_is_over_left_behind_is_dropped_by_the_next(shop: Database):
    with shop.reading() as conn:
        preview = changesets.preview(conn, [Edit.put(sale(MORE, TWICE, field("code")))])
    assert preview.current is not None and preview.desired is not None
    prepared = preparing.Preparation.of(99, preview.plan, preview.current, preview.desired)
    with shop.writing() as conn:
        prepared.add_columns(conn)
    assert any("99" in problem for problem in problems(shop))

    begun(shop, sale(MORE, TWICE, field("code")))
    worker(shop).run_once()

    assert problems(shop) == []


def test_only_what_touches_many_rows_takes_long(shop: Database, monkeypatch: pytest.MonkeyPatch):
    with shop.reading() as conn:
        heavy = changesets.preview(conn, [Edit.put(sale(MORE, TWICE, field("code")))])
        light = changesets.preview(conn, [Edit.put(sale(HALF, TWICE, field("code"), field("note")))])
        assert not changing.is_long(conn, heavy)
        monkeypatch.setattr(preparing, "LONG", 100)
        assert changing.is_long(conn, heavy) and not changing.is_long(conn, light)


def test_a_change_that_cannot_be_prepared_is_made_in_one_go(shop: Database):
    number = begun(shop, sale(MORE, TWICE, field("sign", was=["code"])))
    worker(shop).run_once()

    assert state(shop, number) == "done"
    assert column(shop, "sale", "sign")[:2] == ["1", "2"]
    assert problems(shop) == []


def test_somebody_who_does_not_agree_to_losses_is_asked(shop: Database):
    payload = {"edits": [{"op": "put", "document": sale(HALF, TWICE)}], "actor": "tester"}
    with pytest.raises(PlanError):
        changing.carry_out(shop, payload, 8, shop.writing, lambda done, total, message: None)
