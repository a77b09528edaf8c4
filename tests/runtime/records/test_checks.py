"""What must hold of values before they are written: references, pickers, unique values, trees."""

from __future__ import annotations

import pytest

from formloom.metadata.database import Database
from formloom.metadata.errors import Conflict
from formloom.runtime.records import RowErrors
from tests.runtime.records.office import records, refused, user


@pytest.mark.parametrize("how", ["absent", "out of scope", "deleted", "of another entity"])
def test_a_reference_to_what_cannot_be_seen_is_refused_alike(office: Database, how: str) -> None:
    with office.writing() as conn:
        door, system = records(conn, "ann"), records(conn)
        mine = door.create("company", {"name": "Mine"})
        target = {"absent": 4711}.get(how) or system.create("company", {"name": "X", "owner": user(conn, "bob")})
        if how == "deleted":
            target = door.create("company", {"name": "Gone"})
            door.delete("company", target)
        elif how == "of another entity":
            target = 100 + system.create("contact", {"name": "C", "company": mine})
        expected = ("validation_failed", {"company": "invalid_reference"})
        assert refused(lambda: door.create("contact", {"name": "K", "company": target})) == expected
        contact = door.create("contact", {"name": "K", "company": mine})
        assert refused(lambda: door.update("contact", contact, {"company": target})) == expected


def test_an_old_link_to_what_cannot_be_seen_survives_an_unrelated_save(office: Database) -> None:
    with office.writing() as conn:
        hidden = records(conn).create("company", {"name": "B", "owner": user(conn, "bob")})
        mine = records(conn).create("company", {"name": "A", "parent": hidden, "owner": user(conn, "ann")})
        door = records(conn, "ann")
        assert door.update("company", mine, {"name": "AA", "parent": hidden}) == 2
        assert "parent" not in door.get("company", mine).labels


def test_a_picker_offers_only_what_its_filter_says(office: Database) -> None:
    with office.writing() as conn:
        door = records(conn)
        one, two = (door.create("company", {"name": name}) for name in "AB")
        anna, bert = (door.create("contact", {"name": n, "company": c}) for n, c in (("Anna", one), ("Bert", two)))
        wrong = ("validation_failed", {"contact": "invalid_reference"})

        deal = door.create("deal", {"name": "D", "company": one, "contact": anna})
        door.create("deal", {"name": "E", "contact": bert})
        assert refused(lambda: door.create("deal", {"name": "F", "company": one, "contact": bert})) == wrong
        assert refused(lambda: door.update("deal", deal, {"contact": bert})) == wrong
        assert refused(lambda: door.update("deal", deal, {"company": two})) == wrong
        door.update("deal", deal, {"company": two, "contact": bert})

        columns = {"name": ["G", "H"], "company": [one, one], "contact": [anna, bert]}
        with pytest.raises(RowErrors) as error:
            door.create_many("deal", columns)
        assert {row: [e.field for e in errors] for row, errors in error.value.rows.items()} == {1: ["contact"]}


def test_unique_values_are_kept_among_live_rows_even_those_out_of_sight(office: Database) -> None:
    with office.writing() as conn:
        bobs = records(conn, "bob").create("company", {"name": "B", "code": "X"})
        door = records(conn, "ann")
        mine = door.create("company", {"name": "A", "code": "Y"})
        taken = ("conflict_unique", {"code": "conflict_unique"})
        assert refused(lambda: door.create("company", {"name": "C", "code": "X"})) == taken
        assert refused(lambda: door.update("company", mine, {"code": "X"})) == taken
        door.update("company", mine, {"code": "Y", "name": "AA"})
        records(conn, "bob").delete("company", bobs)
        door.update("company", mine, {"code": "X"})
        assert refused(lambda: records(conn, "bob").restore_many("company", [bobs])) == taken


def test_the_unique_index_has_the_last_word(office: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with office.writing() as conn:
        records(conn).create("company", {"name": "B", "code": "X"})
        monkeypatch.setattr("formloom.runtime.records.checks.uniques", lambda batch, own=(): [])
        for columns in ({"name": ["C"], "code": ["X"]}, {"name": ["C", "D"], "code": ["Z", "X"]}):
            point = conn.begin_nested()
            with pytest.raises(Conflict) as error:
                records(conn).create_many("company", columns)
            point.rollback()
            assert [each.field for each in error.value.fields] == ["code"]


def test_a_circle_of_references_is_refused(office: Database) -> None:
    with office.writing() as conn:
        door = records(conn)
        top = door.create("company", {"name": "A"})
        middle = door.create("company", {"name": "B", "parent": top})
        low = door.create("company", {"name": "C", "parent": middle})
        for parent in (top, middle, low):
            expected = ("validation_failed", {"parent": "circular_reference"})
            assert refused(lambda parent=parent: door.update("company", top, {"parent": parent})) == expected
