"""Many at once: nobody is told of a locked database, nothing happens twice, nothing is lost."""

from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from tests.runtime.api.test_records_api import make
from tests.runtime.world import Program, Visitor

AT_ONCE = 8


def all_at_once(programs: list[Program], *call: object, **more: object) -> list:
    """The answers to one call that all programs make at the same time."""
    with ThreadPoolExecutor(len(programs)) as pool:
        return [f.result() for f in [pool.submit(program.call, *call, **more) for program in programs]]


def count(visitor: Visitor, table: str) -> int:
    with visitor.site.database.reading() as conn:
        return conn.scalar(sa.text(f"SELECT count(*) FROM {table}"))


def programs(visitor: Visitor, login: str = "sally") -> list[Program]:
    return [Program(visitor, login) for _ in range(AT_ONCE)]


def test_one_key_sent_many_times_at_once_makes_one_record(visitor: Visitor):
    answers = all_at_once(
        programs(visitor), "POST", "/records/company", {"name": "Acme"}, headers={"idempotency-key": "one"}
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert count(visitor, "r_company") == 1


def test_many_writers_at_once_all_succeed(visitor: Visitor):
    answers = all_at_once(programs(visitor), "POST", "/records/company", {"name": "Acme"})

    assert [answer.status_code for answer in answers] == [201] * AT_ONCE
    assert count(visitor, "r_company") == AT_ONCE


def test_of_many_who_take_a_unique_value_at_once_one_gets_it(visitor: Visitor):
    answers = all_at_once(programs(visitor), "POST", "/records/company", {"name": "Acme", "code": "X"})

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] + [409] * (AT_ONCE - 1)
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"conflict_unique"}


def test_of_many_who_change_one_field_from_one_revision_one_wins(visitor: Visitor):
    chosen = programs(visitor)
    make(chosen[0])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = [
            pool.submit(program.call, "PATCH", "/records/company/1", {"rev": 1, "city": f"c{n}"})
            for n, program in enumerate(chosen)
        ]
        answers = [each.result() for each in asked]

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * (AT_ONCE - 1)
    assert chosen[0].call("GET", "/records/company/1").json()["rev"] == 2


def test_changes_of_metadata_and_records_at_once_do_not_hinder_each_other(visitor: Visitor):
    boss, others = Program(visitor, "boss"), programs(visitor)
    entity = {
        "kind": "entity",
        "key": "tag",
        "label": "Tag",
        "title": "name",
        "fields": [{"key": "name", "type": "text", "label": "Name"}],
    }
    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        documents = [{**entity, "label": f"Tag {n}"} for n in range(4)]
        designing = [pool.submit(boss.call, "PUT", "/metadata/entity/tag", each) for each in documents]
        working = [pool.submit(each.call, "POST", "/records/company", {"name": "Acme"}) for each in others]
        listing = [pool.submit(each.call, "GET", "/records/company") for each in others]

    assert [each.result().status_code for each in designing] == [200] * 4
    assert [each.result().status_code for each in working] == [201] * AT_ONCE
    assert [each.result().status_code for each in listing] == [200] * AT_ONCE


def test_a_field_that_comes_and_goes_disturbs_no_reader_and_no_writer(visitor: Visitor):
    boss, others = Program(visitor, "boss"), programs(visitor)
    whole = boss.call("GET", "/metadata/entity/company").json()
    without = {**whole, "fields": [field for field in whole["fields"] if field["key"] != "notes"]}
    make(others[0], notes="n")

    def design() -> set[int]:
        put = "/metadata/entity/company?allow_destructive=1"
        return {boss.call("PUT", put, document).status_code for document in (without, whole) * 3}

    def work(program: Program) -> set[int]:
        found = {program.call("GET", "/records/company").status_code for _ in range(12)}
        return found | {program.call("POST", "/records/company", {"name": "x"}).status_code for _ in range(6)}

    with ThreadPoolExecutor(AT_ONCE + 1) as pool:
        designed, worked = pool.submit(design), [pool.submit(work, each) for each in others]

    assert designed.result() <= {200, 503}
    assert set().union(*(each.result() for each in worked)) <= {200, 201}
