"""Rows as sample data of a package: what `samples` reads, written. Read with the rights of whoever asks.

Passwords, mail addresses and phone numbers of people are never written: whoever is named comes as an account
nobody can sign in with. Only values that would be read back as they are now are written at all.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from ..metadata.errors import InvalidInput, NotFound, ValueRefused
from ..metadata.model import Entity, Field
from ..rbac.tables import departments, users
from .context import Context

MOST_ROWS = 20_000
CHUNK = 2_000


@dataclass
class Samples:
    """Files by name below `demo/`; `left_out` are fields whose values cannot be written, as `entity.field`."""

    files: dict[str, bytes] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def write(ctx: Context, entities: Sequence[str]) -> Samples:
    """The rows of entities, with the lines of their records, as far as the reader sees them.

    Raises NotFound for an entity there is not, InvalidInput (`package.too_much_data`).
    """
    writer = _Writer(ctx, _ordered(ctx, entities))
    found = Samples(left_out=writer.left_out)
    for number, key in enumerate(writer.entities, 1):
        found.files[f"records/{number:02}_{key}.csv"] = writer.table(key)
    found.files["organisation.json"] = writer.organisation()
    return found


def _ordered(ctx: Context, entities: Sequence[str]) -> list[str]:
    """The entities and those of their lines, each after what it points at where that can be."""
    wanted: dict[str, None] = {}
    for key in entities:
        if key not in ctx.catalog.entities:
            raise NotFound("package.no_such_document", document=f"entity:{key}")
        wanted[key] = None
        wanted |= {str(table.option("target")): None for table in ctx.catalog.children.get(key, ())}
    result: list[str] = []
    waiting = list(wanted)
    while waiting:
        ready = [key for key in waiting if not _targets(ctx, key) & set(waiting) - {key}]
        result += ready or waiting[:1]
        waiting = [key for key in waiting if key not in result]
    return result


def _targets(ctx: Context, key: str) -> set[str]:
    fields = ctx.catalog.entity(key).fields.values()
    return {str(f.option("target")) for f in fields if f.behaviour.target == "target" and "by" not in f.options}


class _Writer:
    def __init__(self, ctx: Context, entities: Sequence[str]) -> None:
        self.ctx = ctx
        self.entities = entities
        self.left_out: list[str] = []
        self.people = self._names(users.c.id, users.c.login)
        self.places = self._names(departments.c.id, departments.c.key)
        self.named_people: set[str] = set()

    def _names(self, key: sa.Column[Any], name: sa.Column[Any]) -> dict[int, str]:
        return {row[0]: row[1] for row in self.ctx.conn.execute(sa.select(key, name))}

    def table(self, key: str) -> bytes:
        """The rows of an entity as CSV."""
        entity = self.ctx.catalog.entity(key)
        fields = [each for each in entity.fields.values() if self._is_written(each)]
        system = [] if entity.parent else ["owner", "created_at"]
        columns = [*(each.key for each in fields), *system]
        written = {each.key: _Column(self, each) for each in (entity.all_fields[name] for name in columns)}
        rows = [["ref", *columns]]
        for row in self._rows(entity, columns):
            rows.append([f"{key}_{row[0]}", *(c.text(v) for c, v in zip(written.values(), row[1:], strict=True))])
        self.left_out += [f"{key}.{name}" for name, column in written.items() if column.refused]
        file = io.StringIO(newline="")
        kept = [0, *(n for n, c in enumerate(written.values(), 1) if not c.refused)]
        csv.writer(file, lineterminator="\n").writerows([row[n] for n in kept] for row in rows)
        return file.getvalue().encode()

    def _is_written(self, each: Field) -> bool:
        behaviour = each.behaviour
        if behaviour.computed or behaviour.numbered or behaviour.column(each) is None:
            return False
        beyond = behaviour.several is not None or behaviour.files
        if beyond or (behaviour.target == "target" and each.option("target") not in self.entities):
            self.left_out.append(f"{each.entity}.{each.key}")
            return False
        return True

    def _rows(self, entity: Entity, columns: Sequence[str]) -> Iterator[Sequence[Any]]:
        """Ids and values, in the order of ids."""
        secured = self.ctx.access.entity(entity.key).select("export")
        chosen = [secured.column("id"), *(secured.column(name) for name in columns)]
        query = sa.select(*chosen).select_from(secured.from_).order_by(chosen[0]).limit(CHUNK)
        after = count = 0
        while rows := self.ctx.conn.execute(query.where(chosen[0] > after)).fetchall():
            count += len(rows)
            if count > MOST_ROWS:
                raise InvalidInput("package.too_much_data", entity=entity.key, most=MOST_ROWS)
            yield from rows
            after = rows[-1][0]

    def organisation(self) -> bytes:
        """The departments, and who was named, without anything to sign in with."""
        d, u = departments.c, users.c
        query = sa.select(d.key, d.name_zh, d.name_en, d.parent_id).order_by(d.path)
        units = [
            {
                "key": row.key,
                "name": {"zh": row.name_zh, "en": row.name_en},
                **({"parent": self.places[row.parent_id]} if row.parent_id in self.places else {}),
            }
            for row in self.ctx.conn.execute(query)
        ]
        people = [
            {"login": row.login, "name": row.name, **self._place(row.department_id)}
            for row in self.ctx.conn.execute(sa.select(u.login, u.name, u.department_id).order_by(u.id))
            if row.login in self.named_people
        ]
        content = {"departments": units, "users": people}
        return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()

    def _place(self, department: int | None) -> Mapping[str, str]:
        return {"department": self.places[department]} if department in self.places else {}


@dataclass
class _Column:
    """How values of one field are written; `refused` once one could not be."""

    writer: _Writer
    field: Field
    refused: bool = False

    def text(self, value: Any) -> str:
        """The cell of a value."""
        if value is None or self.refused:
            return ""
        target = self.field.behaviour.target
        if target is not None:
            return self._name(target, value)
        raw = self.field.behaviour.dump(self.field, value)
        text = "true" if raw is True else "false" if raw is False else _joined(raw)
        if text is None or not self._is_read_back(text, value):
            self.refused = True
            return ""
        return text

    def _name(self, target: str, value: int) -> str:
        if target == "user":
            login = self.writer.people.get(value, "")
            self.writer.named_people.add(login)
            return login
        return (
            self.writer.places.get(value, "") if target == "department" else f"{self.field.option(target)}_{value}"
        )

    def _is_read_back(self, text: str, value: Any) -> bool:
        try:
            return bool(self.field.behaviour.parse(self.field, text) == value)
        except ValueRefused:
            return False


def _joined(raw: Any) -> str | None:
    if isinstance(raw, list) and all(isinstance(item, str) for item in raw):
        return ",".join(raw)
    return None if isinstance(raw, list | dict) else str(raw)
