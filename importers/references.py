"""Finds what the words in a reference column mean: relations by title or number, people by login or name.

One column is resolved in a few set-based statements whatever its length, and reads only what the importing person
may see: a record out of scope is the same as none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.sql.elements import ColumnElement

from formloom.metadata.catalog import Catalog
from formloom.metadata.errors import ValueRefused
from formloom.metadata.fields.multi_relation import names_in
from formloom.metadata.model import Entity, Field
from formloom.rbac.tables import departments, users
from formloom.runtime.records.rowset import among_texts

from .matching import fold
from .reader import shown

CHUNK = 500


class Reader(Protocol):
    """What a lookup needs of a request: its connection, catalog and access."""

    conn: Connection
    catalog: Catalog
    access: Any


@dataclass
class Lookup:
    """Ids by word. A word with several ids is ambiguous unless an earlier field gave exactly one."""

    ids: dict[str, int] = field(default_factory=dict)
    ambiguous: set[str] = field(default_factory=set)

    def learn(self, pairs: Iterable[tuple[str, int]]) -> None:
        """Take in (word, id) pairs of one field; words already known keep their meaning."""
        fresh: dict[str, set[int]] = {}
        for word, identity in pairs:
            if word not in self.ids and word not in self.ambiguous:
                fresh.setdefault(word, set()).add(identity)
        for word, found in fresh.items():
            if len(found) == 1:
                self.ids[word] = found.pop()
            else:
                self.ambiguous.add(word)

    def resolve(self, word: str) -> int:
        """The id of a word. Raises ValueRefused."""
        if word in self.ids:
            return self.ids[word]
        code = "ambiguous_reference" if word in self.ambiguous else "unknown_reference"
        raise ValueRefused(code, text=word[:60])


def resolve_column(reader: Reader, field: Field, raws: Sequence[Any]) -> tuple[list[Any], dict[int, ValueRefused]]:
    """Ids for a column of words, None where empty, and the refusals by position. Statements: one per 500 words.

    Where a field points at several, a cell names them one after another, and its ids are a tuple.
    """
    words = [shown(raw) for raw in raws]
    if field.behaviour.several:
        return _resolve_several(reader, field, words)
    distinct = sorted({word for word in words if word})
    lookup = _people(reader, field) if _is_fixed(field) else _records(reader, field, distinct)
    values: list[Any] = []
    refused: dict[int, ValueRefused] = {}
    for position, word in enumerate(words):
        try:
            values.append(lookup.resolve(fold(word) if _is_fixed(field) else word) if word else None)
        except ValueRefused as error:
            refused[position] = error
            values.append(None)
    return values, refused


def _resolve_several(
    reader: Reader, field: Field, cells: Sequence[str]
) -> tuple[list[Any], dict[int, ValueRefused]]:
    named = {cell: names_in(cell) for cell in set(cells) if cell}
    # A title may itself hold a comma: the whole cell is tried as one name first.
    words = sorted({*named, *(name for names in named.values() for name in names)})
    lookup = _people(reader, field) if _is_fixed(field) else _records(reader, field, words)
    fit = fold if _is_fixed(field) else str
    known: dict[str, Any] = {"": None}
    for cell, names in named.items():
        try:
            found = [cell] if fit(cell) in lookup.ids else names
            ids = dict.fromkeys(lookup.resolve(fit(name)) for name in found)
            known[cell] = field.behaviour.parse(field, list(ids))
        except ValueRefused as error:
            known[cell] = error
    values = [known[cell] for cell in cells]
    refused = {position: value for position, value in enumerate(values) if isinstance(value, ValueRefused)}
    return [None if position in refused else value for position, value in enumerate(values)], refused


def _kind(field: Field) -> str | None:
    return field.behaviour.target or field.behaviour.several


def _is_fixed(field: Field) -> bool:
    return _kind(field) in ("user", "department")


def _records(reader: Reader, field: Field, words: Sequence[str]) -> Lookup:
    target = reader.access.entity(field.option("target"))
    secured = target.select()
    lookup = Lookup()
    for named in _naming_fields(target.entity, target.readable - target.veiled):
        lookup.learn(_pairs(reader.conn, secured, named, words))
    return lookup


def _naming_fields(entity: Entity, readable: frozenset[str]) -> Iterator[Field]:
    """The fields a record may be named by, the most telling first: its title, then what is unique."""
    title = entity.all_fields[entity.title]
    unique = [f for f in entity.fields.values() if f.unique and f.key != title.key]
    return (f for f in (title, *unique) if f.key in readable)


def _pairs(conn: Connection, secured: Any, named: Field, words: Sequence[str]) -> Iterator[tuple[str, int]]:
    by_value: dict[Any, str] = {}
    for word in words:
        try:
            by_value[named.behaviour.parse(named, word)] = word
        except ValueRefused:
            continue
    column = secured.column(named.key)
    for value, identity in _where(conn, column, by_value, column, secured.column("id")):
        if value in by_value:
            yield by_value[value], identity


def _where(
    conn: Connection, column: ColumnElement[Any], wanted: Collection[Any], *shown: ColumnElement[Any]
) -> Iterator[Sequence[Any]]:
    """Rows whose `column` is among `wanted`: one statement for texts, one per 500 values of other kinds."""
    if all(isinstance(value, str) for value in wanted):
        yield from conn.execute(sa.select(*shown).where(among_texts(conn, column, wanted)))
        return
    values = iter(sorted(wanted))
    while chunk := list(islice(values, CHUNK)):
        yield from conn.execute(sa.select(*shown).where(column.in_(chunk)))


def _people(reader: Reader, field: Field) -> Lookup:
    """Users by login or name, departments by key or name: few enough to be read whole."""
    lookup = Lookup()
    if _kind(field) == "user":
        table = users
        names = [table.c.login, table.c.name]
    else:
        table = departments
        names = [table.c.key, table.c.name_zh, table.c.name_en]
    rows = reader.conn.execute(sa.select(table.c.id, *names).where(table.c.is_active)).all()
    for position in range(1, len(names) + 1):
        lookup.learn((fold(row[position]), row[0]) for row in rows if row[position])
    return lookup


def existing_keys(
    reader: Reader, entity: str, keys: Sequence[str], wanted: Collection[Any]
) -> dict[Any, list[int]]:
    """Ids of visible records by the tuple of their `keys`, among those whose first key value is wanted."""
    secured = reader.access.entity(entity).select()
    columns = [secured.column(key) for key in keys]
    found: dict[Any, list[int]] = {}
    first_values = {value[0] for value in wanted}
    for row in _where(reader.conn, columns[0], first_values, secured.column("id"), *columns):
        key = tuple(row[1:])
        if key in wanted:
            found.setdefault(key, []).append(row[0])
    return found
