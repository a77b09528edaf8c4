"""Creating and changing records: what is accepted, what is refused and how, what is logged."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from formloom.metadata.database import Database
from formloom.metadata.errors import AccessDenied, InvalidInput, NotFound, UnknownField
from formloom.runtime.changelog import changes
from formloom.runtime.records import ABSENT, ListRequest, RowErrors
from tests.runtime.records.office import NOW, counted, records, refused, stored, user


def log(conn) -> list[tuple[str, int, str, Any]]:
    """(entity, record, op, old values) of each change, the oldest first."""
    c = changes.c
    rows = conn.execute(sa.select(c.entity, c.record_id, c.op, c.old).order_by(c.seq))
    return [(e, r, op, None if old is None else orjson.loads(old)) for e, r, op, old in rows]


def test_a_new_record_has_its_defaults_number_owner_and_stamps(office: Database) -> None:
    with office.writing() as conn:
        ann = user(conn, "ann")
        door = records(conn, "ann")
        first = door.create("company", {"name": " Alpha ", "founded": "2026年11月1日"})
        second = door.create(
            "company", {"name": "Beta", "active": "false", "grade": "", "advisor": user(conn, "bob")}
        )

        one, two = door.get("company", first), door.get("company", second)

        assert one["name"] == "Alpha" and one["founded"] == date(2026, 11, 1) and one["age"] == 20
        assert (one["grade"], one["active"], one["advisor"]) == ("b", True, ann)
        assert (two["grade"], two["active"], two["advisor"]) == (None, False, user(conn, "bob"))
        assert (one["no"], two["no"]) == ("C2026-0001", "C2026-0002")
        assert (one["owner"], one.labels["owner_department"], one["created_by"]) == (ann, "East", ann)
        assert one["created_at"] == one["updated_at"] == NOW and one["rev"] == 1
        assert (one["contacts"], one["won"], one["open"]) == (0, Decimal("0.00"), Decimal("0.00"))
        assert log(conn) == [("company", first, "create", None), ("company", second, "create", None)]


def test_a_default_may_look_through_a_relation(office: Database) -> None:
    with office.writing() as conn:
        door = records(conn, "lea")
        product = records(conn).create("product", {"name": "Bolt", "price": "2.50"})
        deal = door.create("deal", {"name": "D", "lines": [{"product": product, "qty": 4}]})
        found = door.get("deal", deal)
        assert found["lines"][0]["price"] == Decimal("2.50")
        assert (found["subtotal"], found["total"]) == (Decimal("10.00"), Decimal("10.00"))
        assert found["closes"] == NOW.date() + timedelta(days=30)


def test_all_errors_are_told_at_once_and_nothing_is_saved(office: Database) -> None:
    with office.writing() as conn:
        records(conn).create("company", {"name": "Taken", "code": "X"})
        before = stored(conn, "company", "id"), log(conn)
        values = {
            "name": "",
            "staff": "-1",
            "credit": "much",
            "grade": "z",
            "code": "X",
            "parent": 99,
            "founded": "2026-02-30",
        }
        code, fields = refused(lambda: records(conn, "ann").create("company", values))
        assert code == "validation_failed"
        assert fields == {
            "name": "required",
            "staff": "too_small",
            "credit": "not_a_number",
            "grade": "unknown_option",
            "code": "conflict_unique",
            "parent": "invalid_reference",
            "founded": "impossible_date",
        }
        assert (stored(conn, "company", "id"), log(conn)) == before


def test_errors_in_lines_name_their_line(office: Database) -> None:
    with office.writing() as conn:
        product = records(conn).create("product", {"name": "Bolt"})
        lines = [
            {"product": product, "price": 1},
            {"product": 77, "price": 1},
            {"product": product, "qty": 0, "price": ""},
        ]
        code, fields = refused(lambda: records(conn, "lea").create("deal", {"lines": lines}))
        assert fields == {
            "name": "required",
            "lines[1].product": "invalid_reference",
            "lines[2].qty": "not_above",
            "lines[2].price": "required",
        }
        assert stored(conn, "deal", "id") == [] and stored(conn, "line", "id") == []


@pytest.mark.parametrize("name", ["secret", "madeup", "__class__", "name.x", "owner_id", "deleted_at"])
def test_a_hidden_field_in_values_is_an_unknown_one(office: Database, name: str) -> None:
    with office.writing() as conn:
        door = records(conn, "ann")
        company = door.create("company", {"name": "A"})
        for call in (
            lambda: door.create("company", {"name": "B", name: "x"}),
            lambda: door.update("company", company, {name: "x"}),
        ):
            with pytest.raises(UnknownField) as error:
                call()
            assert error.value.data == {"name": name}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rate", "5"),
        ("no", "C1"),
        ("won", "5"),
        ("age", "5"),
        ("id", 12),
        ("owner", 1),
        ("created_by", 1),
        ("created_at", "2020-01-01T00:00:00Z"),
        ("rev", 9),
    ],
)
def test_a_changed_value_of_a_read_only_field_refuses_the_whole_save(
    office: Database, name: str, value: Any
) -> None:
    with office.writing() as conn:
        door = records(conn, "ann")
        company = door.create("company", {"name": "A", "founded": "2026-11-20"})
        for call in (
            lambda: door.create("company", {"name": "B", name: value}),
            lambda: door.update("company", company, {"name": "B", name: value}),
        ):
            assert refused(call) == ("field_read_only", {name: "field_read_only"})
        assert stored(conn, "company", "name") == [("A",)]


def test_what_was_read_may_be_sent_back(office: Database) -> None:
    with office.writing() as conn:
        door = records(conn, "ann")
        company = door.create("company", {"name": "A", "founded": "2026-11-20", "tags": ["a", "b"], "seen": NOW})
        record = door.get("company", company)
        fields = door.ctx.catalog.entity("company").all_fields
        dumped = {key: fields[key].behaviour.dump(fields[key], value) for key, value in record.items()}

        assert door.update("company", company, dumped, source="json") == 1
        assert door.update("company", company, {**dumped, "name": "B"}, source="json") == 2
        assert log(conn)[-1] == ("company", company, "update", {"name": "A"})


def test_json_is_read_strictly_and_forms_are_read_kindly(office: Database) -> None:
    with office.writing() as conn:
        door = records(conn, "ann")
        values = {"name": 12, "staff": "12", "credit": 12.5, "active": "yes", "parent": "1"}
        assert refused(lambda: door.create("company", values, source="json")) == (
            "validation_failed",
            {
                "name": "wrong_type",
                "staff": "wrong_type",
                "credit": "wrong_type",
                "active": "wrong_type",
                "parent": "wrong_type",
            },
        )
        company = door.create("company", {"name": 12, "staff": "1,200", "credit": "￥12.5"})
        assert door.get("company", company)["credit"] == Decimal("12.50")


def test_an_update_logs_old_values_of_what_changed_and_nothing_when_nothing_did(office: Database) -> None:
    with office.writing() as conn:
        door = records(conn, "ann")
        company = door.create("company", {"name": "A", "city": "Rome", "credit": "5"})

        assert door.update("company", company, {"name": "A", "credit": "5.00", "city": "Rome"}) == 1
        assert door.update("company", company, {}) == 1
        assert door.update("company", company, {"city": "Bonn", "credit": None, "name": "A"}) == 2

        assert log(conn)[1:] == [("company", company, "update", {"city": "Rome", "credit": "5.00"})]
        found = door.get("company", company)
        assert (found["city"], found["credit"], found["rev"]) == ("Bonn", None, 2)


def test_a_row_that_cannot_be_seen_is_not_found_and_one_that_may_not_be_edited_is_denied(office: Database) -> None:
    with office.writing() as conn:
        company = records(conn).create("company", {"name": "A", "owner": user(conn, "bob")})
        product = records(conn).create("product", {"name": "P"})
        with pytest.raises(NotFound):
            records(conn, "ann").update("company", company, {"name": "B"})
        with pytest.raises(NotFound):
            records(conn, "ann").delete("company", company)
        with pytest.raises(AccessDenied):
            records(conn, "ann").update("product", product, {"name": "Q"})
        with pytest.raises(AccessDenied):
            records(conn, "ann").create("product", {"name": "Q"})
        with pytest.raises(NotFound):
            records(conn, "zoe").create("company", {"name": "Q"})


def test_a_result_outside_the_writers_scope_is_denied(office: Database) -> None:
    with office.writing() as conn:
        visible = records(conn).create("company", {"name": "A", "city": "Rome", "owner": user(conn, "ann")})
        hidden = records(conn).create("company", {"name": "B", "city": "hidden", "owner": user(conn, "ann")})
        door = records(conn, "ann")
        contact = door.create("contact", {"name": "C", "company": visible})
        point = conn.begin_nested()
        with pytest.raises(AccessDenied):
            door.update("contact", contact, {"company": hidden})
        point.rollback()
        assert stored(conn, "contact", "company") == [(visible,)]


def test_only_who_may_assign_changes_the_owner_and_the_department_follows(office: Database) -> None:
    with office.writing() as conn:
        company = records(conn).create("company", {"name": "A", "owner": user(conn, "ann")})
        zoe = user(conn, "zoe")
        assert (
            refused(lambda: records(conn, "ann").update("company", company, {"owner": zoe}))[0]
            == "field_read_only"
        )

        assert records(conn, "lea").assign("company", [company], zoe).changed == 1

        assert stored(conn, "company", "owner", "owner_department") == [(zoe, None)]
        assert log(conn)[-1][3].keys() == {"owner", "owner_department"}


def test_many_rows_are_refused_together_or_one_by_one(office: Database) -> None:
    with office.writing() as conn:
        records(conn).create("company", {"name": "Old", "code": "X"})
        columns = {
            "name": ["A", None, "C", "D", "E"],
            "code": ["1", "2", "X", "1", ABSENT],
            "parent": [None, None, None, None, 999],
        }
        codes = {
            1: ["name: required"],
            2: ["code: conflict_unique"],
            3: ["code: conflict_unique"],
            4: ["parent: invalid_reference"],
        }

        with pytest.raises(RowErrors) as error:
            records(conn, "ann").create_many("company", columns)
        assert {r: [f"{e.field}: {e.code}" for e in errors] for r, errors in error.value.rows.items()} == codes
        assert len(stored(conn, "company", "id")) == 1

        written = records(conn, "ann").create_many("company", columns, mode="each")
        assert {r: [f"{e.field}: {e.code}" for e in errors] for r, errors in written.errors.items()} == codes
        assert [record_id is not None for record_id in written.ids] == [True, False, False, False, False]
        assert [name for (name,) in stored(conn, "company", "name")] == ["Old", "A"]


def test_rows_outside_the_writers_scope_are_left_out_one_by_one(office: Database) -> None:
    with office.writing() as conn:
        door = records(conn, "ann")
        mine = [door.create("company", {"name": f"M{n}"}) for n in range(3)]
        other = records(conn).create("company", {"name": "B", "owner": user(conn, "bob")})
        ids = [mine[0], other, mine[1], 999]

        written = door.update_many("company", ids, {"name": ["a", "b", "", "d"]}, mode="each")

        assert written.ids == (mine[0], None, None, None)
        assert {p: [e.code for e in errors] for p, errors in written.errors.items()} == {
            1: ["not_found"],
            2: ["required"],
            3: ["not_found"],
        }
        with pytest.raises(RowErrors):
            door.update_many("company", ids, {"city": ["x"] * 4})
        assert door.update_many("company", mine, {"city": ["x"] * 3}).changed == 3
        assert [city for (city,) in stored(conn, "company", "city")] == ["x", "x", "x", None]


def test_many_rows_come_out_as_they_went_in(office: Database) -> None:
    rows = 300
    with office.writing() as conn:
        people = [user(conn, "ann"), user(conn, "bob")]
        columns = {
            "name": [f"N{n}" for n in range(rows)],
            "code": [f"c{n}" for n in range(rows)],
            "credit": [Decimal(n) / 4 for n in range(rows)],
            "tags": [("a", "c") if n % 2 else None for n in range(rows)],
            "seen": [NOW + timedelta(minutes=n) for n in range(rows)],
            "founded": [date(2000, 1, 1) + timedelta(days=n) for n in range(rows)],
            "active": [n % 3 == 0 for n in range(rows)],
            "owner": [people[n % 2] for n in range(rows)],
        }
        written = records(conn).create_many("company", columns)

        assert list(written.ids) == sorted(written.ids) and len(set(written.ids)) == rows
        table = stored(conn, "company", "id", *columns)
        assert table == list(zip(written.ids, *columns.values(), strict=True))
        assert {no for (no,) in stored(conn, "company", "no")} == {f"C2026-{n + 1:04}" for n in range(rows)}
        assert [(e, r, op) for e, r, op, _ in log(conn)] == [("company", r, "create") for r in written.ids]
        assert len(records(conn, "ann").list(ListRequest("company", ("name",), limit=500)).items) == rows // 2
        assert records(conn).create("company", {"name": "next"}) > written.ids[-1]


def test_a_number_given_by_the_system_is_kept_and_the_sequence_goes_on_behind_it(office: Database) -> None:
    with office.writing() as conn:
        door = records(conn)
        door.create("company", {"name": "A"})
        door.create_many("company", {"name": ["B", "C", "D"], "no": ["C2026-0041", "old-7", ABSENT]})
        door.create("company", {"name": "E"})
        assert [no for (no,) in stored(conn, "company", "no")] == [
            "C2026-0001",
            "C2026-0041",
            "old-7",
            "C2026-0042",
            "C2026-0043",
        ]


@pytest.mark.parametrize("count", [1, 50])
def test_a_plain_save_takes_three_statements(office: Database, count: int) -> None:
    with office.writing() as conn:
        door = records(conn, "ann")
        ids = [door.create("company", {"name": f"P{n}"}) for n in range(count)]
        with counted(conn) as statements:
            door.create("company", {"name": "New", "code": "new", "parent": ids[0], "advisor": user(conn, "bob")})
        assert len(statements) <= 4, statements  # one of them finds Bob
        values = {"code": "Y", "city": "Rome", "grade": "a", "advisor": user(conn, "bob")}
        with counted(conn) as statements:
            door.update("company", ids[0], values, rev=1)
        assert len(statements) <= 3, statements
        with counted(conn) as statements:
            door.update_many("company", ids, {"city": ["x"] * count})
        assert len(statements) <= 3, statements


def test_a_form_starts_with_defaults(office: Database) -> None:
    with office.writing() as conn:
        found = records(conn, "ann").defaults("deal", {"name": "D"})
        assert found["name"] == "D" and found["stage"] == "open" and found["closes"] == date(2026, 12, 21)
        assert records(conn, "ann").defaults("company")["advisor"] == user(conn, "ann")
        with pytest.raises(InvalidInput):
            records(conn, "ann").create("deal", {})
