"""What fields say of their values: unique within, masked, something else, choices that depend, filled."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from formloom.metadata.catalog import Catalog, build
from formloom.metadata.database import Database
from formloom.metadata.errors import AccessDenied, FormloomError, UnknownField
from formloom.metadata.masks import masked_column, masked_text
from formloom.runtime.records import AggregateRequest, ListRequest, Records
from tests.prepared import copies_of
from tests.runtime.records.office import PEOPLE, ROLES, build_for, context, entity, field

KINDS = [{"key": k, "label": k.upper()} for k in ("fruit", "tool")]
GOODS = [
    {"key": "apple", "label": "Apple", "when": ["fruit"]},
    {"key": "saw", "label": "Saw", "when": ["tool"]},
    {"key": "box", "label": "Box"},
]
OPEN = {"field": "state", "op": "eq", "value": "open"}
ENTITIES = (
    entity(
        "shop",
        "name",
        field("name", required=True),
        field("phone", "phone", mask="phone", searchable=True),
        field("email", "email", mask="email"),
        field("call", "formula", formula="CONCAT(name, phone)", result="text"),
        field("items", "subtable", target="item"),
        field("city"),
    ),
    entity("item", "name", field("name"), field("count", "integer"), parent="shop"),
    entity(
        "sale",
        "name",
        field("name", unique={"within": "shop"}),
        field(
            "shop",
            "relation",
            target="shop",
            fill=[
                {"from": "city", "to": "place"},
                {"from": "name", "to": "memo", "when": "always"},
                {
                    "from": "items",
                    "to": "lines",
                    "map": [{"from": "name", "to": "what"}, {"from": "count", "to": "n"}],
                },
            ],
        ),
        field("year", "integer"),
        field("code", unique={"with": ["year"]}),
        field("state", "select", options=[{"key": k, "label": k} for k in ("open", "done")]),
        field("desk", unique={"where": OPEN}),
        field("kind", "select", options=KINDS),
        field("goods", "select", options=GOODS, depends="kind", other=True),
        field("more", "multiselect", options=GOODS, depends="kind", other=True),
        field("place"),
        field("memo"),
        field("lines", "subtable", target="sold"),
    ),
    entity("sold", "what", field("what", unique={"within": "sale"}), field("n", "integer"), parent="sale"),
)


def grant(key: str, of: str, role: str, **more: Any) -> dict[str, Any]:
    operations = dict.fromkeys(("view", "create", "edit", "delete"), "all")
    shared = {"label": key, "members": [{"role": role}], "operations": operations, "fields": {"*": "edit"}}
    return {"kind": "grant", "key": f"{of}.{key}", "entity": of, **shared, **more}


CATALOG: Catalog = build(
    [
        *ENTITIES,
        *ROLES,
        grant("seller", "shop", "seller"),
        grant("lead", "shop", "lead", reveal=["phone"]),
        grant("sales", "sale", "seller"),
        grant("leads", "sale", "lead"),
    ],
    version=9,
)


def furnish(url: str) -> None:
    """Make the system tables, the shops' tables and the people."""
    build_for(CATALOG, PEOPLE, url)


shops = copies_of(furnish)
"""A database with shops in it."""


def door(conn: Connection, login: str = "") -> Records:
    return Records(context(conn, login, catalog=CATALOG))


def codes(call: Any, conn: Connection) -> dict[str, str]:
    with pytest.raises(FormloomError) as error, conn.begin_nested():
        call()
    return {each.field: each.code for each in error.value.fields}


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        ("phone", "13812345678", "138****5678"),
        ("phone", "1234567", "****"),
        ("email", "wang@example.com", "w****@example.com"),
        ("email", "w@example.com", "****@example.com"),
        ("email", "nobody", "n****"),
        ("name", "王建国", "王****"),
        ("name", "王", "****"),
        ("id", "11010519491231002X", "110****002X"),
        ({"keep_end": 2}, "abcdef", "****ef"),
        ({"keep_start": 2, "keep_end": 1}, "é中𠮷x", "é中****x"),
        ("phone", None, None),
    ],
)
def test_a_mask_shows_the_same_in_sql_and_in_python(shops: Database, mask: Any, value: Any, shown: Any):
    with shops.reading() as conn:
        assert conn.scalar(sa.select(masked_column(mask, sa.literal(value, sa.Text)))) == shown
    assert masked_text(mask, value) == shown


def test_a_masked_value_is_shown_in_part_and_compared_by_who_may_see_the_whole(shops: Database):
    with shops.writing() as conn:
        shop = door(conn).create("shop", {"name": "A", "phone": "13812345678", "email": "wang@example.com"})
        seller, lead = door(conn, "ann"), door(conn, "lea")
        for records in (seller, lead):
            row = records.get("shop", shop)
            assert (row["phone"], row["email"]) == ("138****5678", "w****@example.com")
            assert "call" not in row
        wanted = {"field": "phone", "op": "eq", "value": "13812345678"}
        assert [r["id"] for r in lead.list(ListRequest("shop", ("name",), filter=wanted)).items] == [shop]
        assert [r["id"] for r in lead.list(ListRequest("shop", ("name",), search="1234")).items] == [shop]
        assert not seller.list(ListRequest("shop", ("name",), search="1234")).items
        with pytest.raises(UnknownField):
            seller.list(ListRequest("shop", ("name",), filter=wanted))
        for ask in ({"sort": "phone"}, {"sort": "-email"}):
            with pytest.raises(UnknownField):
                ListRequest.parse(lead.ctx.access, "shop", ask)
        grouped = {"group_by": [{"field": "phone"}], "measures": [{"op": "count"}]}
        with pytest.raises(UnknownField):
            lead.aggregate(AggregateRequest.parse(lead.ctx.access, "shop", grouped))


def test_revealing_is_for_who_may_and_is_logged(shops: Database):
    with shops.writing() as conn:
        shop = door(conn).create("shop", {"name": "A", "phone": "13812345678", "email": "wang@example.com"})
        seller, lead = door(conn, "ann"), door(conn, "lea")

        assert lead.reveal("shop", shop, "phone") == "13812345678"
        assert [(e.op, e.actor_name, [f.field for f in e.fields]) for e in lead.changes("shop", shop)][0] == (
            "reveal",
            "Lea",
            ["phone"],
        )
        for records, key in ((seller, "phone"), (lead, "email")):
            with pytest.raises(AccessDenied):
                records.reveal("shop", shop, key)
        with pytest.raises(UnknownField):
            lead.reveal("shop", shop, "name")


def test_a_masked_text_that_comes_back_changes_nothing_and_history_is_masked(shops: Database):
    with shops.writing() as conn:
        shop = door(conn).create("shop", {"name": "A", "phone": "13812345678"})
        seller = door(conn, "ann")

        rev = seller.update("shop", shop, {"phone": "138****5678", "name": "B"}, rev=1)
        assert codes(lambda: seller.update("shop", shop, {"phone": "139****0000"}), conn) == {
            "phone": "masked_text"
        }
        assert codes(lambda: seller.create("shop", {"name": "C", "phone": "138****5678"}), conn) == {
            "phone": "masked_text"
        }
        seller.update("shop", shop, {"phone": "13900001111"}, rev=rev)
        table = CATALOG.tables["shop"]
        assert conn.scalar(sa.select(table.c.phone).where(table.c.id == shop)) == "13900001111"
        changes = [(f.old, f.new) for e in seller.changes("shop", shop) for f in e.fields if f.field == "phone"]
        assert changes == [("138****5678", "139****1111")]
        seller.ctx.conn.execute(sa.text("select 1"))


def test_values_do_not_repeat_within_a_parent_together_or_under_a_condition(shops: Database):
    with shops.writing() as conn:
        records = door(conn)
        one, two = records.create_many("shop", {"name": ["1", "2"]}).ids
        first = records.create("sale", {"name": "x", "shop": one, "year": "2026", "code": "c"})
        again = codes(lambda: records.create("sale", {"name": "x", "shop": one}), conn)
        assert again == {"name": "conflict_unique_within"}
        records.create("sale", {"name": "x", "shop": two, "year": "2027", "code": "c"})
        moved = codes(lambda: records.update("sale", first, {"year": "2027"}), conn)
        assert moved == {"code": "conflict_unique_within"}
        desk = records.create("sale", {"desk": "d", "state": "open"})
        records.create_many("sale", {"desk": ["d", "d"], "state": ["done", "done"]})
        assert codes(lambda: records.create("sale", {"desk": "d", "state": "open"}), conn) == {
            "desk": "conflict_unique"
        }
        double = {"desk": ["e", "e"], "state": ["open", "open"]}
        assert codes(lambda: records.create_many("sale", double), conn) == {"items[1].desk": "conflict_unique"}
        records.update("sale", desk, {"state": "done"})
        records.create("sale", {"desk": "d", "state": "open"})
        rows = [{"what": "a"}, {"what": "a"}]
        assert codes(lambda: records.create("sale", {"lines": rows}), conn) == {
            "lines[1].what": "conflict_unique_within"
        }
        assert {i.name: i.unique for i in CATALOG.tables["sale"].indexes if i.unique} == {
            "uq_sale_name": True,
            "uq_sale_code": True,
            "uq_sale_desk": True,
        }


def test_choices_go_with_the_choice_they_depend_on_and_may_be_something_else(shops: Database):
    with shops.writing() as conn:
        records = door(conn)

        def create(**values: Any) -> dict[str, str]:
            return codes(lambda: records.create("sale", values), conn)

        assert create(kind="tool", goods="apple") == {"goods": "option_not_offered"}
        assert create(goods="apple") == {"goods": "option_not_offered"}
        assert create(kind="tool", more=["saw", "apple"]) == {"more": "option_not_offered"}
        sale = records.create("sale", {"kind": "fruit", "goods": "apple", "more": ["box", "apple"]})
        assert codes(lambda: records.update("sale", sale, {"kind": "tool"}), conn).keys() == {"goods", "more"}
        records.update("sale", sale, {"kind": "tool", "goods": "其他：锤子", "more": ["saw", "other: nails"]})
        row = records.get("sale", sale)
        assert (row["goods"], row["more"]) == ("other:锤子", ("saw", "other:nails"))
        assert create(goods="other:") == {"goods": "other_empty"}
        asked = ListRequest("sale", ("name",), filter={"field": "goods", "op": "eq", "value": "other:锤子"})
        assert [each["id"] for each in records.list(asked).items] == [sale]


@pytest.mark.parametrize("source", ["typed", "form", "json"])
def test_a_picked_record_fills_what_is_not_given(shops: Database, source: Any):
    with shops.writing() as conn:
        items = [{"name": "p", "count": 2}, {"name": "q", "count": 3}]
        shop = door(conn).create("shop", {"name": "S", "city": "Wuhan", "items": items}, "typed")
        other = door(conn).create("shop", {"name": "T", "city": "Xian"}, "typed")
        records = door(conn, "lea")
        sale = records.create("sale", {"shop": shop}, source)
        row = records.get("sale", sale)
        assert (row["place"], row["memo"]) == ("Wuhan", "S")
        assert [(line["what"], line["n"]) for line in row["lines"]] == [("p", 2), ("q", 3)]
        records.update("sale", sale, {"shop": other}, source=source)
        row = records.get("sale", sale)
        assert (row["place"], row["memo"]) == ("Wuhan", "T")
        given = records.create("sale", {"shop": shop, "place": "Here", "lines": []}, source)
        row = records.get("sale", given)
        assert (row["place"], row["memo"], row["lines"]) == ("Here", "S", [])


def test_a_filter_does_not_tell_of_a_target_field_its_picker_does_not_see(shops: Database):
    documents = [
        entity("hall", "name", field("name"), field("secret"), field("open", "boolean", default=True)),
        entity(
            "show",
            "name",
            field("name"),
            field("guess"),
            field(
                "hall",
                "relation",
                target="hall",
                filter={
                    "all": [
                        {"field": "secret", "op": "eq", "value": {"from": "guess"}},
                        {"field": "open", "op": "eq", "value": True},
                    ]
                },
            ),
        ),
        *ROLES,
        grant("seller", "hall", "seller", fields={"*": "edit", "secret": "none"}),
        grant("lead", "hall", "lead"),
        grant("shows", "show", "seller"),
        grant("showl", "show", "lead"),
    ]
    catalog = build(documents, version=10)
    with shops.writing() as conn:
        next(iter(catalog.tables.values())).metadata.create_all(
            conn, [catalog.tables["hall"], catalog.tables["show"]]
        )
        hall = Records(context(conn, catalog=catalog)).create("hall", {"name": "H", "secret": "x"})
        for login, guess, taken in (
            ("ann", "x", True),
            ("ann", "y", True),
            ("lea", "x", True),
            ("lea", "y", False),
        ):
            records = Records(context(conn, login, catalog=catalog))
            values = {"name": "n", "guess": guess, "hall": hall}
            if taken:
                assert records.create("show", values)
            else:
                assert codes(lambda: records.create("show", values), conn) == {"hall": "invalid_reference"}  # noqa: B023
