"""Column types that behave the same on SQLite and PostgreSQL.

SQLite keeps whatever it is given and compares text by bytes; PostgreSQL checks types and compares by locale. Each
type here closes one such gap, so that values, order and comparisons agree on both.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

Reader = Callable[[Any], Any]
"""Turns what the driver gives into a value. The types most often read bring it themselves: SQLAlchemy's own way
by `process_result_value` costs two more calls for each value of each row.
"""

SIGNIFICANT_DIGITS = 15
"""Digits an exact number may have: what a double carries without loss, the same limit as Excel's."""


def plain_text() -> TypeEngine[str]:
    """Text ordered and compared by code point on every database."""
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def identifier() -> TypeEngine[int]:
    """A 64-bit key; SQLite only numbers rows by itself when the column is plain INTEGER."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Aware UTC in Python, naive UTC in the database. Refuses naive values."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Reader:
        read: Reader | None = self.impl_instance.result_processor(dialect, coltype)
        if read is None:
            return lambda raw: None if raw is None else raw.replace(tzinfo=UTC)
        return lambda raw: None if raw is None else read(raw).replace(tzinfo=UTC)


class ExactNumber(TypeDecorator[Decimal]):
    """A decimal with `scale` places and at most 15 significant digits.

    NUMERIC on PostgreSQL. On SQLite, which has no decimals, a double: 15 digits survive it exactly, and results
    are quantised to the scale, so that both databases give the same Decimal.
    """

    impl = sa.Numeric
    cache_ok = True

    def __init__(self, scale: int) -> None:
        super().__init__(precision=SIGNIFICANT_DIGITS + scale, scale=scale)
        self.scale = scale
        self._format = f"%.{scale}f"
        self._quantum = Decimal(1).scaleb(-scale)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.Float(asdecimal=False))
        return dialect.type_descriptor(sa.Numeric(SIGNIFICANT_DIGITS + self.scale, self.scale))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        return float(value) if dialect.name == "sqlite" else Decimal(value)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Reader:
        quantum, pattern = self._quantum, self._format

        def read(raw: Any) -> Decimal | None:
            if raw is None:
                return None
            return raw.quantize(quantum, ROUND_HALF_UP) if isinstance(raw, Decimal) else Decimal(pattern % raw)

        return read


class KeySet(TypeDecorator[tuple[str, ...]]):
    """Several keys in one text, `|a|b|`; empty is NULL. A key is found with `LIKE '%|a|%'`."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if not value:
            return None
        return value if isinstance(value, str) else "|" + "|".join(value) + "|"

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        return None if not value else tuple(value.strip("|").split("|"))


class NumberSet(TypeDecorator[tuple[int, ...]]):
    """Several numbers in one text, kept as `KeySet` keeps keys."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if not value:
            return None
        return value if isinstance(value, str) else "|" + "|".join(map(str, value)) + "|"

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[int, ...] | None:
        return None if not value else tuple(map(int, value.strip("|").split("|")))


class Readable(TypeDecorator[Any]):
    """A structured value behind what a person reads of it, in one text: `shown␞kept`.

    Searching and sorting look at the first part (`ShownPart`); the value comes from the second. `shown` and
    `kept` turn a value into the two, `read` turns the second back. Subclasses say these; none of the texts may
    hold a ␞.
    """

    impl = sa.Text
    cache_ok = True
    mark = "\x1e"

    def shown(self, value: Any) -> str:
        """What a person reads."""
        raise NotImplementedError

    def kept(self, value: Any) -> str:
        """All of the value, as text."""
        raise NotImplementedError

    def read(self, kept: str) -> Any:
        """The value of what `kept` gave."""
        raise NotImplementedError

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(sa.Text(collation="C" if dialect.name == "postgresql" else None))

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else f"{self.shown(value)}{self.mark}{self.kept(value)}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else self.read(value.partition(self.mark)[2])


class ShownPart(FunctionElement[str]):
    """What a person reads of a `Readable` column."""

    type = sa.Text()
    inherit_cache = True


@compiles(ShownPart)
def _shown_part(element: Any, compiler: Any, **kw: Any) -> str:
    text = compiler.process(next(iter(element.clauses)), **kw)
    return f"substr({text}, 1, instr({text}, char(30)) - 1)"


@compiles(ShownPart, "postgresql")
def _shown_part_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    return f"split_part({compiler.process(next(iter(element.clauses)), **kw)}, chr(30), 1)"
