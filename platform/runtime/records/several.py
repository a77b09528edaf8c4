"""Labels of several references at once: every text in one value, taken apart and named in the SELECT itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

from ...metadata.columns import UtcDateTime
from ...metadata.errors import ValueRefused
from ...metadata.model import Field


class _Unpacked(FunctionElement[Any]):
    """The ids of one value as rows (key: their place, value: the id). No rows for an empty value."""

    name = "unpacked"
    inherit_cache = True


@compiles(_Unpacked)
def _unpacked(element: Any, compiler: Any, **kw: Any) -> str:
    ids = compiler.process(next(iter(element.clauses)), **kw)
    return f"json_each('[' || replace(trim({ids}, '|'), '|', ',') || ']')"


@compiles(_Unpacked, "postgresql")
def _unpacked_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    ids = compiler.process(next(iter(element.clauses)), **kw)
    array = f"CAST(string_to_array(trim({ids}, '|'), '|') AS BIGINT[])"
    return f"(SELECT a.value, a.key FROM unnest({array}) WITH ORDINALITY AS a (value, key))"


class _Pairs(FunctionElement[str]):
    """The pairs (place, text) of a group as one JSON text."""

    type = sa.Text()
    inherit_cache = True


@compiles(_Pairs)
def _pairs(element: Any, compiler: Any, **kw: Any) -> str:
    key, text = (compiler.process(part, **kw) for part in element.clauses)
    return f"json_group_array(json_array({key}, {text}))"


@compiles(_Pairs, "postgresql")
def _pairs_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    key, text = (compiler.process(part, **kw) for part in element.clauses)
    return f"CAST(json_agg(json_build_array({key}, {text})) AS TEXT)"


def labels_in(
    ids: ColumnElement[Any], name: Callable[[ColumnElement[Any]], ColumnElement[Any] | None]
) -> ColumnElement[Any] | None:
    """The labels of all `ids` as one value; `name` gives the label of one. None where nothing may be shown."""
    each = _Unpacked(sa.type_coerce(ids, sa.Text)).table_valued(
        sa.column("key", sa.Integer), sa.column("value", sa.BigInteger)
    )
    one = name(each.c.value)
    if one is None:
        return None
    chosen = sa.select(_Pairs(each.c.key, one)).select_from(each)
    return chosen.correlate_except(each).scalar_subquery()


def lines_of(read: Callable[[Any], str]) -> Callable[[Any], str]:
    """What makes the lines of a label from that value: a line for each id, empty where nothing is shown."""

    def lines(packed: Any) -> str:
        pairs = sorted(orjson.loads(packed or "[]"), key=lambda pair: pair[0])
        texts = ["" if text is None else " ".join(read(text).split("\n")) for _, text in pairs]
        return "\n".join(texts) if any(texts) else ""

    return lines


def read_from_json(field: Field) -> Callable[[Any], Any]:
    """What makes the field's value of the one JSON carries: it knows no dates and no decimals."""
    column = field.behaviour.column(field)
    if isinstance(column, UtcDateTime):
        return lambda raw: datetime.fromisoformat(raw).replace(tzinfo=UTC)

    def read(raw: Any) -> Any:
        try:
            return field.behaviour.parse(field, raw)
        except ValueRefused:
            return raw

    return (lambda raw: raw) if isinstance(column, sa.Text | sa.String) else read
