"""Operators of Conditions, as rows of data: one place says how each reads, compiles, evaluates.

`clause` and `matches` of an operator agree on every value:

* empty is no value: comparisons with it do not hold, but `ne`, `not_in` and `not_contains` do, because people who
  ask for "not Shanghai" expect blanks too; `eq null` means empty;
* `in []` holds for nothing, `not_in []` for everything;
* text compares by code point; `contains` and its kin ignore the case of ASCII letters only, on both databases.

Each clause is a bare expression, never a `.where`, so that AND, OR and NOT can be built from it.
"""

from pathlib import Path

from ..wording import register
from .compare import COMPARE, EMPTINESS, REFERENCE, YES_NO
from .dates import DATE, MOMENT
from .operator import MOST_VALUES, Me, Operator, refusal
from .options import CHOICE, MULTI
from .people import DEPARTMENTS, PEOPLE
from .text import TEXT

__all__ = [
    "CHOICE",
    "COMPARE",
    "DATE",
    "DEPARTMENTS",
    "EMPTINESS",
    "MOMENT",
    "MOST_VALUES",
    "MULTI",
    "PEOPLE",
    "REFERENCE",
    "TEXT",
    "YES_NO",
    "Me",
    "Operator",
    "refusal",
]

register(Path(__file__).parent.parent / "wording" / "conditions")
