"""Values of one field read as another's: what a change of type means for each value.

`Conversion` is about values, `moving` carries them out. A value is offered to the new type as a person reads it
(options by label, what points at a record by its title), then in its JSON form, then as its Excel cell; the first
that parses wins. Two tables say where that would go wrong: `READINGS` gives a pair of kinds a rule of its own,
`TAKES` lists types that take values of some kinds only, because their parsers would read sense into others. What
nobody can read is lost, and reported with examples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .catalog import Catalog
from .fields.multi_relation import names_in
from .fieldtype import FIELD_TYPES
from .model import Field, fold
from .physical import DEPARTMENT_TABLE, USER_TABLE, referred_table, signature

MOST_ASKED = 500
"""Records asked for in one statement."""

Face = Callable[[Any], Any]

READINGS: Mapping[tuple[str, str], Face] = {
    ("boolean", "number"): int,
    ("boolean", "text"): lambda value: "是" if value else "否",
    ("number", "boolean"): lambda value: {0: False, 1: True}.get(value, value),
}
"""How a value of one kind is offered to a type of another, by the kinds formulas know."""

_TEXTS, _NUMBERS, _DAYS = (
    frozenset({"text"}),
    frozenset({"text", "number"}),
    frozenset({"text", "date", "datetime"}),
)

TAKES: Mapping[str, frozenset[str]] = {
    "phone": _NUMBERS,
    "email": _TEXTS,
    "url": _TEXTS,
    "boolean": frozenset({"text", "number", "boolean"}),
    "date": _DAYS,
    "datetime": _DAYS,
    "credit_code": _TEXTS,
    "id_card": _TEXTS,
    "region": _TEXTS,
    "color": _TEXTS,
    "rating": _NUMBERS,
    "time": frozenset({"text", "datetime"}),
    "duration": _NUMBERS,
}
"""The kinds whose values a type takes, where that is not all of them."""


def kind_of(field: Field) -> str:
    """What a field's values are to others: number, text, date, datetime, boolean, reference, or other."""
    return field.behaviour.kind or ("text" if field.choices else "other")


def becomes(field: Field) -> dict[str, str]:
    """The types a field may become: `all` where every value keeps its meaning, `some` where some may not."""
    found = {}
    for name, kind in FIELD_TYPES.items():
        if kind.files != field.behaviour.files or name == "signature":
            continue  # files mean nothing but themselves, and a signature is drawn
        if kind.computed or name == field.type or kind_of(field) not in TAKES.get(name, {kind_of(field)}):
            continue
        if field.behaviour.column(field) is None or (kind.target or kind.several) and kind_of(field) == "other":
            continue
        found[name] = "all" if name in ("text", "textarea") else "some"
    return found


@dataclass(frozen=True)
class Conversion:
    """Reads values of the `old` field as the `new` one's. `catalog` tells the titles of records."""

    old: Field
    new: Field
    catalog: Catalog | None = None

    def values(self, conn: Connection, olds: Sequence[Any]) -> tuple[list[Any], list[bool]]:
        """The new values, and for each whether something was lost."""
        found: list[Any] = [None] * len(olds)
        waiting = [position for position, value in enumerate(olds) if value is not None]
        if self.meaningless:
            return found, [value is not None for value in olds]
        for face in self._faces(conn, olds):
            raws = [face(olds[position]) for position in waiting]
            parsed, refused = self.new.behaviour.parse_column(self.new, raws)
            for at, position in enumerate(waiting):
                if at not in refused:
                    found[position] = parsed[at]
            waiting = [position for at, position in enumerate(waiting) if at in refused]
        left = {position for position, value in enumerate(found) if value is None and olds[position] is not None}
        lost = [position in left for position in range(len(olds))]
        self._drop_dangling(conn, found, lost)
        return found, lost

    @property
    def stored_alike(self) -> bool:
        """Whether an old value, as it stands in its column, is a new one with the same meaning."""
        old, new = (field.behaviour.column(field) for field in (self.old, self.new))
        alike = old is not None and new is not None and signature(old) == signature(new)
        return alike and not self.meaningless

    @property
    def joins(self) -> bool:
        """Whether the field stays what it is and only its options are other ones: most values stay too."""
        return bool(self.old.choices) and self.old.behaviour is self.new.behaviour

    @property
    def meaningless(self) -> bool:
        """Whether the values are keys of another table than the new field points at, or mean nothing to it."""
        if None not in (referred_table(self.old), referred_table(self.new)):
            return referred_table(self.old) != referred_table(self.new)
        if self.old.behaviour.files != self.new.behaviour.files:
            return True
        return kind_of(self.old) not in TAKES.get(self.new.type, {kind_of(self.old)})

    def _faces(self, conn: Connection, olds: Sequence[Any]) -> list[Face]:
        old, kinds = self.old, (kind_of(self.old), kind_of(self.new))

        def shown(value: Any) -> Any:
            # Of several options each is offered by itself: a label may hold a comma.
            if self.joins and isinstance(value, tuple):
                return [old.behaviour.plain(old, (one,), "zh") for one in value]
            return old.behaviour.plain(old, value, "zh")

        def dumped(value: Any) -> Any:
            form = old.behaviour.dump(old, value)
            return shown(value) if isinstance(form, list | dict) and not self.joins else form

        def cell(value: Any) -> Any:
            return old.behaviour.to_excel(old, value, "zh")

        if old.behaviour.files:
            return [list]
        if kinds in READINGS and not old.choices:
            return [READINGS[kinds]]
        if old.behaviour.several is not None or self.new.behaviour.several is not None:
            return [self._of_several(conn, olds)]
        if old.behaviour.target is not None and self.new.behaviour.target is None:
            return [self._titles(conn, olds).get]
        faces: list[Face] = [shown, dumped, cell] if old.choices else [dumped, cell]
        if self.new.behaviour.target is not None and old.behaviour.target is None:
            known = self._by_title(conn, [shown(value) for value in olds if value is not None])
            faces.insert(0, lambda value: known.get(fold(shown(value)), dumped(value)))
        return faces

    def _of_several(self, conn: Connection, olds: Sequence[Any]) -> Face:
        """One record as one of several, the only one of several as one; titles as records, and back."""
        old, new = self.old.behaviour, self.new.behaviour
        if old.several is not None and new.target is not None:
            return lambda ids: ids[0] if len(ids) == 1 else list(ids)
        if new.several is not None and (old.target or old.several):
            return lambda held: list(_ids_of(held))
        if old.several is not None:
            titles = self._titles(conn, [one for ids in olds for one in _ids_of(ids)])
            return lambda ids: "、".join(str(titles.get(one, f"#{one}")) for one in ids)
        named = {value: names_in(old.plain(self.old, value, "zh")) for value in olds if value is not None}
        known = self._by_title(conn, [name for names in named.values() for name in names])
        return lambda value: [known.get(fold(name), name) for name in named[value]]

    def _titles(self, conn: Connection, ids: Sequence[Any]) -> dict[Any, Any]:
        """What the records are called that values point at."""
        place = self._title_of(self.old)
        if place is None:
            return {}
        table, title = place
        query = sa.select(table.c.id, title)
        return {row[0]: row[1] for part in _parts(ids) for row in conn.execute(query.where(table.c.id.in_(part)))}

    def _by_title(self, conn: Connection, words: Sequence[str]) -> dict[str, int]:
        """Records of the new target by title, as it is compared; none where two share it."""
        place = self._title_of(self.new)
        found: dict[str, set[int]] = {}
        if place is None:
            return {}
        table, title = place
        query = sa.select(table.c.id, title)
        for part in _parts(words):
            for key, name in conn.execute(query.where(title.in_(part))):
                found.setdefault(fold(str(name)), set()).add(key)
        return {word: keys.pop() for word, keys in found.items() if len(keys) == 1}

    def _title_of(self, field: Field) -> tuple[sa.FromClause, sa.ColumnElement[Any]] | None:
        """The table a reference points at, and the column with its records' names."""
        target = referred_table(field)
        if target in (USER_TABLE, DEPARTMENT_TABLE):
            name = "name" if target == USER_TABLE else "name_zh"
            fixed = sa.table(target, sa.column("id", sa.BigInteger), sa.column(name, sa.Text))
            return fixed, fixed.c[name]
        entity = self.catalog.entities.get(field.option("target", "")) if self.catalog else None
        if self.catalog is None or entity is None or entity.title not in self.catalog.tables[entity.key].c:
            return None
        table = self.catalog.tables[entity.key]
        return table, table.c[entity.title]

    def _drop_dangling(self, conn: Connection, found: list[Any], lost: list[bool]) -> None:
        target = referred_table(self.new)
        if target is None:
            return
        table = sa.table(target, sa.column("id"))
        wanted = {one for value in found for one in _ids_of(value)}
        query = sa.select(table.c.id)
        known = {
            key for part in _parts(wanted) for key in conn.execute(query.where(table.c.id.in_(part))).scalars()
        }
        for position, value in enumerate(found):
            there = tuple(one for one in _ids_of(value) if one in known)
            if len(there) < len(_ids_of(value)):
                found[position], lost[position] = (there or None) if self.new.behaviour.several else None, True


def _ids_of(value: Any) -> tuple[int, ...]:
    """The ids in a reference's value: none, one or several."""
    return () if value is None else value if isinstance(value, tuple) else (value,)


def between(current: Catalog, desired: Catalog, old: Field, new: Field) -> Conversion:
    """The conversion of a field from one Catalog to the next, which reads titles where they stay as they are."""
    target = str((old if referred_table(old) else new).option("target", ""))
    titles = [catalog.entities[target].title for catalog in (current, desired) if target in catalog.entities]
    stays = len(titles) == 2 and titles[0] == titles[1]
    if stays and target != "":
        columns = [catalog.tables[target].c.get(titles[0]) for catalog in (current, desired)]
        stays = all(column is not None for column in columns) and _alike(columns)
    return Conversion(old, new, current if stays else None)


def _alike(columns: Sequence[Any]) -> bool:
    return len({signature(column.type) for column in columns}) == 1


def _parts(values: Any) -> list[list[Any]]:
    every = sorted({value for value in values if value is not None})
    return [every[start : start + MOST_ASKED] for start in range(0, len(every), MOST_ASKED)]
