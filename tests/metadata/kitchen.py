"""The kitchen sink: an entity with a field of every type, its rows, and who looks at them.

Field keys are the type's name behind `a_`. Rows hold the valid examples of each type in turn, with gaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from formloom.metadata import catalog
from formloom.metadata.catalog import Catalog
from formloom.metadata.conditions import Env
from formloom.metadata.database import Database
from formloom.metadata.fieldtype import FIELD_TYPES
from formloom.metadata.model import Field
from formloom.metadata.physical import create_all
from formloom.rbac.tables import departments, users

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
PEOPLE = {7: 1, 12: 2, 2**63 - 1: None}
"""Users and their departments."""
ENV = Env(NOW.astimezone(ZONE).date(), NOW, ZONE, 7, 1, (1, 2), (12,))
ROWS = 14

_TARGETS = {
    "relation": {"target": "maker"},
    "multi_relation": {"target": "maker"},
    "subtable": {"target": "line"},
    "rollup": {"of": "a_subtable"},
    "lookup": {"path": "a_relation.a_text"},
}


def key(name: str) -> str:
    """The field key of a type."""
    return f"a_{name}"


def documents() -> list[dict[str, Any]]:
    """Entities kitchen, maker (what the relation points at) and line (its rows)."""
    fields = [
        {"key": key(name), "type": name, "label": {"zh": f"字段{name}", "en": name.title()}}
        | dict(kind.examples.options)
        | _TARGETS.get(name, {})
        for name, kind in FIELD_TYPES.items()
    ]
    return [
        _entity("kitchen", *fields),
        _entity(
            "maker",
            *_some("text", "money", "date", "select"),
            {"key": "up", "type": "tree", "label": "Up"},
        ),
        _entity("line", *_some("text", "decimal", "integer", "date", "boolean"), parent="kitchen"),
    ]


def _entity(name: str, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    title = fields[0]["key"]
    return {"kind": "entity", "key": name, "label": name.title(), "title": title, "fields": list(fields), **more}


def _some(*names: str) -> list[dict[str, Any]]:
    return [
        {
            "key": key(n),
            "type": n,
            "label": f"Own {n}",
            **{"options": FIELD_TYPES[n].examples.options.get("options", [])},
        }
        for n in names
    ]


def build(*more: dict[str, Any]) -> Catalog:
    """The catalog of the kitchen."""
    return catalog.build([*documents(), *more])


def values(kind: Field) -> list[Any]:
    """The distinct valid values of a field's type, empty last."""
    found: list[Any] = []
    for _, value in FIELD_TYPES[kind.type].examples.valid:
        if value not in found and value is not None:
            found.append(value)
    return [*found, None]


def stored(catalog: Catalog, entity: str) -> list[Field]:
    """The declared fields of an entity that have a column."""
    return [f for f in catalog.entities[entity].fields.values() if f.key in catalog.tables[entity].c]


@dataclass
class Rows:
    """What is in the tables, as records; finds related records as conditions want them."""

    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def related(self, entity: str, key: int) -> Mapping[str, Any] | None:
        return next((row for row in self.records[entity] if row["id"] == key), None)

    def children(self, entity: str, by: str, key: int) -> Iterable[Mapping[str, Any]]:
        return [row for row in self.records[entity] if row[by] == key and row["deleted_at"] is None]

    def department_of(self, user: int) -> int | None:
        return PEOPLE.get(user)


def filled(database: Database, catalog: Catalog) -> Rows:
    """Make the tables of the kitchen and fill them."""
    with database.engine.begin() as conn:
        create_all(conn, [*catalog.tables.values(), *catalog.links.values()])
    rows = records(catalog)
    with database.writing() as conn:
        _add_people(conn)
        for entity in ("maker", "kitchen", "line"):
            conn.execute(sa.insert(catalog.tables[entity]), rows.records[entity])
        links = [
            {"source": record["id"], "target": maker, "position": position}
            for record in rows.records["kitchen"]
            for position, maker in enumerate(record["a_multi_relation"] or ())
        ]
        conn.execute(sa.insert(catalog.links["kitchen", "a_multi_relation"]), links)
    return rows


def _add_people(conn: sa.Connection) -> None:
    for number in (1, 2):
        conn.execute(
            sa.insert(departments).values(
                id=number, key=f"d{number}", name_zh=str(number), name_en=str(number), path=f"/{number}/"
            )
        )
    for user, department in PEOPLE.items():
        conn.execute(
            sa.insert(users).values(
                id=user, login=f"u{user}", name=f"U{user}", department_id=department, created_at=NOW
            )
        )


def records(catalog: Catalog) -> Rows:
    """What `filled` puts into the tables."""
    makers = [
        _record(catalog, "maker", number, n) | {"up": 7 if number == 12 else None}
        for n, number in enumerate((7, 12, 2**63 - 1))
    ]
    kitchens = [_record(catalog, "kitchen", n + 1, n) for n in range(ROWS)]
    for record in kitchens:
        if record["a_department"] is not None:
            record["a_department"] = 1 + record["a_department"] % 2
        if record["a_tree"] is not None:
            record["a_tree"] = record["id"] // 2 or None
    lines = [
        _record(catalog, "line", n + 1, n)
        | {"kitchen": 1 + n % 4, "position": n, "deleted_at": NOW if n == 5 else None}
        for n in range(12)
    ]
    return Rows({"maker": makers, "kitchen": kitchens, "line": lines})


def _record(catalog: Catalog, entity: str, number: int, turn: int) -> dict[str, Any]:
    # A field that a test has added, or a link, stays empty unless the caller says otherwise.
    fields = [f for f in stored(catalog, entity) if f.key == key(f.type)]
    own = {f.key: (found := values(f))[turn % len(found)] for f in fields}
    system = {"id": number, "rev": 1, "owner": (7, 12, None)[turn % 3], "owner_department": (1, None)[turn % 2]}
    return own | system | {"created_at": NOW, "updated_at": NOW, "deleted_at": None}
