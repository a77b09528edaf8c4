"""What a function of formulas is, and how constant arguments are taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .node import Node
from .tree import refusal

Build = Callable[[Sequence[Node], int], Node]
"""(arguments, position in the text) -> node."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function. `most` None means any number of arguments. `volatile` ones look at the clock, `personal` ones
    at who asks.
    """

    name: str
    least: int
    most: int | None
    build: Build
    volatile: bool = False
    personal: bool = False


def constant_text(node: Node, position: int) -> str:
    """The text a literal argument gives. Raises FormulaError for anything else."""
    if not isinstance(node.constant, str):
        raise refusal("wants_literal_text", position)
    return node.constant


def constant_whole(node: Node, position: int, low: int, high: int) -> int:
    """The whole number between the two that a literal argument gives. Raises FormulaError for anything else."""
    value: Any = node.constant
    if not isinstance(value, Decimal) or not node.whole or not low <= value <= high:
        raise refusal("wants_literal_number", position, low=low, high=high)
    return int(value)
