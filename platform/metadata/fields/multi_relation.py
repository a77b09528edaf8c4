"""Any number of records of another entity, or of the same, in an order."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from markupsafe import escape
from sqlalchemy.types import TypeEngine

from ..columns import NumberSet
from ..errors import ValueRefused
from ..fieldtype import CellRenderer, Examples, FieldType, InputWidget
from ..model import Field
from ..operators import LINKS
from .raw import text_of
from .reference import Reference

MOST_LINKS = 500
"""Records one field may point at; more are records of their own."""

SEPARATOR = re.compile(r"[,，;；、|\n]")

UNSEEN = "—"


def names_in(text: str) -> list[str]:
    """What a cell names: its lines, or where it has but one what stands between its commas."""
    parts = text.split("\n") if "\n" in text.strip() else SEPARATOR.split(text)
    return [part.strip() for part in parts if part.strip()]


class MultiRelation(FieldType):
    """Ids of records of `target`, each once, in the order they were chosen. Text is split at commas, 、 and ；."""

    name = "multi_relation"
    read_as = "records"
    several = "target"
    needed = ("target",)
    operators = LINKS
    sortable = False
    label_words = ("相关", "related")
    options_schema = {
        "target": {"type": "string"},
        "on_delete": {"enum": ["restrict", "unlink"]},
        "filter": {"type": "object"},
    }
    examples = Examples(
        valid=(
            ([12, 7, 12], (12, 7)),
            ("７、12", (7, 12)),
            (7, (7,)),
            ([], None),
            ("", None),
            ([""], None),
            (["9223372036854775807", 7.0, "12"], (2**63 - 1, 7, 12)),
        ),
        invalid=(
            ("张三", "not_a_reference"),
            ([0], "not_a_reference"),
            ([True], "not_a_reference"),
            ([[1]], "not_a_reference"),
            ({"id": 1}, "not_a_reference"),
            (list(range(1, 502)), "too_many"),
        ),
        invalid_json=(7, ["7"], [0], [7, 7], [1.5]),
        options={"target": "account"},
    )

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return NumberSet()

    def json_schema(self, field: Field) -> dict[str, Any]:
        return {"type": "array", "items": _ONE.json_schema(field), "uniqueItems": True, "maxItems": MOST_LINKS}

    def parse(self, field: Field, raw: Any) -> tuple[int, ...] | None:
        if isinstance(raw, dict):
            raise ValueRefused("not_a_reference")
        parts: Iterable[Any] = raw
        if not isinstance(raw, list | tuple):
            parts = SEPARATOR.split(text_of(raw) or "") if isinstance(raw, str) else (raw,)
        found = dict.fromkeys(key for part in parts if (key := _ONE.parse(field, part)) is not None)
        if len(found) > MOST_LINKS:
            raise ValueRefused("too_many", max=MOST_LINKS)
        return tuple(found) or None

    def dump(self, field: Field, value: Any) -> Any:
        return None if value is None else list(value)

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        """The titles one after another, which an import reads back; nothing of those that may not be seen."""
        if not value:
            return ""
        if label is None:
            return "、".join(f"#{key}" for key in value)
        mark = "、" if lang == "zh" else ", "
        return mark.join(title for title in label.split("\n") if title)

    def to_excel(self, field: Field, value: Any, lang: str, label: str | None = None) -> Any:
        """Titles an import finds again: on lines of their own where one holds a comma. What may not be seen is
        there as a dash, which names nothing, so that nobody loses it by sending the sheet back.
        """
        if not value or label is None:
            return self.plain(field, value, lang, label) or None
        titles = [title or UNSEEN for title in label.split("\n")]
        mark = "\n" if any(SEPARATOR.search(title) for title in titles) else "、" if lang == "zh" else ", "
        return mark.join(titles)

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        start = f'<a class="link-chip" href="/e/{escape(field.option("target"))}/'
        unseen = f'<span class="link-chip soft">{UNSEEN}</span>'

        def show(value: Any, label: str | None) -> str:
            if not value:
                return ""
            titles = (label or "").split("\n")
            titles += [""] * (len(value) - len(titles))
            chips = (
                f'{start}{key}">{escape(title)}</a>' if title else unseen
                for key, title in zip(value, titles, strict=False)
            )
            return f'<span class="link-set">{"".join(chips)}</span>'

        return show

    def widget(self, field: Field) -> InputWidget:
        return InputWidget(
            "multi_picker", {"source": field.option("target"), "filtered": "filter" in field.options}
        )


class _One(Reference):
    """Reads one of the ids."""


_ONE = _One()
