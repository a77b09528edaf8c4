"""A shop for tests of links: categories below each other, products of several makers, firms in regions, orders.

Ann sells: she sees firms of her own without their `secret` and `region`, no judges of a product, and no category
that is called Hidden.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Connection

from formloom.metadata.catalog import build
from formloom.rbac.accounts import NewUser
from formloom.runtime.records import Records
from tests.runtime.records import office
from tests.runtime.records.office import entity, field, grant

ENTITIES = (
    entity(
        "region",
        "name",
        field("name", required=True),
        field("tax", "percent"),
        field("boss", "user"),
    ),
    entity(
        "firm",
        "name",
        field("name", required=True, searchable=True),
        field("city"),
        field("secret"),
        field("region", "relation", target="region", on_delete="set_null"),
        field("friends", "multi_relation", target="firm", on_delete="unlink"),
        field("tax", "lookup", path="region.tax"),
        field("leak", "lookup", path="region.name", publish=True),
        field("offers", "rollup", function="count", of="product", by="makers"),
        field("worth", "rollup", function="sum", of="product.price", by="makers"),
    ),
    entity(
        "category",
        "name",
        field("name", required=True),
        field("parent", "tree"),
        field("above", "lookup", path="parent.name"),
        field("products", "rollup", function="count", of="product", by="category", branch=True),
        field("value", "rollup", function="sum", of="product.gross", by="category", branch=True),
        field("kinds", "rollup", function="count", of="category", by="parent", branch=True),
    ),
    entity(
        "product",
        "name",
        field("name", required=True),
        field("category", "relation", target="category", on_delete="set_null"),
        field("makers", "multi_relation", target="firm", on_delete="unlink"),
        field("judges", "multi_relation", target="firm", label="Judges"),
        field("price", "money"),
        field("maker", "relation", target="firm", on_delete="set_null"),
        field("tax", "lookup", path="maker.tax"),
        field("gross", "formula", formula="price * (100 + tax) / 100", result="money"),
        field("shelf", "lookup", path="category.above"),
        field("boss", "lookup", path="maker.region.boss"),
        field("many", "formula", formula="COUNT(makers) + IF(HAS(makers, maker), 10, 0)", result="integer"),
    ),
    entity(
        "purchase",
        "name",
        field("name", required=True),
        field("buyer", "relation", target="firm"),
        field("lines", "subtable", target="item"),
        field("total", "rollup", function="sum", of="lines.amount"),
        field("doubled", "formula", formula="total * 2", result="money"),
    ),
    entity(
        "item",
        "product",
        field("product", "relation", target="product", required=True),
        field("qty", "integer", default=1),
        field("price", "lookup", path="product.gross"),
        field("amount", "formula", formula="qty * price", result="money"),
        field("makers", "multi_relation", target="firm", on_delete="unlink"),
        parent="purchase",
    ),
    entity(
        "payment",
        "name",
        field("name", required=True),
        field("purchase", "relation", target="purchase", on_delete="cascade"),
        field("due", "lookup", path="purchase.doubled"),
        field("rest", "formula", formula="due - 1", result="money"),
    ),
)

ROLES = (
    {"kind": "role", "key": "admin", "label": "Admin", "administrator": True},
    {"kind": "role", "key": "seller", "label": "Seller"},
)

NO_WRITING = {"create": False, "edit": False, "delete": False, "restore": False}

GRANTS = (
    grant("seller", "firm", "seller", "own", {"*": "edit", "secret": "none", "region": "none"}),
    grant("seller", "category", "seller", {"where": {"field": "name", "op": "ne", "value": "Hidden"}}),
    grant("seller", "product", "seller", "all", {"*": "edit", "judges": "none"}),
    grant("seller", "purchase", "seller", "all", {"*": "edit", "lines": "edit"}),
)

CATALOG = build((*ENTITIES, *ROLES, *GRANTS), version=3)

PEOPLE = (
    NewUser(login="root", name="Root", roles=("admin",)),
    NewUser(login="ann", name="Ann", roles=("seller",)),
)


def furnish(url: str) -> None:
    """Make the system tables, the shop's tables and its people."""
    office.build_for(CATALOG, PEOPLE, url)


def context(conn: Connection, login: str = "") -> Any:
    """A context of the shop; without a login the system's."""
    return office.context(conn, login, catalog=CATALOG)


def records(conn: Connection, login: str = "") -> Records:
    """The door to the shop's rows."""
    return Records(context(conn, login))
