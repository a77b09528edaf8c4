"""Fields that point at several records: written, found, counted, logged and let go of."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from formloom.metadata.database import Database
from formloom.metadata.linking import misplaced
from formloom.runtime.records import Records
from formloom.runtime.records.listrequest import ListRequest
from tests.runtime.links.shop import CATALOG, records
from tests.runtime.records.office import counted, refused, user


def firms(door: Records, *names: str, **more: Any) -> list[int]:
    return [door.create("firm", {"name": name, **more}) for name in names]


def found(door: Records, entity: str, raw: dict[str, Any]) -> list[int]:
    request = ListRequest(entity, (), filter=raw, sort=("id",))
    return [row["id"] for row in door.list(request).items]


def links(conn: Connection, entity: str, key: str) -> list[tuple[int, int, int]]:
    c = CATALOG.links[entity, key].c
    return [tuple(row) for row in conn.execute(sa.select(c.source, c.target, c.position).order_by(*c))]


def in_order(conn: Connection) -> bool:
    return not list(misplaced(conn, CATALOG))


def test_what_is_chosen_is_kept_in_order_with_a_link_for_each(shop: Database) -> None:
    with shop.writing() as conn:
        door = records(conn)
        a, b, c = firms(door, "A", "B", "C")
        product = door.create("product", {"name": "P", "makers": [b, a, b]})
        got = door.get("product", product)
        assert (got["makers"], got.labels["makers"]) == ((b, a), "B\nA")
        assert links(conn, "product", "makers") == [(product, a, 1), (product, b, 0)]
        door.update("product", product, {"makers": f"{c}、{a}"})
        assert door.get("product", product)["makers"] == (c, a)
        assert links(conn, "product", "makers") == [(product, a, 1), (product, c, 0)]
        door.update("product", product, {"makers": None})
        assert door.get("product", product)["makers"] is None
        assert links(conn, "product", "makers") == []


def test_many_rows_are_linked_as_one_is(shop: Database) -> None:
    with shop.writing() as conn:
        door = records(conn)
        a, b = firms(door, "A", "B")
        columns = {"name": ["P", "Q", "R"], "makers": [(a, b), None, (b,)]}
        ids = door.create_many("product", columns).ids
        assert len(links(conn, "product", "makers")) == 3
        door.update_many("product", list(ids), {"makers": [(b,), (a,), (b, a)]})
        assert in_order(conn)
        assert len(links(conn, "product", "makers")) == 4


def test_lines_have_links_of_their_own(shop: Database) -> None:
    with shop.writing() as conn:
        door = records(conn)
        a, b = firms(door, "A", "B")
        product = door.create("product", {"name": "P"})
        order = door.create("purchase", {"name": "O", "lines": [{"product": product, "makers": [a, b]}]}, "json")
        (line,) = door.get("purchase", order)["lines"]
        assert (line["makers"], line.labels["makers"]) == ((a, b), "A\nB")
        door.update("purchase", order, {"lines": [{"id": line["id"], "makers": [b]}]}, source="json")
        assert links(conn, "item", "makers") == [(line["id"], b, 0)]


def test_a_page_names_all_of_them_in_one_statement(shop: Database) -> None:
    with shop.writing() as conn:
        door = records(conn)
        ids = firms(door, *(f"F{n}" for n in range(9)))
        for n in range(20):
            door.create("product", {"name": f"P{n}", "makers": ids[n % 5 : n % 5 + 4]})
        with counted(conn) as statements:
            rows = door.list(ListRequest("product", ("name", "makers"), sort=("id",))).items
        assert len(statements) == 1
        assert rows[1].labels["makers"] == "F1\nF2\nF3\nF4"


FILTERS: list[tuple[dict[str, Any], str]] = [
    ({"field": "makers", "op": "contains", "value": 1}, "PQ"),
    ({"field": "makers", "op": "not_contains", "value": 1}, "RS"),
    ({"field": "makers", "op": "in", "value": [2, 3]}, "QR"),
    ({"field": "makers", "op": "not_in", "value": [2, 3]}, "PS"),
    ({"field": "makers", "op": "contains_all", "value": [1, 2]}, "Q"),
    ({"field": "makers", "op": "eq", "value": [2, 1]}, "Q"),
    ({"field": "makers", "op": "ne", "value": [2, 1]}, "PRS"),
    ({"field": "makers", "op": "is_empty"}, "S"),
    ({"field": "makers", "op": "is_not_empty"}, "PQR"),
    ({"field": "makers", "op": "in", "value": [3, None]}, "RS"),
    ({"field": "makers", "op": "in", "value": []}, ""),
    ({"field": "makers.city", "op": "eq", "value": "Oslo"}, "QR"),
    ({"not": {"field": "makers.city", "op": "eq", "value": "Oslo"}}, "PS"),
    ({"field": "makers.friends.city", "op": "eq", "value": "Bonn"}, "QR"),
    ({"field": "maker.friends", "op": "contains", "value": 1}, "P"),
    ({"field": "maker.friends", "op": "not_contains", "value": 1}, "QRS"),
    ({"field": "maker.friends.city", "op": "eq", "value": "Bonn"}, "P"),
    ({"some": "makers", "where": {"field": "city", "op": "eq", "value": "Bonn"}}, "PQ"),
    ({"none": "makers", "where": {"field": "city", "op": "eq", "value": "Bonn"}}, "RS"),
    ({"none": "makers"}, "S"),
]


@pytest.mark.parametrize(("raw", "expected"), FILTERS, ids=str)
def test_filters_ask_for_some_all_or_none_and_for_what_is_behind(
    shop: Database, raw: dict[str, Any], expected: str
) -> None:
    with shop.writing() as conn:
        door = records(conn)
        bonn = door.create("firm", {"name": "A", "city": "Bonn"})
        oslo = door.create("firm", {"name": "B", "city": "Oslo", "friends": [bonn]})
        other = door.create("firm", {"name": "C", "city": "Oslo", "friends": [bonn, oslo]})
        assert (bonn, oslo, other) == (1, 2, 3)
        made = {"P": [bonn], "Q": [bonn, oslo], "R": [other, oslo], "S": None}
        ids = {
            door.create("product", {"name": n, "makers": m, "maker": oslo if n == "P" else None}): n
            for n, m in made.items()
        }
        assert "".join(ids[one] for one in found(door, "product", raw)) == expected


def test_the_other_side_finds_and_counts_what_points_at_it(shop: Database) -> None:
    with shop.writing() as conn:
        door = records(conn)
        a, b = firms(door, "A", "B")
        first = door.create("product", {"name": "P", "makers": [a, b], "price": "10"})
        second = door.create("product", {"name": "Q", "makers": [b], "price": "5"})

        def sums(firm: int) -> tuple[int, str]:
            got = door.get("firm", firm)
            return got["offers"], str(got["worth"])

        assert (sums(a), sums(b)) == ((1, "10.00"), (2, "15.00"))
        assert found(
            door, "firm", {"some": "product.makers", "where": {"field": "name", "op": "eq", "value": "Q"}}
        ) == [b]
        door.update("product", first, {"price": "7"})
        door.update("product", second, {"makers": [a]})
        assert (sums(a), sums(b)) == ((2, "12.00"), (1, "7.00"))
        door.delete("product", first)
        assert (sums(a), sums(b)) == ((1, "5.00"), (0, "0.00"))
        door.restore_many("product", [first])
        assert (sums(a), sums(b)) == ((2, "12.00"), (1, "7.00"))


def test_what_goes_is_let_go_of_or_held_as_the_field_says(shop: Database) -> None:
    with shop.writing() as conn:
        door = records(conn)
        a, b, c = firms(door, "A", "B", "C")
        product = door.create("product", {"name": "P", "makers": [a, b, c], "judges": [c]})
        door.delete_many("firm", [a, b])
        assert door.get("product", product)["makers"] == (c,)
        entry = next(e for e in door.changes("product", product) if e.op == "update")
        assert [(one.field, one.old) for one in entry.fields if one.field == "makers"] == [("makers", [a, b, c])]
        assert refused(lambda: door.delete("firm", c))[0] == "in_use"
        door.delete("product", product)
        door.delete("firm", c)
        assert in_order(conn)


def test_the_log_names_what_was_chosen_before_and_after(shop: Database) -> None:
    with shop.writing() as conn:
        door = records(conn)
        a, b = firms(door, "A", "B")
        product = door.create("product", {"name": "P", "makers": [a]})
        door.update("product", product, {"makers": [a, b]})
        (told,) = [one for e in door.changes("product", product) if e.op == "update" for one in e.fields]
        assert (told.old, told.new, told.old_text, told.new_text) == ([a], [a, b], "A", "A, B")


def test_what_is_not_there_or_not_his_cannot_be_chosen(shop: Database) -> None:
    with shop.writing() as conn:
        system, ann = records(conn), records(conn, "ann")
        theirs = system.create("firm", {"name": "Canary"}, "form")
        own = ann.create("firm", {"name": "Own"})
        for wrong in ([theirs], [own, theirs], [own, 999]):
            assert refused(lambda wrong=wrong: ann.create("product", {"name": "P", "makers": wrong})) == (
                "validation_failed",
                {"makers": "invalid_reference"},
            )
        assert refused(lambda: system.create("product", {"name": "P", "makers": [999]}))[1] == {
            "makers": "invalid_reference"
        }


def test_a_chosen_record_that_is_hidden_is_neither_named_nor_lost(shop: Database) -> None:
    with shop.writing() as conn:
        system, ann = records(conn), records(conn, "ann")
        theirs = system.create("firm", {"name": "Canary"})
        own = ann.create("firm", {"name": "Own"})
        product = system.create("product", {"name": "P", "makers": [theirs, own], "judges": [own]})
        got = ann.get("product", product)
        assert got.labels["makers"] == "\nOwn"
        assert "judges" not in got
        ann.update("product", product, {"makers": [theirs], "name": "Q"})
        assert system.get("product", product)["makers"] == (theirs,)
        for raw in (
            {"field": "makers.name", "op": "contains", "value": "Can"},
            {"some": "makers", "where": {"field": "name", "op": "contains", "value": "Can"}},
        ):
            assert found(ann, "product", raw) == []
            assert found(system, "product", raw) == [product]
        for hidden in (
            {"field": "judges", "op": "contains", "value": own},
            {"field": "judges.name", "op": "eq", "value": "Own"},
            {"field": "makers.secret", "op": "eq", "value": "x"},
            {"some": "judges"},
        ):
            assert refused(lambda hidden=hidden: found(ann, "product", hidden))[0] == "unknown_field"
        assert refused(lambda: found(ann, "firm", {"some": "product.judges"}))[0] == "unknown_field"


def test_a_path_that_leads_to_several_is_no_column(shop: Database) -> None:
    with shop.writing() as conn:
        door = records(conn)
        for columns, sort in (((), ("makers.name",)), (("makers.name",), ()), ((), ("makers",))):
            code, _ = refused(
                lambda c=columns, s=sort: door.list(
                    ListRequest.parse(door.ctx.access, "product", {"fields": ",".join(c), "sort": ",".join(s)})
                )
            )
            assert code in ("unknown_field", "bad_sort")


def test_an_owner_may_be_written_beside_them_at_the_usual_price(shop: Database) -> None:
    with shop.writing() as conn:
        ann = records(conn, "ann")
        own = ann.create("firm", {"name": "Own"})
        with counted(conn) as statements:
            ann.create("product", {"name": "P", "makers": [own]})
        creating = len(statements)
        with counted(conn) as statements:
            ann.create("product", {"name": "Q"})
        assert user(conn, "ann") and creating - len(statements) <= 3
