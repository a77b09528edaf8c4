"""Operators of options: one key, or several in one value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from .compare import EMPTINESS, EQUALITY, MEMBERSHIP, negated, one_of
from .operator import Clause, Column, Operator, read_many, read_one, read_present, refusal
from .text import TEXT

if TYPE_CHECKING:
    from ..model import Field

CATEGORIES = ("open", "won", "lost")


def _read_category(field: Field, raw: Any) -> tuple[str, ...]:
    keys = tuple(option.key for option in field.choices if option.category == raw)
    if raw not in CATEGORIES or not keys:
        raise refusal("unknown_category", field=field.key)
    return keys


CHOICE: tuple[Operator, ...] = (
    *EQUALITY,
    *MEMBERSHIP,
    Operator("category_is", "category", _read_category, one_of, lambda value, keys: value in keys),
    *EMPTINESS,
)


class HasKey(FunctionElement[bool]):
    """Whether one text holds another, byte by byte: a key between bars in a set of keys."""

    type = sa.Boolean()
    inherit_cache = True


@compiles(HasKey)
def _has_key(element: Any, compiler: Any, **kw: Any) -> str:
    keys, key = (compiler.process(part, **kw) for part in element.clauses)
    return f"(instr({keys}, {key}) > 0)"


@compiles(HasKey, "postgresql")
def _has_key_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    keys, key = (compiler.process(part, **kw) for part in element.clauses)
    return f"(strpos({keys}, {key}) > 0)"


def _read_key(field: Field, raw: Any) -> str:
    keys = read_present(field, raw)
    if len(keys) != 1:
        raise refusal("needs_value", field=field.key)
    return str(keys[0])


def _read_keys(field: Field, raw: Any) -> tuple[str | None, ...]:
    """Keys of several raws; each may itself be a list, None stands for empty."""
    read = read_many(field, [raw] if isinstance(raw, str) else raw)
    return tuple(key for value in read for key in (value if isinstance(value, tuple) else (value,)))


def _has(column: Column, key: str) -> Clause:
    return HasKey(sa.type_coerce(column, sa.Text), sa.literal(f"|{key}|", sa.Text))


def _has_all(column: Column, keys: Iterable[str | None]) -> Clause:
    return sa.and_(column.is_not(None), *(_has(column, key) for key in keys if key is not None))


def _has_any(column: Column, keys: Iterable[str | None]) -> Clause:
    return sa.or_(sa.false(), *(column.is_(None) if key is None else _has(column, key) for key in keys))


def _is_exactly(column: Column, operand: Any) -> Clause:
    if operand is None:
        return column.is_(None)
    length = sum(len(key) + 1 for key in operand) + 1
    return sa.and_(_has_all(column, operand), sa.func.length(sa.type_coerce(column, sa.Text)) == length)


def _overlaps(value: Any, keys: Any) -> bool:
    return any(value is None if key is None else key in (value or ()) for key in keys)


def _includes(value: Any, keys: Any) -> bool:
    return value is not None and all(key in value for key in keys if key is not None)


def _same(value: Any, keys: Any) -> bool:
    return set(value or ()) == set(keys or ())


MULTI: tuple[Operator, ...] = (
    Operator("contains", "one", _read_key, _has, lambda value, key: key in (value or ())),
    Operator("not_contains", "one", _read_key, negated(_has), lambda value, key: key not in (value or ())),
    Operator("in", "many", _read_keys, _has_any, _overlaps),
    Operator("not_in", "many", _read_keys, negated(_has_any), lambda value, keys: not _overlaps(value, keys)),
    Operator("contains_all", "many", _read_keys, _has_all, _includes),
    Operator("eq", "many", read_one, _is_exactly, _same),
    Operator("ne", "many", read_one, negated(_is_exactly), lambda value, keys: not _same(value, keys)),
    *EMPTINESS,
)

_BARS = "|"


def _bare(value: Any) -> str:
    """The words as they are stored, between bars."""
    return _BARS + _BARS.join(value) + _BARS


_in_words = {operator.name: operator for operator in TEXT}


def _in_some_word(name: str) -> Operator:
    """The operator of text `name`, on all words of a value as they are stored."""
    inner = _in_words[name]

    def matches(value: Any, operand: Any) -> bool:
        return inner.matches(None if value is None else _bare(value), operand)

    return Operator(name, inner.operand, inner.read, inner.clause, matches)


def _read_words(field: Field, raw: Any) -> tuple[str | None, ...]:
    """Words of a list: a word by itself could as well be many, told apart by commas."""
    return _read_keys(field, None if isinstance(raw, str) else raw)


def _read_all_words(field: Field, raw: Any) -> Any:
    """All the words of a value; None for no word at all."""
    return None if raw is None else tuple(word for word in _read_words(field, raw) if word is not None) or None


TAGS: tuple[Operator, ...] = (
    *(replace(each, read=_read_words) for each in MULTI if each.name in ("in", "not_in", "contains_all")),
    _in_some_word("contains"),
    _in_some_word("not_contains"),
    *(replace(each, read=_read_all_words) for each in MULTI if each.name in ("eq", "ne")),
    *EMPTINESS,
)
"""As for several options, but words are free, and `contains` finds parts of them."""
