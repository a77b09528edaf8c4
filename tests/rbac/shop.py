"""A shop for permission tests: accounts with contacts, deals with lines; tables in a database, rows by owner."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from formloom.metadata.catalog import Catalog
from formloom.metadata.physical import create_all
from formloom.rbac import accounts
from formloom.rbac.tables import departments
from tests.rbac.people import catalog_of

WHEN = datetime(2026, 11, 21, 8, tzinfo=UTC)

ENTITIES = [
    {
        "kind": "entity",
        "key": "account",
        "label": {"zh": "客户", "en": "Account"},
        "title": "name",
        "fields": [
            {"key": "name", "type": "text", "label": "Name"},
            {"key": "city", "type": "text", "label": "City", "indexed": True},
            {"key": "phone", "type": "text", "label": "Phone"},
            {"key": "credit", "type": "money", "label": "Credit"},
            {"key": "chain", "type": "relation", "label": "Chain", "target": "account"},
            {
                "key": "deals",
                "type": "rollup",
                "label": "Deals",
                "function": "count",
                "of": "deal",
                "by": "account",
            },
        ],
    },
    {
        "kind": "entity",
        "key": "deal",
        "label": {"zh": "商机", "en": "Deal"},
        "title": "name",
        "fields": [
            {"key": "name", "type": "text", "label": "Name"},
            {"key": "account", "type": "relation", "label": "Account", "target": "account"},
            {"key": "lines", "type": "subtable", "label": "Lines", "target": "line"},
            {"key": "cost", "type": "rollup", "label": "Cost", "function": "sum", "of": "lines.cost"},
            {"key": "count", "type": "rollup", "label": "Count", "function": "count", "of": "lines"},
            {"key": "note", "type": "text", "label": "Note", "read_only": True},
        ],
    },
    {
        "kind": "entity",
        "key": "line",
        "label": {"zh": "明细", "en": "Line"},
        "title": "name",
        "parent": "deal",
        "fields": [
            {"key": "name", "type": "text", "label": "Name"},
            {"key": "price", "type": "money", "label": "Price"},
            {"key": "cost", "type": "money", "label": "Cost"},
        ],
    },
]


def grant(key: str, entity: str, member: Mapping[str, Any], operations: Any, fields: Any = None) -> dict[str, Any]:
    """A grant document."""
    return {
        "kind": "grant",
        "key": key,
        "entity": entity,
        "label": key,
        "members": [member],
        "operations": operations,
        "fields": fields or {"*": "edit"},
    }


def shop(*grants: dict[str, Any]) -> Catalog:
    """The Catalog of the shop with these grants."""
    return catalog_of(*ENTITIES, *grants)


def build_tables(conn: Connection, catalog: Catalog) -> None:
    """Create the entities' tables."""
    create_all(conn, [*catalog.tables.values(), *catalog.links.values()])


def insert(conn: Connection, catalog: Catalog, entity: str, rows: Iterable[Mapping[str, Any]]) -> list[int]:
    """Ids of new rows; `owner` by login, `owner_department` by key."""
    logins = {login: accounts.find(conn, login) for login in ("root", "lead", "ann", "bob", "fay", "zoe")}
    keys = dict(conn.execute(sa.select(departments.c.key, departments.c.id)).all())
    made = []
    for row in rows:
        values = {"created_at": WHEN, "updated_at": WHEN, **row}
        values["owner"] = logins.get(row.get("owner"))
        values["owner_department"] = keys.get(row.get("owner_department"))
        made.append(conn.execute(catalog.table(entity).insert().values(values)).inserted_primary_key[0])
    return made


def seen(conn: Connection, secured: Any, *keys: str) -> list[tuple[Any, ...]]:
    """What a SELECT of these fields gives, by id."""
    columns = [secured.column(key) for key in keys]
    return [tuple(row) for row in conn.execute(sa.select(*columns).order_by(secured.column("id")))]
