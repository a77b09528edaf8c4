"""Masks: what is shown of a value that not everybody may see whole. The same in SQL and in Python.

`13812345678` is `138****5678` under `phone`; `wang@example.com` is `w****@example.com` under `email`. The number
of stars says nothing about the length; a value too short to keep both ends shows nothing but stars.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

STARS = "****"

_KEPT = {"phone": (3, 4), "name": (1, 0), "id": (3, 4), "email": (1, 0)}


def kept_of(mask: str | Mapping[str, Any]) -> tuple[int, int]:
    """How many characters stay at the start and at the end."""
    if isinstance(mask, str):
        return _KEPT[mask]
    return int(mask.get("keep_start", 0)), int(mask.get("keep_end", 0))


def masked_text(mask: str | Mapping[str, Any], value: str | None) -> str | None:
    """What is shown of a value."""
    if value is None:
        return None
    start, end = kept_of(mask)
    head, at, domain = value.partition("@") if mask == "email" else (value, "", "")
    if len(head) <= start + end:
        return STARS + at + domain
    return head[:start] + STARS + (head[-end:] if end else "") + at + domain


def masked_column(mask: str | Mapping[str, Any], column: ColumnElement[Any]) -> ColumnElement[Any]:
    """SQL for what is shown of a column's values."""
    start, end = kept_of(mask)
    head: ColumnElement[Any] = column
    rest: ColumnElement[Any] = sa.literal("", sa.Text())
    if mask == "email":
        place = PlaceOf(column)
        head = sa.case((place > 0, sa.func.substr(column, 1, place - 1)), else_=column)
        rest = sa.case((place > 0, sa.func.substr(column, place)), else_=rest)
    kept = sa.func.substr(head, 1, start) + sa.literal(STARS)
    if end:
        kept = kept + sa.func.substr(head, sa.func.length(head) - end + 1)
    shown = sa.case((sa.func.length(head) > start + end, kept), else_=sa.literal(STARS))
    whole = sa.case((column.is_not(None), shown + rest))
    return sa.type_coerce(whole, column.type)


class PlaceOf(FunctionElement[int]):
    """Where the first @ of a text stands, counted from 1; 0 without one."""

    type = sa.Integer()
    inherit_cache = True


@compiles(PlaceOf)
def _instr(element: Any, compiler: Any, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)}, '@')"


@compiles(PlaceOf, "postgresql")
def _strpos(element: Any, compiler: Any, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)}, '@')"
