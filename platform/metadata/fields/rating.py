"""Stars."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from ..errors import ValueRefused
from ..fieldtype import CellRenderer, Examples, ExcelFormat, InputWidget
from ..model import Field
from .number import Number, decimal_of
from .raw import narrow

USUAL = 5
_WRITTEN = re.compile(
    r"(?P<stars>[★⭐*]{1,10})☆*|(?P<count>[0-9]{1,2})\s*(?:星|颗星|分|stars?|/\s*(?P<most>5|10))"
)


class Rating(Number):
    """One to five stars, or to ten where the field says so. `4`, `★★★★`, `4星` and `4/5` are read."""

    name = "rating"
    aggregates = ("avg", "min", "max", "count", "count_distinct")
    label_words = ("评分", "星级", "满意度", "打分", "rating", "stars", "satisfaction", "score")
    options_schema = {"stars": {"enum": [5, 10]}}
    examples = Examples(
        valid=(
            (4, 4),
            ("4", 4),
            ("★★★", 3),
            ("★★★☆☆", 3),
            ("4星", 4),
            ("４/5", 4),
            (5.0, 5),
            ("", None),
        ),
        invalid=(
            (0, "not_stars"),
            (6, "not_stars"),
            ("3.5", "not_stars"),
            ("good", "not_stars"),
            ("8/10", "not_stars"),
            (True, "not_stars"),
            ([3], "not_stars"),
        ),
        invalid_json=(0, 6, "4", 3.5, True),
    )

    def most(self, field: Field) -> int:
        """How many stars there are."""
        return int(field.option("stars", USUAL))

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return sa.Integer()

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "integer", "minimum": 1, "maximum": self.most(field)}

    def parse(self, field: Field, raw: Any) -> Any:
        stars = self.operand(field, raw)
        if stars is not None and not (1 <= stars <= self.most(field) and stars == int(stars)):
            raise ValueRefused("not_stars", max=self.most(field))
        return stars if stars is None else int(stars)

    def operand(self, field: Field, raw: Any) -> Any:
        if isinstance(raw, bool | list | dict):
            raise ValueRefused("not_stars", max=self.most(field))
        text = narrow(raw)
        if text is None:
            return None
        match = _WRITTEN.fullmatch(text)
        if match:
            if match["most"] and int(match["most"]) != self.most(field):
                raise ValueRefused("not_stars", max=self.most(field))
            return len(match["stars"]) if match["stars"] else int(match["count"])
        try:
            found = decimal_of(text)
        except ValueRefused:
            raise ValueRefused("not_stars", max=self.most(field)) from None
        return int(found) if found is not None and found == int(found) else found

    def dump(self, field: Field, value: Any) -> Any:
        return value

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        return "" if value is None else f"{value:g}" if isinstance(value, int) else f"{value:.1f}"

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        most = self.most(field)

        def show(value: Any, label: str | None) -> str:
            if value is None:
                return ""
            full = min(max(int(value), 0), most)
            rest = f'<span class="stars-off">{"★" * (most - full)}</span>' if full < most else ""
            return f'<span class="stars" role="img" aria-label="{value}/{most}">{"★" * full}{rest}</span>'

        return show

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("rating", {"most": self.most(field)})

    def excel(self, field: Field) -> ExcelFormat:
        words = tuple(str(number) for number in range(1, self.most(field) + 1))
        return ExcelFormat("0", width=8, choices=lambda lang: words)

    def to_excel(self, field: Field, value: Any, lang: str, label: str | None = None) -> Any:
        return value
