"""Formula: the one expression language, as in a spreadsheet.

`IF(amount > 1000, "A", "B")`, `ROUND(amount * probability / 100, 2)`, `SUM(lines.amount)`, `{客户}.{名称} & no`.
A formula is parsed to a tree, checked and typed, and compiled twice: to a Python closure and to SQL. A test over
random formulas and records holds Python, SQLite and PostgreSQL together. Nothing but the listed functions can be
reached.

What is empty:

* arithmetic with an empty operand is empty, and so are division by zero, a power outside 0 to 100, a day outside
  the calendar, and a number too large for its field: a formula has no errors at run time;
* SUM, MIN and MAX pass over empties, SUM of nothing is 0; `&` and CONCAT take empty for "", and "" is empty;
* `=` and `<>` treat two empties as equal; `<` and its kin do not hold when a side is empty; in IF, AND, OR and NOT
  empty counts as false. So no comparison is itself empty.

Numbers are exact decimals (see `numbers`). A moment is taken as its day in the reader's zone where a day is
wanted.
"""

from __future__ import annotations

from pathlib import Path

from ..wording import register
from .formula import Formula, compile, compile_all, compile_default
from .lookup import compile_lookup

__all__ = ["Formula", "compile", "compile_all", "compile_default", "compile_lookup"]

register(Path(__file__).parent.parent / "wording" / "formula")
