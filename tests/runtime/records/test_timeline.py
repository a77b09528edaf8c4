"""The timeline tells what happened, with the rights of the moment it is read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from formloom.metadata.database import Database
from formloom.metadata.errors import NotFound
from formloom.runtime.records import Records
from tests.runtime.records import office as world
from tests.runtime.records.office import NOW, user


def records(conn, minute: int, login: str = "") -> Records:
    """The door to rows at some minute."""
    return world.records(conn, login, now=NOW + timedelta(minutes=minute))


def told(conn, entity: str, record_id: int, login: str = "") -> list[tuple]:
    """(op, who, {field: (old text, new text)}) of each entry, the newest first."""
    return [
        (e.op, e.actor_name, {f.field: (f.old_text, f.new_text) for f in e.fields})
        for e in records(conn, 99, login).changes(entity, record_id)
    ]


def test_changes_are_told_with_texts_names_and_new_values(office: Database) -> None:
    with office.writing() as conn:
        ann, bob = user(conn, "ann"), user(conn, "bob")
        parent = records(conn, 0).create("company", {"name": "Parent", "owner": ann})
        company = records(conn, 0).create("company", {"name": "A", "credit": "5", "owner": ann, "grade": "a"})
        records(conn, 1, "ann").update("company", company, {"name": "B", "grade": "c", "advisor": bob})
        records(conn, 2, "ann").update("company", company, {"name": "C", "parent": parent, "credit": "7"})
        records(conn, 3, "ann").delete("company", company)
        records(conn, 4).restore_many("company", [company])

        assert told(conn, "company", company, "ann") == [
            ("restore", "", {}),
            ("delete", "Ann", {}),
            ("update", "Ann", {"name": ("B", "C"), "parent": ("", "Parent"), "credit": ("5.00", "7.00")}),
            ("update", "Ann", {"name": ("A", "B"), "grade": ("Alpha", "C"), "advisor": ("", "Bob")}),
            ("create", "", {}),
        ]


def test_fields_hidden_by_now_are_told_nothing_of(office: Database) -> None:
    with office.writing() as conn:
        company = records(conn, 0).create("company", {"name": "A", "owner": user(conn, "ann")})
        records(conn, 1).update("company", company, {"secret": "x"})
        records(conn, 2).update("company", company, {"secret": "y", "city": "Rome"})
        assert [op for op, *_ in told(conn, "company", company)] == ["update", "update", "create"]
        assert told(conn, "company", company, "ann") == [
            ("update", "", {"city": ("", "Rome")}),
            ("create", "", {}),
        ]
        with pytest.raises(NotFound):
            told(conn, "company", company, "bob")


def test_a_reference_out_of_sight_is_told_as_a_dash(office: Database) -> None:
    with office.writing() as conn:
        ann = user(conn, "ann")
        hidden = records(conn, 0).create("company", {"name": "Hidden", "owner": user(conn, "bob")})
        company = records(conn, 0).create("company", {"name": "A", "owner": ann})
        records(conn, 1).update("company", company, {"parent": hidden})
        assert told(conn, "company", company, "ann")[0] == ("update", "", {"parent": ("", "—")})
        assert told(conn, "company", company)[0] == ("update", "", {"parent": ("", "Hidden")})


def test_changes_of_lines_are_told_with_their_record(office: Database) -> None:
    with office.writing() as conn:
        product = records(conn, 0).create("product", {"name": "Bolt", "price": "2"})
        lines = [{"product": product, "qty": 1}, {"product": product, "qty": 2}]
        deal = records(conn, 0).create("deal", {"name": "D", "lines": lines, "owner": user(conn, "ann")})
        one, two = (line["id"] for line in records(conn, 0).get("deal", deal)["lines"])
        given = [{"id": one, "qty": 5}, {"product": product, "qty": 9}]
        records(conn, 1, "ann").update("deal", deal, {"lines": given})

        entries = records(conn, 99, "ann").changes("deal", deal)

        told_of = [
            (e.entity, e.op, e.title, {f.field: (f.old_text, f.new_text) for f in e.fields}) for e in entries
        ]
        assert sorted(told_of[:-1], key=str) == [
            ("line", "create", "Bolt", {}),
            ("line", "delete", "", {}),
            ("line", "update", "Bolt", {"qty": ("1", "5")}),
        ]
        assert told_of[-1] == ("deal", "create", "", {})
        assert two in {e.record_id for e in entries}
