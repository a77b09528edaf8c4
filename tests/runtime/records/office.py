"""A small business for tests of records: companies with contacts, deals with lines, products, payments.

Ann and Bob of the department `east` are sellers: each sees his own companies and deals, with `credit` shown in his
own and nobody's `secret`. Lea leads them and sees the department's, `credit` included. Products are for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection

from formloom.metadata.catalog import Catalog, build
from formloom.metadata.conditions import Env
from formloom.metadata.errors import FormloomError
from formloom.metadata.physical import create_all
from formloom.rbac import accounts, organisation, tables
from formloom.rbac.access import Access, access_for
from formloom.rbac.accounts import NewUser
from formloom.rbac.actor import load_actor
from formloom.runtime.records import Records
from tests.prepared import opened, prepare

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
SECRET = "a secret of forty characters for the tests"


def field(key: str, kind: str = "text", **options: Any) -> dict[str, Any]:
    """A field of an entity's document."""
    return {"key": key, "type": kind, "label": {"zh": f"字段{key}", "en": key.title()}, **options}


def entity(key: str, title: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An entity's document."""
    return {"kind": "entity", "key": key, "label": key.title(), "title": title, "fields": list(fields), **more}


GRADES = [
    {"key": "a", "label": {"zh": "甲", "en": "Alpha"}},
    {"key": "b", "label": "Beta"},
    {"key": "c", "label": "C"},
]

STAGES = [{"key": key, "label": key.title(), "category": key} for key in ("open", "won", "lost")]

ENTITIES = (
    entity(
        "company",
        "name",
        field("no", "autonumber", pattern="C{YYYY}-{seq:4}", unique=True, read_only=True),
        field("name", required=True, max_length=40, searchable=True),
        field("code", unique=True, searchable=True),
        field("city", indexed=True),
        field("grade", "select", options=GRADES, default="b"),
        field("staff", "integer", min=0),
        field("credit", "money", min=0),
        field("secret"),
        field("rate", "percent"),
        field("founded", "date"),
        field("seen", "datetime"),
        field("active", "boolean", default=True),
        field("tags", "multiselect", options=GRADES),
        field("parent", "relation", target="company", on_delete="set_null"),
        field("advisor", "user", default_formula="ME()"),
        field("contacts", "rollup", function="count", of="contact", by="company", publish=True),
        field(
            "won",
            "rollup",
            function="sum",
            of="deal.total",
            by="company",
            where={"field": "stage", "op": "eq", "value": "won"},
            publish=True,
        ),
        field("paid", "rollup", function="sum", of="payment.amount", by="company", publish=True),
        field("open", "formula", formula="MAX(won - paid, 0)", result="money", publish=True),
        field("age", "formula", formula="DAYS(TODAY(), founded)", result="integer"),
    ),
    entity(
        "contact",
        "name",
        field("name", required=True, searchable=True),
        field("company", "relation", target="company", required=True),
        field(
            "boss",
            "relation",
            target="contact",
            filter={"field": "company", "op": "eq", "value": {"from": "company"}},
        ),
        field("badge", "formula", formula='CONCAT(name, " @ ", company.name)', result="text", publish=True),
    ),
    entity("product", "name", field("name", required=True), field("price", "money"), field("unit", default="pc")),
    entity(
        "deal",
        "name",
        field("name", required=True),
        field("company", "relation", target="company"),
        field(
            "contact",
            "relation",
            target="contact",
            on_delete="set_null",
            filter={"field": "company", "op": "eq", "value": {"from": "company"}},
        ),
        field("stage", "stage", options=STAGES, default="open"),
        field("discount", "money", default="0", min=0),
        field("closes", "date", default_formula="TODAY() + 30"),
        field("lines", "subtable", target="line"),
        field("subtotal", "rollup", function="sum", of="lines.amount"),
        field("total", "formula", formula="subtotal - discount", result="money"),
    ),
    entity(
        "line",
        "product",
        field("product", "relation", target="product", required=True),
        field("qty", "decimal", required=True, default="1", scale=2, exclusive_min=0),
        field("price", "money", required=True, default_formula="product.price", min=0),
        field("amount", "formula", formula="ROUND(qty * price, 2)", result="money"),
        parent="deal",
    ),
    entity(
        "payment",
        "id",
        field("company", "relation", target="company", required=True, on_delete="cascade"),
        field("amount", "money", required=True),
        field("received", "date", default_formula="TODAY()"),
    ),
)

ROLES = (
    {"kind": "role", "key": "admin", "label": "Admin", "administrator": True},
    {"kind": "role", "key": "lead", "label": "Lead"},
    {"kind": "role", "key": "seller", "label": "Seller"},
    {"kind": "role", "key": "clerk", "label": "Clerk"},
)

ALL_OPS = ("view", "edit", "delete", "restore")


def grant(key: str, of: str, role: str, scope: Any, fields: Any = None, **operations: Any) -> dict[str, Any]:
    """A grant document with one scope for all operations on rows, and free creation."""
    return {
        "kind": "grant",
        "key": f"{of}.{key}",
        "entity": of,
        "label": key,
        "members": [{"role": role}],
        "operations": {**dict.fromkeys(ALL_OPS, scope), "create": True, **operations},
        "fields": fields or {"*": "edit"},
    }


GRANTS = (
    grant("seller", "company", "seller", "own", {"*": "edit", "secret": "none", "rate": "view"}, export=False),
    grant(
        "look", "company", "seller", "own", {"*": "none"}, create=False, edit=False, delete=False, restore=False
    ),
    grant("lead", "company", "lead", "department", assign="department"),
    grant("seller", "contact", "seller", {"where": {"field": "company.city", "op": "ne", "value": "hidden"}}),
    grant("lead", "contact", "lead", "all"),
    grant("seller", "deal", "seller", "own", {"*": "edit", "lines": "edit", "discount": "view"}),
    grant("lead", "deal", "lead", "all", {"*": "edit", "lines": "edit"}),
    grant("clerk", "deal", "clerk", "all", {"*": "edit", "lines": "view"}),
    grant("clerk", "product", "clerk", "all"),
    grant("all", "product", "seller", "all", create=False, edit=False, delete=False),
    grant("lead", "product", "lead", "all"),
    grant("lead", "payment", "lead", "all"),
)

DOCUMENTS = (*ENTITIES, *ROLES, *GRANTS)

PEOPLE = (
    NewUser(login="root", name="Root", roles=("admin",)),
    NewUser(login="lea", name="Lea", department="east", roles=("lead",)),
    NewUser(login="ann", name="Ann", department="east", superior="lea", roles=("seller",)),
    NewUser(login="bob", name="Bob", department="east", superior="lea", roles=("seller",)),
    NewUser(login="cai", name="Cai", roles=("clerk",)),
    NewUser(login="zoe", name="Zoe"),
)

CATALOG = build(DOCUMENTS, version=7)


def furnish(url: str) -> None:
    """Make the system tables, the office's tables and its people."""
    build_for(CATALOG, PEOPLE, url)


def build_for(catalog: Catalog, people: Sequence[NewUser], url: str) -> None:
    """Make the system tables, those of a catalog, and people in the east."""
    prepare(url)
    with opened(url) as database, database.writing() as conn:
        create_all(conn, [*catalog.tables.values(), *catalog.links.values()])
        organisation.add(conn, "east", {"zh": "东区", "en": "East"})
        for person in people:
            accounts.create(conn, person, catalog)


def context(conn: Connection, login: str = "", catalog: Catalog = CATALOG, now: datetime = NOW) -> Any:
    """What Records needs of a request: of that person, or of the system."""
    if login:
        actor = load_actor(conn, accounts.find(conn, login), tables.policy_version(conn))
        assert actor is not None
        access = access_for(catalog, actor, now=now)
    else:
        access = Access.system(catalog, "tests", now=now)
    actor, zone = access.actor, ZoneInfo("Asia/Shanghai")
    env = Env(
        today=now.astimezone(zone).date(),
        now=now,
        zone=zone,
        me=actor.id,
        department=actor.department,
        departments_below=actor.departments_below,
        subordinates=actor.subordinates,
    )
    settings = SimpleNamespace(secret=SECRET)
    return SimpleNamespace(
        conn=conn, catalog=catalog, access=access, actor=actor, env=env, lang="en", cause="test", settings=settings
    )


def records(conn: Connection, login: str = "", **more: Any) -> Records:
    """The door to rows for that person, or for the system."""
    return Records(context(conn, login, **more))


def user(conn: Connection, login: str) -> int:
    """The id of a person."""
    return accounts.find(conn, login)


def refused(call: Callable[[], Any]) -> tuple[str, dict[str, str]]:
    """The error's code and the codes by field of a refused call."""
    with pytest.raises(FormloomError) as error:
        call()
    return error.value.code, {each.field: each.code for each in error.value.fields}


@contextmanager
def counted(conn: Connection) -> Iterator[list[str]]:
    """The statements run meanwhile."""
    statements: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    event.listen(conn, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(conn, "before_cursor_execute", note)


def stored(conn: Connection, entity: str, *keys: str) -> list[tuple[Any, ...]]:
    """What the table holds in these columns, by id, deleted rows included."""
    table = CATALOG.tables[entity]
    return [tuple(row) for row in conn.execute(sa.select(*(table.c[key] for key in keys)).order_by(table.c.id))]
