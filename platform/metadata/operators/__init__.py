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
from .branch import BRANCH, Branch
from .compare import COMPARE, EMPTINESS, REFERENCE, YES_NO
from .dates import DATE, MOMENT
from .links import LINKS, Linked
from .nearness import NEARNESS, Circle
from .operator import MOST_VALUES, Me, Operator, refusal
from .options import CHOICE, MULTI, TAGS
from .parts import PLACES, on_shown
from .people import DEPARTMENTS, GROUPS, PEOPLE
from .text import TEXT

__all__ = [
    "BRANCH",
    "CHOICE",
    "COMPARE",
    "DATE",
    "DEPARTMENTS",
    "EMPTINESS",
    "GROUPS",
    "LINKS",
    "MOMENT",
    "MOST_VALUES",
    "MULTI",
    "NEARNESS",
    "PEOPLE",
    "PLACES",
    "REFERENCE",
    "TAGS",
    "TEXT",
    "YES_NO",
    "Branch",
    "Circle",
    "Linked",
    "Me",
    "Operator",
    "on_shown",
    "refusal",
]

register(Path(__file__).parent.parent / "wording" / "conditions")
