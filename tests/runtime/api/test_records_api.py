"""Records by API: what each call does, and that bad input is refused with its code and changes nothing."""

import pytest
import sqlalchemy as sa

from formloom.metadata.database import Database
from tests.runtime.world import Program, Visitor

UNTOUCHED = ("r_company", "r_deal", "r_deal_line", "fl_change", "fl_idempotency", "fl_job")


@pytest.fixture
def sally(visitor: Visitor) -> Program:
    return Program(visitor, "sally")


@pytest.fixture
def boss(visitor: Visitor) -> Program:
    return Program(visitor, "boss")


def rows(database: Database) -> dict[str, list[tuple]]:
    """Everything the API could have changed."""
    with database.reading() as conn:
        return {name: [tuple(row) for row in conn.execute(sa.text(f"SELECT * FROM {name}"))] for name in UNTOUCHED}


def make(program: Program, entity: str = "company", **values: object) -> dict:
    answer = program.call("POST", f"/records/{entity}", {"name": "Acme", **values})
    assert answer.status_code == 201, answer.text
    return answer.json()


# ------------------------------------------------------------------ the calls


def test_a_record_is_made_read_changed_and_put_into_the_bin(sally: Program):
    made = sally.call("POST", "/records/company", {"name": "Acme", "credit": "1234.50", "founded": "2026-11-21"})
    place = made.headers["location"].removeprefix("/api/v1")
    read = sally.call("GET", place)
    changed = sally.call("PATCH", place, {"city": "上海", "rev": 1})
    gone = sally.call("DELETE", place, headers={"if-match": '"2"'})

    assert made.status_code == 201 and made.json() == read.json()
    assert (read.json()["credit"], read.json()["founded"], read.json()["rev"]) == ("1234.50", "2026-11-21", 1)
    assert "cost" not in read.json()
    assert (changed.json()["city"], changed.json()["rev"]) == ("上海", 2)
    assert gone.status_code == 204 and sally.call("GET", place).status_code == 404


def test_the_tag_of_who_sees_all_is_the_revision(boss: Program):
    made = make(boss)
    place = f"/records/company/{made['id']}"

    tag = boss.call("GET", place).headers["etag"]
    changed = boss.call("PATCH", place, {"city": "x"}, headers={"if-match": tag})

    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')


def test_a_tag_stays_while_only_what_its_reader_may_not_see_changes(sally: Program, boss: Program):
    place = f"/records/company/{make(sally)['id']}"
    tag = sally.call("GET", place).headers["etag"]

    hidden = boss.call("PATCH", place, {"cost": "5", "rev": 1})
    assert hidden.status_code == 200
    assert sally.call("GET", place).headers["etag"] == tag, "the cost is none of what she sees"
    assert "etag" not in sally.call("GET", f"{place}?fields=name").headers

    saved = sally.call("PATCH", place, {"city": "x"}, headers={"if-match": tag})
    assert saved.status_code == 200 and saved.headers["etag"] not in (tag, '"3"')
    late = sally.call("PATCH", place, {"city": "y"}, headers={"if-match": tag})
    assert (late.status_code, late.json()["code"]) == (409, "conflict_version")
    assert late.json()["current"]["city"] == "x"
    assert sally.call("DELETE", place, headers={"if-match": tag}).status_code == 409
    little = {"prefer": "return=minimal", "if-match": saved.headers["etag"]}
    assert "etag" not in sally.call("PATCH", place, {"city": "z"}, headers=little).headers
    assert sally.call("PATCH", place, {"city": "y", "rev": 1}, headers={"if-match": tag}).status_code == 422


def test_what_was_read_can_be_sent_back(sally: Program):
    made = make(sally)

    answer = sally.call("PATCH", f"/records/company/{made['id']}", made)

    assert answer.status_code == 200
    assert answer.json() == made


@pytest.mark.parametrize("body", [{}, {"rev": 1}, {"rev": 1, "rating": None}])
def test_changing_nothing_leaves_no_trace(visitor: Visitor, sally: Program, body: dict):
    make(sally)
    before = rows(visitor.site.database)

    answer = sally.call("PATCH", "/records/company/1", body, headers={"if-match": '"1"'})

    assert (answer.status_code, answer.json()["rev"]) == (200, 1)
    assert rows(visitor.site.database) == before


def test_whoever_prefers_little_is_answered_with_the_revision_alone(boss: Program):
    little = {"prefer": "respond-async, return=minimal"}
    made = boss.call("POST", "/records/company", {"name": "Little"}, headers=little)
    changed = boss.call("PATCH", f"/records/company/{made.json()['id']}", {"city": "x", "rev": 1}, headers=little)

    assert made.status_code == 201 and made.json().keys() == {"id"}
    assert (changed.status_code, changed.headers["etag"], changed.content) == (204, '"2"', b"")
    assert {answer.headers["preference-applied"] for answer in (made, changed)} == {"return=minimal"}


def test_several_records_are_made_all_or_none(visitor: Visitor, sally: Program):
    good = sally.call("POST", "/records/company", {"items": [{"name": "A"}, {"name": "B", "city": "X"}]})
    before = rows(visitor.site.database)
    bad = sally.call("POST", "/records/company", {"items": [{"name": "C"}, {"city": "Y"}]})

    assert good.status_code == 201 and len({item["id"] for item in good.json()["items"]}) == 2
    assert bad.status_code == 422
    assert [(e["field"], e["code"]) for e in bad.json()["errors"]] == [("items[1].name", "required")]
    assert rows(visitor.site.database) == before


def test_a_list_is_filtered_sorted_paged_and_counted(sally: Program):
    for number in range(5):
        make(sally, name=f"C{number}", city="上海" if number % 2 else "北京", staff=number)

    first = sally.call(
        "GET", "/records/company?sort=-staff&limit=2&fields=name,staff&count=exact&staff__gte=1"
    ).json()
    second = sally.call(
        "GET", f"/records/company?sort=-staff&limit=2&fields=name,staff&staff__gte=1&after={first['next']}"
    ).json()
    condition = '{"field":"city","op":"eq","value":"上海"}'
    filtered = sally.call("GET", "/records/company", params={"filter": condition})
    short = sally.call("GET", "/records/company?city=上海&sort=name")

    assert [item["staff"] for item in first["items"] + second["items"]] == [4, 3, 2, 1]
    assert first["items"][0].keys() == {"id", "rev", "name", "staff"}
    assert (first["count"], first["count_capped"], second["next"]) == (4, False, None)
    assert sorted(i["name"] for i in filtered.json()["items"]) == ["C1", "C3"]
    assert [i["name"] for i in short.json()["items"]] == ["C1", "C3"]


def test_what_is_behind_a_relation_is_read_by_its_path(sally: Program):
    company = make(sally, city="上海")
    deal = make(sally, "deal", name="Big", company=company["id"])

    listed = sally.call("GET", "/records/deal?fields=name,company.city").json()["items"]

    assert deal["company"] == company["id"]
    assert listed[0]["company.city"] == "上海"


def test_lines_come_and_go_with_their_record(sally: Program):
    deal = make(sally, "deal", lines=[{"product": "A", "quantity": 1}, {"product": "B"}])

    assert [line["product"] for line in deal["lines"]] == ["A", "B"]
    lines = [{**deal["lines"][1], "quantity": 7}]
    changed = sally.call("PATCH", f"/records/deal/{deal['id']}", {"rev": deal["rev"], "lines": lines})
    assert changed.status_code == 200, changed.text
    assert [(line["product"], line["quantity"]) for line in changed.json()["lines"]] == [("B", 7)]


def test_two_changes_of_other_fields_both_count_and_of_the_same_one_conflict(sally: Program):
    make(sally, city="a", notes="n")
    sally.call("PATCH", "/records/company/1", {"rev": 1, "city": "b"})

    other = sally.call("PATCH", "/records/company/1", {"rev": 1, "notes": "m"})
    same = sally.call("PATCH", "/records/company/1", {"rev": 1, "city": "c"})

    assert (other.status_code, other.json()["city"], other.json()["notes"]) == (200, "b", "m")
    assert (same.status_code, same.json()["code"]) == (409, "conflict_version")
    assert same.json()["conflicts"] == [{"field": "city", "mine": "c", "theirs": "b", "base": "a"}]
    assert same.json()["current"]["city"] == "b" and "cost" not in same.json()["current"]


def test_numbers_over_groups(sally: Program):
    for city, credit in (("A", "10.10"), ("A", "0.20"), ("B", "5.00")):
        make(sally, city=city, credit=credit)

    answer = sally.call(
        "POST",
        "/records/company/aggregate",
        {"group_by": [{"field": "city"}], "measures": [{"op": "sum", "field": "credit"}, {"op": "count"}]},
    )

    assert answer.json()["rows"] == [
        {"keys": ["A"], "labels": ["A"], "values": ["10.30", 2]},
        {"keys": ["B"], "labels": ["B"], "values": ["5.00", 1]},
    ]


def test_a_batch_changes_by_ids_or_by_filter(sally: Program):
    for name in ("a", "b", "c"):
        make(sally, name=name, city="x" if name != "c" else "y")

    by_filter = sally.call(
        "POST",
        "/records/company/batch",
        {"op": "update", "filter": {"field": "city", "op": "eq", "value": "x"}, "values": {"staff": 9}},
    )
    gone = sally.call("POST", "/records/company/batch", {"op": "delete", "ids": [1, 2]})
    back = sally.call("POST", "/records/company/batch", {"op": "restore", "ids": [1, 2]})

    assert by_filter.json() == {"mode": "all", "matched": 2, "changed": 2, "refused": []}
    assert gone.status_code == back.status_code == 200
    assert [i["staff"] for i in sally.call("GET", "/records/company?sort=id").json()["items"]] == [9, 9, None]


def test_in_a_batch_one_refusal_stops_all_or_only_itself(visitor: Visitor, sally: Program, boss: Program):
    for _ in range(3):
        make(sally)
    foreign = make(boss)["id"]
    before = rows(visitor.site.database)
    ids = [1, foreign, 3]

    every = sally.call("POST", "/records/company/batch", {"op": "update", "ids": ids, "values": {"city": "q"}})
    assert every.status_code == 422 and rows(visitor.site.database) == before

    each = sally.call(
        "POST", "/records/company/batch", {"op": "update", "ids": ids, "values": {"city": "q"}, "mode": "each"}
    )
    assert each.json()["changed"] == 2
    assert [(r["id"], r["errors"][0]["code"]) for r in each.json()["refused"]] == [(foreign, "not_found")]


def test_changes_tell_who_did_what(sally: Program):
    make(sally, city="a")
    sally.call("PATCH", "/records/company/1", {"rev": 1, "city": "b"})

    entries = sally.call("GET", "/records/company/1/changes").json()["items"]

    assert [(e["op"], e["actor_name"], e["cause"]) for e in entries] == [
        ("update", "Sally", "api"),
        ("create", "Sally", "api"),
    ]
    assert [(f["field"], f["old"], f["new"]) for f in entries[0]["fields"]] == [("city", "a", "b")]


def test_a_key_makes_sending_twice_harmless(visitor: Visitor, sally: Program):
    key = {"idempotency-key": "order-1"}
    first = sally.call("POST", "/records/company", {"name": "Acme"}, headers=key)
    again = sally.call("POST", "/records/company", {"name": "Acme"}, headers=key)
    other = sally.call("POST", "/records/company", {"name": "Other"}, headers=key)
    simon = Program(visitor, "simon").call("POST", "/records/company", {"name": "Acme"}, headers=key)

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json() and again.headers["idempotency-replayed"] == "true"
    assert other.status_code == 422
    assert simon.json()["id"] != first.json()["id"]


def test_a_repeated_request_shows_only_what_its_sender_may_see_now(sally: Program, boss: Program):
    key = {"idempotency-key": "k", "prefer": "return=representation"}
    first = sally.call("POST", "/records/company", {"name": "Acme", "city": "Rome"}, headers=key).json()
    taken = boss.call("PATCH", f"/records/company/{first['id']}", {"owner": first["owner"] + 1, "rev": 1})
    again = sally.call("POST", "/records/company", {"name": "Acme", "city": "Rome"}, headers=key)

    assert taken.status_code == 200 and first["city"] == "Rome"
    assert (again.status_code, again.json()) == (201, {"id": first["id"]})


def test_a_refused_request_does_not_use_its_key_up(sally: Program):
    key = {"idempotency-key": "k"}

    assert sally.call("POST", "/records/company", {}, headers=key).status_code == 422
    assert sally.call("POST", "/records/company", {"name": "Acme"}, headers=key).status_code == 201


def test_a_page_of_ours_uses_the_api_with_its_session(visitor: Visitor):
    visitor.sign_in("sally")

    assert visitor.api("POST", "/records/company", {"name": "Acme"}).status_code == 201
    assert visitor.http.post("/api/v1/records/company", json={"name": "Acme"}).status_code == 403


# ------------------------------------------------------------------ rights


def test_rows_out_of_scope_are_absent_on_every_verb(visitor: Visitor, sally: Program, boss: Program):
    foreign = make(boss)["id"]
    before = rows(visitor.site.database)

    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"rev": 1, "city": "x"}),
        ("DELETE", "", {"rev": 1}),
        ("GET", "/changes", None),
    ):
        there = sally.call(method, f"/records/company/{foreign}{path}", body)
        nowhere = sally.call(method, f"/records/company/4711{path}", body)
        assert there.status_code == nowhere.status_code == 404, (method, path)
        assert {**there.json(), "request_id": ""} == {**nowhere.json(), "request_id": ""}
    assert sally.call("GET", "/records/company?count=exact").json()["count"] == 0
    assert rows(visitor.site.database) == before


HIDDEN = (
    ("GET", "/records/company?fields={}", None),
    ("GET", "/records/company?sort={}", None),
    ("GET", "/records/company?{}=1", None),
    ("GET", "/records/company?{}__gt=1", None),
    ("GET", '/records/company?filter={{"field":"{}","op":"gt","value":"1"}}', None),
    ("GET", "/records/company/1?fields={}", None),
    ("POST", "/records/company", {"name": "x", "{}": "1.00"}),
    ("POST", "/records/company", {"items": [{"name": "x", "{}": "1.00"}]}),
    ("PATCH", "/records/company/1", {"rev": 1, "{}": "1.00"}),
    ("POST", "/records/company/aggregate", {"measures": [{"op": "sum", "field": "{}"}]}),
    ("POST", "/records/company/aggregate", {"group_by": ["{}"]}),
    ("POST", "/records/company/batch", {"op": "update", "ids": [1], "values": {"{}": "1.00"}}),
    ("POST", "/records/company/batch", {"op": "delete", "filter": {"field": "{}", "op": "gt", "value": "1"}}),
    ("GET", "/records/deal?fields=company.{}", None),
)


def filled(raw: object, name: str) -> object:
    if isinstance(raw, dict):
        return {key.replace("{}", name): filled(value, name) for key, value in raw.items()}
    if isinstance(raw, list):
        return [filled(value, name) for value in raw]
    return raw.replace("{}", name) if isinstance(raw, str) else raw


@pytest.mark.parametrize("place", range(len(HIDDEN)))
def test_a_hidden_field_answers_as_one_that_does_not_exist(visitor: Visitor, sally: Program, place: int):
    make(sally)
    before = rows(visitor.site.database)
    method, path, body = HIDDEN[place]

    hidden, unknown = (sally.call(method, path.format(n), filled(body, n)) for n in ("cost", "cozt"))

    assert hidden.status_code == unknown.status_code == 422, hidden.text
    assert hidden.json()["code"] == "unknown_field"
    assert {**hidden.json(), "request_id": ""} == {
        key: value.replace("cozt", "cost") if isinstance(value, str) else value
        for key, value in {**unknown.json(), "request_id": ""}.items()
    }
    assert rows(visitor.site.database) == before


def test_operations_that_are_not_granted_are_denied_before_anything(visitor: Visitor, sally: Program):
    make(sally)
    clara = Program(visitor, "clara")
    before = rows(visitor.site.database)

    assert clara.call("GET", "/records/company/1").status_code == 200
    for method, path, body in (
        ("POST", "/records/company", {"name": "x"}),
        ("PATCH", "/records/company/1", {"rev": 1, "city": "x"}),
        ("DELETE", "/records/company/1", {"rev": 1}),
        ("POST", "/records/company/batch", {"op": "delete", "ids": [1]}),
        ("POST", "/records/company/batch", {"op": "update", "ids": [1], "values": {"city": "x"}}),
    ):
        answer = clara.call(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "op_denied"), (method, path, answer.text)
    for method, path, body in (
        ("GET", "/records/vault", None),
        ("POST", "/records/vault", {"name": "x"}),
        ("POST", "/records/vault/aggregate", {}),
        ("POST", "/records/vault/batch", {"op": "delete", "ids": [1]}),
        ("GET", "/records/deal", None),
    ):
        assert clara.call(method, path, body).status_code == 404, (method, path)
    assert rows(visitor.site.database) == before


def test_a_tokens_limits_are_its_owners_and_its_own(visitor: Visitor):
    reading = Program(visitor, "sally", {"read_only": True})
    deals = Program(visitor, "sally", {"entities": ["deal"]})

    assert reading.call("GET", "/records/company").status_code == 200
    assert reading.call("POST", "/records/company", {"name": "x"}).status_code in (403, 404)
    assert deals.call("GET", "/records/company").status_code == 404
    assert deals.call("GET", "/records/deal").status_code == 200
