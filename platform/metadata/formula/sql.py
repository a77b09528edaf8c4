"""Operations of formulas as SQL, on each database, and the types their results have."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from ..columns import UtcDateTime, identifier
from .operations import OPERATIONS, Operation

Column = ColumnElement[Any]


class Exact(TypeDecorator[Decimal]):
    """A decimal of any length: NUMERIC on PostgreSQL, its digits as text on SQLite."""

    impl = sa.Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else sa.Numeric())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None or isinstance(value, Decimal):
            return value
        return Decimal(f"{value:.15g}" if isinstance(value, float) else value)


TYPES: dict[str, TypeEngine[Any]] = {
    "number": Exact(),
    "text": sa.Text(),
    "date": sa.Date(),
    "datetime": UtcDateTime(),
    "boolean": sa.Boolean(),
    "reference": identifier(),
    "null": sa.Text(),
}
_RESULTS = {"n": "number", "t": "text", "d": "date", "m": "datetime", "b": "boolean"}


class Applied(FunctionElement[Any]):
    """An operation applied to SQL operands."""

    inherit_cache = True
    operation: Operation


def _applied_class(operation: Operation) -> type[Applied]:
    members = {"operation": operation, "inherit_cache": True, "type": TYPES[_RESULTS[operation.result]]}
    return type(f"Applied_{operation.name}", (Applied,), members)


_CLASSES = {name: _applied_class(operation) for name, operation in OPERATIONS.items()}


def applied(operation: Operation, *operands: Column) -> Column:
    """SQL of the operation."""
    return _CLASSES[operation.name](*operands)


@compiles(Applied)
def _on_sqlite(element: Applied, compiler: Any, **kw: Any) -> str:
    operands = ", ".join(compiler.process(part, **kw) for part in element.clauses)
    return f"fl_{element.operation.name}({operands})"


@compiles(Applied, "postgresql")
def _on_postgresql(element: Applied, compiler: Any, **kw: Any) -> str:
    operands = [compiler.process(part, **kw) for part in element.clauses]
    total = " + ".join(f"COALESCE({operand}, 0)" for operand in operands)
    every = {"all": ", ".join(operands), "plus": " + ".join(operands), "times": " * ".join(operands), "sum": total}
    if element.operation.table is not None:
        every["table"] = _written_table(element.operation.table)
    return element.operation.postgresql.format(*operands, **every)


@cache
def _written_table(table: Callable[[], Mapping[str, str]]) -> str:
    """A table of texts as a literal, so that the database reads it once for a statement."""
    return "'" + json.dumps(dict(table()), ensure_ascii=False).replace("'", "''") + "'"


class AsNumber(FunctionElement[Any]):
    """A column of any number type as an exact one: arithmetic of PostgreSQL's integers could overflow."""

    inherit_cache = True
    type = TYPES["number"]


@compiles(AsNumber)
def _stored_number(element: AsNumber, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.clauses, **kw))


@compiles(AsNumber, "postgresql")
def _cast_number(element: AsNumber, compiler: Any, **kw: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **kw)} AS NUMERIC)"


class Stored(FunctionElement[Any]):
    """An exact number as the stored kind of number; its type is set by `stored`."""

    inherit_cache = True


@compiles(Stored)
def _as_it_is(element: Any, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.clauses, **kw))


@compiles(Stored, "sqlite")
def _as_real(element: Any, compiler: Any, **kw: Any) -> str:
    # On SQLite the digits came as text; this makes them an integer or a real.
    return f"CAST({compiler.process(element.clauses, **kw)} AS NUMERIC)"


def stored(number: Column, column_type: TypeEngine[Any]) -> Column:
    """The number as a value of that column type."""
    if isinstance(column_type, sa.Integer):
        return sa.cast(number, column_type)
    return sa.type_coerce(Stored(number), column_type)


class Ordered(FunctionElement[bool]):
    """`a < b` of texts by code point."""

    inherit_cache = True
    type = sa.Boolean()


@compiles(Ordered)
def _less(element: Any, compiler: Any, **kw: Any) -> str:
    first, second = (compiler.process(part, **kw) for part in element.clauses)
    return f"({first} < {second})"


@compiles(Ordered, "postgresql")
def _less_by_code_point(element: Any, compiler: Any, **kw: Any) -> str:
    first, second = (compiler.process(part, **kw) for part in element.clauses)
    return f'(({first}) COLLATE "C" < ({second}) COLLATE "C")'


class PerDatabase(FunctionElement[str]):
    """One text on SQLite, another on PostgreSQL."""

    inherit_cache = True
    type = sa.Text()

    def __init__(self, sqlite: str, postgresql: str) -> None:
        super().__init__(sa.literal(sqlite, sa.Text()), sa.literal(postgresql, sa.Text()))


@compiles(PerDatabase)
def _first(element: Any, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(next(iter(element.clauses)), **kw))


@compiles(PerDatabase, "postgresql")
def _second(element: Any, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(list(element.clauses)[1], **kw))


class ByCodePoint(FunctionElement[str]):
    """Text that is ordered and compared by code point."""

    inherit_cache = True
    type = sa.Text()


@compiles(ByCodePoint)
def _bare(element: Any, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.clauses, **kw))


@compiles(ByCodePoint, "postgresql")
def _collated(element: Any, compiler: Any, **kw: Any) -> str:
    return f'({compiler.process(element.clauses, **kw)} COLLATE "C")'


def literal(value: Any, kind: str) -> Column:
    """A value as SQL."""
    if value is None:
        return sa.cast(sa.null(), TYPES[kind])
    return sa.literal(value, TYPES[kind])


def truth(clause: Column) -> ColumnElement[bool]:
    """The boolean with empty taken as false."""
    return sa.func.coalesce(clause, sa.false(), type_=sa.Boolean())
