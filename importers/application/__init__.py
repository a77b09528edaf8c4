"""From a workbook to an application: each sheet becomes a proposed entity that its owner corrects.

`book` finds the tables, `facts` counts what stands in each column, `guessing` and `relating` propose types and
relations, `proposal` is what the owner edits, `judging` says what of it would not work, `documents` and `making`
turn it into entities, layouts and rows, and take all of it back.
"""

from __future__ import annotations

from pathlib import Path

from formloom.metadata import wording

wording.register(Path(__file__).parent / "wording")
