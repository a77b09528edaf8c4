"""Free words."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import escape
from sqlalchemy.types import TypeEngine

from ..columns import KeySet
from ..errors import ValueRefused
from ..fieldtype import CellRenderer, Examples, ExcelFormat, FieldType, InputWidget
from ..model import Field, fold
from ..operators import TAGS
from .raw import text_of

MOST = 50
LONGEST = 40
_SEPARATOR = re.compile(r"[,，;；、|\n\t]")
_CONTROL = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]+")


class Tags(FieldType):
    """Words of one's own, each once, in the order given. Text is split at commas, semicolons, 、 and |. A word is
    the same in whatever case and width; the first spelling stays.
    """

    name = "tags"
    read_as = "list"
    operators = TAGS
    sortable = False
    label_words = ("标签", "关键词", "关键字", "tags", "keywords", "labels")
    examples = Examples(
        valid=(
            ("重点，老客户、VIP; vip", ("重点", "老客户", "VIP")),
            (["<b>a</b>", " b  c "], ("<b>a</b>", "b c")),
            ("#展会 ＃续约", ("展会 续约",)),
            ("单个", ("单个",)),
            (2026.0, ("2026",)),
            ([], None),
            ([""], None),
            (" ， ", None),
        ),
        invalid=(
            ("x" * 41, "too_long"),
            ([f"t{n}" for n in range(51)], "too_many"),
            ({"a": 1}, "not_text"),
            ([["a"]], "not_text"),
            ("a\0b", "bad_character"),
        ),
        invalid_json=("a", [1], ["a", "a"], ["x" * 41], [""], ["a|b"]),
    )

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return KeySet()

    def json_schema(self, field: Field) -> dict[str, Any]:
        word = {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[^|]*$"}
        return {"type": "array", "items": word, "uniqueItems": True, "maxItems": MOST}

    def parse(self, field: Field, raw: Any) -> tuple[str, ...] | None:
        parts = raw if isinstance(raw, list | tuple) else [raw]
        words: dict[str, str] = {}
        for part in parts:
            for word in _SEPARATOR.split(text_of(part) or ""):
                clean = _clean(word)
                if clean:
                    words.setdefault(fold(clean), clean)
            if len(words) > MOST:
                raise ValueRefused("too_many", max=MOST)
        return tuple(words.values()) or None

    def dump(self, field: Field, value: Any) -> Any:
        return None if value is None else list(value)

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        return ("、" if lang == "zh" else ", ").join(value or ())

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        return lambda value, label: "".join(f'<span class="tag">{escape(word)}</span>' for word in value or ())

    def widget(self, field: Field) -> InputWidget:
        return InputWidget("tags", {"words": f"{field.entity}.{field.key}", "longest": LONGEST})

    def excel(self, field: Field) -> ExcelFormat:
        return ExcelFormat(width=24)


def _clean(word: str) -> str:
    """The word without a hash before it and with single blanks. Raises ValueRefused."""
    clean = " ".join(_CONTROL.sub(" ", word).split()).lstrip("#＃").replace(" #", " ").replace(" ＃", " ").strip()
    if len(clean) > LONGEST:
        raise ValueRefused("too_long", max=LONGEST)
    return clean
