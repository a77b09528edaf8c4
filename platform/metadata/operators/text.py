"""Operators of text. Searching ignores the case of ASCII letters only: more, and the databases would differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from .compare import EMPTINESS, EQUALITY, MEMBERSHIP, negated
from .operator import Clause, Column, Operator, refusal

if TYPE_CHECKING:
    from ..model import Field

_LONGEST = 500
_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class Like(FunctionElement[bool]):
    """`text LIKE pattern` whatever the case of ASCII letters; the pattern is in lower case, `\\` escapes."""

    type = sa.Boolean()
    inherit_cache = True


@compiles(Like)
def _like(element: Any, compiler: Any, **kw: Any) -> str:
    # SQLite folds ASCII letters by itself, and only those.
    text, pattern = (compiler.process(part, **kw) for part in element.clauses)
    return f"({text} LIKE {pattern} ESCAPE '\\')"


@compiles(Like, "postgresql")
def _like_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    text, pattern = (compiler.process(part, **kw) for part in element.clauses)
    return f"(lower({text} COLLATE \"C\") LIKE {pattern} ESCAPE '\\')"


def lower_ascii(text: str) -> str:
    """The text with ASCII letters in lower case and all others as they are."""
    return text.translate(_ASCII_LOWER)


def read_text(field: Field, raw: Any) -> str:
    """Part of a text, as typed; blanks count."""
    if isinstance(raw, int) and not isinstance(raw, bool):
        raw = str(raw)
    if not isinstance(raw, str) or not raw or len(raw) > _LONGEST or not _storable(raw):
        raise refusal("needs_text", field=field.key, max=_LONGEST)
    return raw


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _like_clause(before: str, after: str) -> Callable[[Column, Any], Clause]:
    def clause(column: Column, operand: Any) -> Clause:
        literal = lower_ascii(operand).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return Like(sa.type_coerce(column, sa.Text), sa.literal(before + literal + after, sa.Text))

    return clause


def _holds(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, operand: value is not None and test(lower_ascii(value), lower_ascii(operand))


_contains = _like_clause("%", "%")
_has = _holds(lambda text, part: part in text)

TEXT: tuple[Operator, ...] = (
    Operator("contains", "text", read_text, _contains, _has),
    Operator("not_contains", "text", read_text, negated(_contains), lambda value, part: not _has(value, part)),
    Operator("starts_with", "text", read_text, _like_clause("", "%"), _holds(str.startswith)),
    Operator("ends_with", "text", read_text, _like_clause("%", ""), _holds(str.endswith)),
    *EQUALITY,
    *MEMBERSHIP,
    *EMPTINESS,
)
