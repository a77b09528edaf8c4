"""What a kind of field is: storage, parsing, showing, filtering, Excel, in one stateless class per type.

A value has five faces, and each member below turns one into another:

* raw – what arrives: form text, JSON, an Excel cell;
* value – the typed Python value, or None for empty; the only face the rest of the program holds;
* stored – what the column keeps (its SQLAlchemy type converts);
* dumped – the JSON form the API gives, which `parse` reads back to the same value;
* cell – what a person sees: escaped HTML in lists and details, plain text in Excel and prints. Where there is
  room, as on a record's page, `large` may show more of it.

`parse` raises for rubbish and never turns it into empty. It is lenient, because people type and sheets differ; the
strictness of the API is `json_schema`'s, which is applied before it. Instants without an offset are read and shown
in `zone`, a context variable that each request and job sets to its user's. Subclasses register themselves by their
`name`; a missing member or a name used twice is a TypeError at import. One contract test runs over `FIELD_TYPES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from markupsafe import escape
from sqlalchemy.types import TypeEngine

from .errors import ValueRefused

if TYPE_CHECKING:
    from .model import Field
    from .operators.operator import Operator

_HOME: tzinfo = ZoneInfo("Asia/Shanghai")

zone: ContextVar[tzinfo] = ContextVar("zone", default=_HOME)
"""Where the person is whose values are read or shown: instants typed without an offset are his local time."""

CellRenderer = Callable[[Any, str | None], str]
"""(value, label of what it points at) -> safe HTML; the label is None except for references."""


@dataclass(frozen=True, slots=True)
class InputWidget:
    """Which of the few form widgets edits the field, with its HTML attributes; `wide` ones take a whole row."""

    kind: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    wide: bool = False


@dataclass(frozen=True, slots=True)
class ExcelFormat:
    """How a column looks in a workbook; `width` in Excel characters, `choices` make a dropdown (labels);
    `wrap` lets long text go on below.
    """

    number_format: str = "@"
    width: int = 16
    choices: Callable[[str], Sequence[str]] | None = None
    wrap: bool = False


@dataclass(frozen=True, slots=True)
class Examples:
    """Raw values the contract test feeds: `valid` pairs raw and value, `invalid` pairs raw and error code.

    `invalid_json` are JSON values that `json_schema` refuses, though `parse` may be kind enough to read them.
    """

    valid: tuple[tuple[Any, Any], ...]
    invalid: tuple[tuple[Any, str], ...] = ()
    invalid_json: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


FIELD_TYPES: dict[str, FieldType] = {}
"""All field types by name, filled by importing `metadata.fields`."""


class FieldType:
    """Base of all field types. Members take the Field because settings live there, never on the type."""

    name: ClassVar[str]
    options_schema: ClassVar[Mapping[str, Any]] = {}
    operators: ClassVar[tuple[Operator, ...]] = ()
    aggregates: ClassVar[tuple[str, ...]] = ("count", "count_distinct")
    examples: ClassVar[Examples]
    sortable: ClassVar[bool] = True
    numeric: ClassVar[bool] = False
    computed: ClassVar[bool] = False
    kind: ClassVar[str | None] = None
    """What formulas take a value as: number, text, date, datetime, boolean, reference; None when they cannot."""
    read_as: ClassVar[str | None] = None
    """What formulas read a value as that is of none of these kinds: they turn it into text, or take a part of it.
    One of `formula.structured.READ_AS`."""
    unit: ClassVar[int] = 0
    """For numbers that are lengths of time: how many seconds one is."""
    needed: ClassVar[tuple[str, ...]] = ()
    """Options without which a field of the type means nothing."""
    numbered: ClassVar[bool] = False
    """Whether new records get a number of a sequence where no value is given."""
    target: ClassVar[str | None] = None
    """Option name (`target`) or fixed system table (`user`, `department`) a reference points at."""
    several: ClassVar[str | None] = None
    """As `target`, where a value is the ids of several; labels are then the texts of all, a line each."""
    own_kind: ClassVar[bool] = False
    """Whether a reference points at the record above, of its own entity: `target` follows; they are a tree."""
    choices_from: ClassVar[str | None] = None
    """What of the catalog the options are, where neither the field nor an option set says: `roles`."""
    files: ClassVar[bool] = False
    """Whether values are ids of uploaded files; their labels are then what `uploads.facts_in` reads."""
    imported: ClassVar[bool] = True
    """Whether a sheet's cell can be read as a value."""
    label_words: ClassVar[tuple[str, ...]] = ()
    """Words by which a label tells the type, in any language: 电话, phone. The longest one found decides."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" not in cls.__dict__:
            return
        if cls.name in FIELD_TYPES:
            raise TypeError(f"field type {cls.name!r} is defined twice")
        missing = [m for m in ("examples", "parse", "json_schema") if getattr(cls, m, None) is None]
        if missing:
            raise TypeError(f"field type {cls.name!r} lacks {missing}")
        # Words tell a type, not those that are built on it.
        cls.label_words = cls.__dict__.get("label_words", ())
        FIELD_TYPES[cls.name] = cls()

    def of(self, field: Field) -> FieldType:
        """The behaviour of this field; another type's where a computed field behaves as its result."""
        return self

    def column(self, field: Field) -> TypeEngine[Any] | None:
        """The column's type, or None when nothing is stored."""
        raise NotImplementedError

    def json_schema(self, field: Field) -> dict[str, Any]:
        """Draft 2020-12 schema of the dumped value (null is added for fields that may be empty)."""
        raise NotImplementedError

    def parse(self, field: Field, raw: Any) -> Any:
        """The value of a raw form text, JSON value or Excel cell; None for empty. Raises ValueRefused."""
        raise NotImplementedError

    def operand(self, field: Field, raw: Any) -> Any:
        """A value to compare with: as `parse`, but without the limits the field's own values have."""
        return self.parse(field, raw)

    def dump(self, field: Field, value: Any) -> Any:
        """The JSON form of a value."""
        return value

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        """The value as a person reads it, without markup: titles, Excel text, history."""
        return "" if value is None else str(value)

    def entry(self, field: Field, value: Any, lang: str) -> Any:
        """What a form's input holds for a value that is there: `parse` reads it back."""
        return self.dump(field, value)

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        """A renderer of safe HTML for a list cell or detail value, prepared once per layout."""
        return lambda value, label: "" if value is None else str(escape(self.plain(field, value, lang, label)))

    def large(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        """A renderer of safe HTML for where there is room."""
        return self.cell(field, lang, zone)

    def widget(self, field: Field) -> InputWidget:
        """The form widget."""
        return InputWidget("input", {"type": "text"})

    def excel(self, field: Field) -> ExcelFormat:
        """Number format, width and dropdown of the column."""
        return ExcelFormat()

    def to_excel(self, field: Field, value: Any, lang: str, label: str | None = None) -> Any:
        """The cell of an exported workbook: text, number, date or None."""
        return None if value is None else self.plain(field, value, lang, label)

    def parse_column(self, field: Field, raws: Sequence[Any]) -> tuple[list[Any], dict[int, ValueRefused]]:
        """Values of many raws at once, and the refusals by position. Each distinct raw is parsed once."""
        keys = [raw if raw.__class__ is str else _distinct(raw) for raw in raws]
        known: dict[Any, Any] = {}
        bad: dict[Any, ValueRefused] = {}
        for key, raw in dict(zip(keys, raws, strict=True)).items():
            try:
                known[key] = self.parse(field, raw)
            except ValueRefused as refusal:
                known[key], bad[key] = None, refusal
        values = [known[key] for key in keys]
        return values, {position: bad[key] for position, key in enumerate(keys) if key in bad} if bad else {}


def _distinct(raw: Any) -> Any:
    """What tells a raw from others: 1, 1.0 and True are equal but do not mean the same; a list has no hash."""
    return raw.__class__, raw if raw.__hash__ is not None else repr(raw)
