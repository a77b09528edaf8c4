"""Formula text as a tree: what was written, before names are looked up and types checked."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput

from ..errors import FormulaError
from ..wording import Phrase

LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, TRUE, FALSE or NULL."""

    value: Any
    position: int


@dataclass(frozen=True, slots=True)
class Name:
    """A field, or a path to one; each part as written, braces removed."""

    parts: tuple[str, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments; the name is in upper case."""

    name: str
    arguments: tuple[Tree, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator and its one or two operands."""

    sign: str
    operands: tuple[Tree, ...]
    position: int


Tree = Literal | Name | Call | Operation

_SIGNS = {
    "!=": "<>",
    "≠": "<>",
    "≤": "<=",
    "≥": ">=",
    "＝": "=",
    "＜": "<",
    "＞": ">",
    "＆": "&",
    "＋": "+",
    "－": "-",
    "×": "*",
    "÷": "/",
}
_WORDS = {"TRUE": True, "FALSE": False, "NULL": None}


def refusal(key: str, position: int | None = None, **data: Any) -> FormulaError:
    """The error for a formula that cannot be used, to be raised. `position` counts characters from 1."""
    reason = Phrase(f"formula.{key}", data)
    if position is not None:
        reason = Phrase("formula.at", {"position": position, "reason": reason})
    return FormulaError(reason=reason, position=position)


@v_args(inline=True)
class _Builder(Transformer[Token, Tree]):
    def start(self, tree: Tree) -> Tree:
        return tree

    def number(self, token: Token) -> Tree:
        return Literal(Decimal(token), _position(token))

    def string(self, token: Token) -> Tree:
        return Literal(str(token)[1:-1].replace('""', '"') or None, _position(token))

    def binary(self, left: Tree, sign: Token, right: Tree) -> Tree:
        return Operation(_SIGNS.get(sign, str(sign)), (left, right), _position(sign))

    def sign(self, sign: Token, operand: Tree) -> Tree:
        return Operation(_SIGNS.get(sign, str(sign)), (operand,), _position(sign))

    def percent(self, operand: Tree, sign: Token) -> Tree:
        return Operation("%", (operand,), _position(sign))

    def function(self, name: Token, *arguments: Tree | None) -> Tree:
        given = tuple(argument for argument in arguments if argument is not None)
        return Call(str(name).upper(), given, _position(name))

    def path(self, *parts: Token) -> Tree:
        [first, *others] = parts
        if not others and first.upper() in _WORDS:
            return Literal(_WORDS[first.upper()], _position(first))
        return Name(tuple(part.strip("{}").strip() for part in parts), _position(first))


def _position(token: Token) -> int:
    return (token.start_pos or 0) + 1


@cache
def _parser() -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", transformer=_Builder(), maybe_placeholders=True)


def read(text: str) -> Tree:
    """The tree of a formula. Raises FormulaError with the position of what cannot be read."""
    if not isinstance(text, str) or not text.strip():
        raise refusal("empty")
    if len(text) > LONGEST:
        raise refusal("too_long", max=LONGEST)
    return _parsed(text)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Tree:
    """Trees never change, and every check and every new Catalog asks for the same ones."""
    try:
        tree: Any = _parser().parse(text)
    except UnexpectedInput as error:
        raise _unreadable(text, error) from None
    found: Tree = tree
    return found


def _unreadable(text: str, error: UnexpectedInput) -> FormulaError:
    at_end = isinstance(error, UnexpectedEOF) or (not isinstance(error, UnexpectedCharacters) and _is_end(error))
    position: int | None = getattr(error, "pos_in_stream", None)
    if at_end or position is None:
        return refusal("unfinished", len(text) + 1)
    return refusal("unexpected", position + 1, text=text[position : position + 10])


def _is_end(error: UnexpectedInput) -> bool:
    token = getattr(error, "token", None)
    return token is not None and token.type == "$END"
