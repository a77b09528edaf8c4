"""Deleting and restoring: what goes along, what stands in the way, what comes back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from formloom.metadata.database import Database
from formloom.metadata.errors import Conflict, NotFound
from formloom.runtime.changelog import changes
from formloom.runtime.records import ListRequest
from tests.runtime.records.office import NOW, context, records, stored, user


def live(conn, entity: str) -> list[int]:
    """Ids of rows that are not deleted."""
    return [record_id for record_id, gone in stored(conn, entity, "id", "deleted_at") if gone is None]


def test_a_record_goes_with_its_lines_and_comes_back_with_them(office: Database) -> None:
    with office.writing() as conn:
        door = records(conn)
        product = door.create("product", {"name": "Bolt", "price": "2"})
        lines = [{"product": product}, {"product": product}]
        deal = door.create("deal", {"name": "D", "lines": lines, "owner": user(conn, "ann")})
        first = door.get("deal", deal)["lines"][0]["id"]
        door.update("deal", deal, {"lines": [{"id": first}]})

        later = NOW + timedelta(minutes=1)
        assert records(conn, "ann", now=later).delete("deal", deal, rev=2) == 2
        assert live(conn, "deal") == live(conn, "line") == []
        with pytest.raises(NotFound):
            records(conn, "ann").delete("deal", deal)
        (bin_row,) = records(conn, "ann").list(ListRequest("deal", ("name", "total"), deleted=True)).items
        assert bin_row["total"] == Decimal("2.00")

        assert records(conn, "ann").restore_many("deal", [deal]).changed == 2
        found = records(conn, "ann").get("deal", deal)
        assert [line["id"] for line in found["lines"]] == [first]
        assert (found["total"], found["rev"]) == (Decimal("2.00"), 4)
        ops = conn.scalars(sa.select(changes.c.op).where(changes.c.entity == "deal").order_by(changes.c.seq))
        assert list(ops) == ["create", "update", "delete", "restore"]


def test_what_is_pointed_at_stays_and_only_visible_rows_are_counted(office: Database) -> None:
    with office.writing() as conn:
        door = records(conn)
        company = door.create("company", {"name": "A", "owner": user(conn, "ann")})
        for owner in ("ann", "bob"):
            door.create("deal", {"name": "D", "company": company, "owner": user(conn, owner)})
        with pytest.raises(Conflict) as error:
            records(conn, "ann").delete("company", company)
        assert (error.value.code, error.value.data) == ("in_use", {"count": 1, "entity": "Deal"})
        assert error.value.message("en") == "It cannot be deleted: 1 records of “Deal” refer to it."
        assert live(conn, "company") == [company]


def test_references_are_emptied_or_followed_as_their_fields_say(office: Database) -> None:
    with office.writing() as conn:
        door = records(conn)
        top = door.create("company", {"name": "Top"})
        low = door.create("company", {"name": "Low", "parent": top})
        for amount in ("1", "2"):
            door.create("payment", {"company": top, "amount": amount})
        other = door.create("payment", {"company": low, "amount": "4"})

        door.delete("company", top)

        assert stored(conn, "company", "id", "parent", "rev") == [(top, None, 2), (low, None, 2)]
        assert live(conn, "payment") == [other]
        door.restore_many("company", [top])
        assert len(live(conn, "payment")) == 3 and door.get("company", top)["paid"] == Decimal("3.00")


def test_rows_that_go_along_need_the_right_to_delete_them(office: Database) -> None:
    with office.writing() as conn:
        company = records(conn).create("company", {"name": "A", "owner": user(conn, "ann")})
        records(conn, "ann").delete("company", company)
        records(conn, "ann").restore_many("company", [company])
        records(conn).create("payment", {"company": company, "amount": "1"})
        with pytest.raises(Conflict) as error:
            records(conn, "ann").delete("company", company)
        # She may see no payment: that there is something is all she learns.
        assert (error.value.code, error.value.data) == ("delete_not_all", {})
        assert live(conn, "company") == [company] and len(live(conn, "payment")) == 1


def test_many_go_together_or_one_by_one(office: Database) -> None:
    with office.writing() as conn:
        door = records(conn, "ann")
        ids = [door.create("company", {"name": name}) for name in "ABC"]
        door.create("contact", {"name": "K", "company": ids[1]})
        with pytest.raises(Conflict):
            door.delete_many("company", ids)
        assert live(conn, "company") == ids

        written = door.delete_many("company", [*ids, 999], mode="each")

        assert written.ids == (ids[0], None, ids[2], None) and written.changed == 2
        assert {p: [e.code for e in errors] for p, errors in written.errors.items()} == {
            1: ["in_use"],
            3: ["not_found"],
        }
        assert live(conn, "company") == [ids[1]]


def test_a_line_comes_back_only_to_a_live_record(office: Database) -> None:
    with office.writing() as conn:
        door = records(conn)
        product = door.create("product", {"name": "Bolt", "price": "2"})
        deal = door.create("deal", {"name": "D", "lines": [{"product": product}]})
        line = door.get("deal", deal)["lines"][0]["id"]
        door.delete("deal", deal)
        with pytest.raises(Conflict) as error:
            door.restore_many("line", [line])
        assert error.value.code == "parent_deleted"


def test_a_row_is_restored_only_by_who_may_restore_it(office: Database) -> None:
    with office.writing() as conn:
        company = records(conn).create("company", {"name": "A", "owner": user(conn, "ann")})
        records(conn).delete("company", company)
        with pytest.raises(NotFound):
            records(conn, "bob").restore_many("company", [company])
        records(conn, "ann").restore_many("company", [company])
        with pytest.raises(NotFound):
            records(conn, "ann").restore_many("company", [company])
        assert context(conn, "ann").access.may("company", "restore")
