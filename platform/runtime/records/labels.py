"""Texts of references as SQL: the title of a record behind a relation, the name of a person or department.

A title is read through the target's secured selectable, so a reader without access to the target gets none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from ...metadata.errors import NotFound
from ...metadata.fieldtype import FieldType
from ...metadata.model import Field
from ...rbac.secured import Secured
from ...rbac.tables import departments, users
from ..files.labels import files_in
from .several import labels_in, lines_of, read_from_json

if TYPE_CHECKING:
    from ...rbac.access import Access

LONGEST_CHAIN = 3
"""How many references a title may itself lead through."""

Label = tuple[ColumnElement[Any], Callable[[Any], str]]
"""The SQL of a label, and what turns its value into text."""


def label_of(access: Access, field: Field, link: ColumnElement[Any], lang: str, depth: int = 0) -> Label | None:
    """The label of the reference that `link` holds; None where it is no reference or nothing may be shown."""
    if field.behaviour.files:
        return files_in(link), str
    if field.behaviour.several is not None:
        return _several(access, field, link, lang)
    kind = field.behaviour.target
    return None if kind is None else _one(access, field, kind, link, (lang, depth))


def label_of_one(access: Access, field: Field, link: ColumnElement[Any], lang: str) -> Label | None:
    """The label of one id of a reference, also of one that holds several."""
    kind = field.behaviour.target or field.behaviour.several
    return None if kind is None else _one(access, field, kind, link, (lang, 0))


def _one(access: Access, field: Field, kind: str, link: ColumnElement[Any], how: tuple[str, int]) -> Label | None:
    """The label of one reference of a kind: `user`, `department`, or the option that names the entity."""
    lang, depth = how
    if kind == "user":
        return _name(users.c.name, users, link), str
    if kind == "department":
        name = departments.c.name_zh if lang == "zh" else departments.c.name_en
        return _name(name, departments, link), str
    return _title(access, field.option(kind), link, lang, depth)


def _several(access: Access, field: Field, link: ColumnElement[Any], lang: str) -> Label | None:
    """The label of several references: a line for each."""
    kind = str(field.behaviour.several)
    render: Callable[[Any], str] = str
    if kind == "target":
        target = access.catalog.entity(field.option(kind))
        title = target.all_fields[target.title]
        read, plain = read_from_json(title), _plain(title, lang)

        def render(raw: Any) -> str:
            return plain(read(raw))

    def name(one: ColumnElement[Any]) -> ColumnElement[Any] | None:
        label = _one(access, field, kind, one, (lang, 0))
        return None if label is None else label[0]

    found = labels_in(link, name)
    return None if found is None else (found, lines_of(render))


def _name(column: ColumnElement[Any], table: sa.Table, link: ColumnElement[Any]) -> ColumnElement[Any]:
    return sa.select(column).where(table.c.id == link).correlate_except(table).scalar_subquery()


def _title(access: Access, target: str, link: ColumnElement[Any], lang: str, depth: int) -> Label | None:
    try:
        secured = nameless(access, target)
    except NotFound:
        return None
    title = secured.entity.all_fields.get(secured.entity.title)
    if title is None or title.key not in access.entity(target).readable or depth == LONGEST_CHAIN:
        return None
    value = secured.column(title.key)
    inner = label_of(access, title, value, lang, depth + 1)
    if title.behaviour.target is not None and inner is None:
        return None
    shown, render = inner or (value, _plain(title, lang))
    return behind(secured, shown, link), render


def nameless(access: Access, entity: str) -> Secured:
    """What the reader sees of an entity, under a name of its own each time: a self-reference leads to itself."""
    rights = access.entity(entity)
    return Secured(rights, rights.selection())


def behind(secured: Any, shown: ColumnElement[Any], link: ColumnElement[Any]) -> ColumnElement[Any]:
    """`shown`, a column of `secured`, of the row whose id `link` holds."""
    chosen = sa.select(shown).select_from(secured.from_).where(secured.column("id") == link)
    return chosen.correlate_except(secured.from_).scalar_subquery()


def _plain(field: Field, lang: str) -> Callable[[Any], str]:
    if type(field.behaviour).plain is FieldType.plain:
        return str
    return lambda value: field.behaviour.plain(field, value, lang)


def label_text(label: Label, value: Any) -> str | None:
    """The text of a label's value; None when the target is hidden, gone, or has an empty title."""
    return None if value is None else label[1](value) or None
