"""What is proposed for a workbook and what its owner made of it: sheets as entities, columns as fields.

It is kept as JSON between two requests, so that nothing is lost on reload. Facts about the cells stay with it in
short (`counts`), so that a page needs no look into the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from dataclasses import field as attribute
from typing import Any

REFUSE, EMPTY = "refuse", "empty"
MISFITS = (REFUSE, EMPTY)
LEVELS = ("manage", "edit", "view")
MODES = ("all", "rows")

Words = dict[str, str]
"""A label by language."""
Noted = list[Any]
"""[code, data] of a Note."""


@dataclass
class Counts:
    """A column in numbers: rows, filled cells, different values, characters of the longest; `samples` as typed."""

    rows: int = 0
    filled: int = 0
    distinct: int = 0
    longest: int = 0
    samples: list[str] = attribute(default_factory=list)

    @property
    def blanks(self) -> int:
        """Rows without a value."""
        return self.rows - self.filled

    @property
    def repeats(self) -> int:
        """Cells that say what another says already."""
        return self.filled - self.distinct


@dataclass
class Column:
    """A column as a field. `target` is `sheet:NAME` or `entity:KEY`; `field` is the one it fills in an entity that
    exists already; `taken` and `refused` count the cells under the present type; `misfits` says what becomes of
    those refused. `head` are the first rows' cells, as `facts.packed` writes them.
    """

    at: int
    header: str
    key: str
    label: Words
    type: str
    include: bool = True
    settings: dict[str, Any] = attribute(default_factory=dict)
    options: list[dict[str, Any]] = attribute(default_factory=list)
    required: bool = False
    unique: bool = False
    target: str = ""
    parent: bool = False
    field: str = ""
    misfits: str = REFUSE
    counts: Counts = attribute(default_factory=Counts)
    taken: int = 0
    refused: int = 0
    proposed: str = ""
    evidence: list[Noted] = attribute(default_factory=list)
    head: list[Any] = attribute(default_factory=list)

    @property
    def kept_out(self) -> int:
        """Cells whose row would be refused."""
        return self.refused if self.misfits == REFUSE else 0

    @property
    def lacking(self) -> int:
        """Cells that are empty though the field is required; refused ones left empty count too."""
        return self.counts.blanks + (self.refused if self.misfits == EMPTY else 0) if self.required else 0

    @property
    def repeated(self) -> int:
        """Cells that repeat another though the field is unique."""
        return self.counts.repeats if self.unique else 0

    @property
    def problems(self) -> int:
        """Cells for which a row would be refused."""
        return self.kept_out + self.lacking + self.repeated if self.include else 0


@dataclass
class Sheet:
    """A sheet as an entity of its own or, with `into`, as rows for one that exists. `header` counts from 1.

    `title` is the position of the column records are called by; None lets the first suitable one be it.
    """

    name: str
    key: str
    label: Words
    icon: str = "table"
    include: bool = True
    into: str = ""
    title: int | None = None
    header: int = 1
    rows: int = 0
    kind: str = "xlsx"
    notes: list[Noted] = attribute(default_factory=list)
    columns: list[Column] = attribute(default_factory=list)
    usable: bool = True
    joins: list[str] = attribute(default_factory=list)

    @property
    def used(self) -> list[Column]:
        """The columns that become fields."""
        if self.into:
            return [column for column in self.columns if column.include and column.field]
        return [column for column in self.columns if column.include]

    @property
    def link(self) -> Column | None:
        """The column that names the record whose lines the rows are."""
        return next((c for c in self.columns if c.include and c.parent and c.target and not self.into), None)

    def column(self, at: int) -> Column | None:
        """The column at a position of the sheet."""
        return next((column for column in self.columns if column.at == at), None)

    @property
    def problems(self) -> int:
        """Cells for which a row would be refused."""
        return sum(column.problems for column in self.used) if self.include and self.usable else 0


@dataclass
class Proposal:
    """The proposal of a workbook. `grants` gives roles a level; `mode` is that of imports."""

    label: Words
    sheets: list[Sheet] = attribute(default_factory=list)
    grants: dict[str, str] = attribute(default_factory=dict)
    menu: bool = True
    mode: str = "all"

    @property
    def used(self) -> list[Sheet]:
        """The sheets that are taken."""
        return [sheet for sheet in self.sheets if sheet.include and sheet.usable]

    def sheet(self, name: str) -> Sheet | None:
        """The sheet of a name."""
        return next((sheet for sheet in self.sheets if sheet.name == name), None)

    def target_of(self, column: Column) -> Sheet | None:
        """The sheet a relation points at, if it is one that is taken."""
        kind, _, name = column.target.partition(":")
        found = self.sheet(name) if kind == "sheet" else None
        return found if found is not None and found.include and found.usable else None

    def target_key(self, column: Column) -> str:
        """Key of the entity a relation points at; '' where there is none."""
        kind, _, name = column.target.partition(":")
        if kind == "entity":
            return name
        found = self.target_of(column)
        return "" if found is None else found.into or found.key

    def relations(self) -> Iterator[tuple[Sheet, Column]]:
        """Every column that points at another sheet or entity."""
        for sheet in self.used:
            for column in sheet.used:
                if column.target:
                    yield sheet, column

    @property
    def problems(self) -> int:
        """Cells for which a row would be refused."""
        return sum(sheet.problems for sheet in self.used)

    def dump(self) -> dict[str, Any]:
        """The proposal as JSON."""
        return asdict(self)

    @classmethod
    def load(cls, raw: dict[str, Any]) -> Proposal:
        """The proposal of its JSON."""
        sheets = [_sheet(each) for each in raw["sheets"]]
        return cls(**{**_known(cls, raw), "sheets": sheets})


def _sheet(raw: dict[str, Any]) -> Sheet:
    columns = [
        Column(**{**_known(Column, each), "counts": Counts(**_known(Counts, each["counts"]))})
        for each in raw["columns"]
    ]
    return Sheet(**{**_known(Sheet, raw), "columns": columns})


def _known(kind: Any, raw: dict[str, Any]) -> dict[str, Any]:
    """What the class still knows of a kept object."""
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in raw.items() if name in names}
