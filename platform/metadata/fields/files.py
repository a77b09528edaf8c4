"""Base of the types whose values are uploaded files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from markupsafe import escape
from sqlalchemy.types import TypeEngine

from ..columns import NumberSet
from ..errors import ValueRefused
from ..fieldtype import CellRenderer, ExcelFormat, FieldType, InputWidget
from ..model import Field
from ..operators import EMPTINESS
from ..uploads import LARGEST_ID, FileFacts, endings_in, facts_in, size_text
from ..wording import say

MOST = 100
"""Files in one field, whatever its settings."""

USUAL_MOST = 20
SHOWN = 3
"""Pictures a list's cell shows; of other files it names the first."""

SIZE_SCHEMA: Mapping[str, Any] = {"type": "integer", "minimum": 1}
COUNT_SCHEMA: Mapping[str, Any] = {"type": "integer", "minimum": 1, "maximum": MOST}


class Files(FieldType):
    """Ids of uploaded files, each once, in the order they were put; the facts of each come along as `label`."""

    files = True
    read_as = "files"
    imported = False
    sortable = False
    operators = EMPTINESS
    aggregates = ("count",)
    picture: ClassVar[bool] = False
    """Whether values are pictures and nothing else."""

    def column(self, field: Field) -> TypeEngine[Any] | None:
        return NumberSet()

    def json_schema(self, field: Field) -> dict[str, Any]:
        one = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
        return {"type": "array", "items": one, "uniqueItems": True, "maxItems": self.most(field)}

    def parse(self, field: Field, raw: Any) -> tuple[int, ...] | None:
        if raw is None or raw == "":
            return None
        parts = raw if isinstance(raw, list | tuple) else [raw]
        if isinstance(raw, str):
            raise ValueRefused("not_files")
        ids = tuple(dict.fromkeys(_id_of(part) for part in parts if part != ""))
        if len(ids) > self.most(field):
            raise ValueRefused("too_many_files", max=self.most(field))
        return ids or None

    def dump(self, field: Field, value: Any) -> Any:
        return None if value is None else list(value)

    def plain(self, field: Field, value: Any, lang: str, label: str | None = None) -> str:
        if not value:
            return ""
        known = facts_in(label)
        names = [known[each].name for each in value if each in known]
        return ("、" if lang == "zh" else ", ").join(names) or say("files.count", lang, count=len(value))

    def cell(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        most = SHOWN if self.picture else 1
        return lambda value, label: _drawn(value, label, most, self.picture)

    def large(self, field: Field, lang: str, zone: Any) -> CellRenderer:
        return lambda value, label: _drawn(value, label, MOST, self.picture)

    def widget(self, field: Field) -> InputWidget:
        given = {
            "most": self.most(field),
            "largest": self.largest(field),
            "accept": ",".join(f".{ending}" for ending in self.endings(field)),
            "picture": self.picture,
        }
        return InputWidget("files", given)

    def excel(self, field: Field) -> ExcelFormat:
        return ExcelFormat(width=30)

    def most(self, field: Field) -> int:
        """How many files a value may hold."""
        if not field.option("multiple", True):
            return 1
        return min(MOST, int(field.option("max_files", USUAL_MOST)))

    def largest(self, field: Field) -> int | None:
        """The size in bytes none of them may exceed; None where only the site's own limit holds."""
        size = field.option("max_size")
        return None if size is None else int(size)

    def endings(self, field: Field) -> tuple[str, ...]:
        """The endings their names must have; none where all are welcome."""
        return endings_in(field.option("types", ()))

    def judge(self, field: Field, file: FileFacts) -> None:
        """Nothing, when the file is one of this field. Raises ValueRefused."""
        largest = self.largest(field)
        if largest is not None and file.size > largest:
            raise ValueRefused("file_too_large", name=file.name, limit=size_text(largest))


def _id_of(part: Any) -> int:
    if isinstance(part, str) and part.isascii() and part.isdigit() and len(part) <= 16:
        part = int(part)
    if isinstance(part, bool) or not isinstance(part, int) or not 0 < part <= LARGEST_ID:
        raise ValueRefused("not_files")
    return part


def _drawn(value: Any, label: str | None, most: int, picture: bool) -> str:
    """The files as links, pictures as thumbnails; how many there are beyond `most` as a number."""
    if not value:
        return ""
    known = facts_in(label)
    found = [known[each] for each in value if each in known]
    links = [_thumbnail(file) if picture and file.is_picture else _chip(file) for file in found[:most]]
    more = f'<span class="file-more">+{len(found) - most}</span>' if len(found) > most else ""
    return f'<span class="files">{"".join(links)}{more}</span>'


def _thumbnail(file: FileFacts) -> str:
    name = escape(file.name)
    return (
        f'<a class="file-picture" href="{file.address}" target="_blank" rel="noopener" title="{name}">'
        f'<img src="{file.thumbnail()}" alt="{name}" loading="lazy"></a>'
    )


def _chip(file: FileFacts) -> str:
    name, kind = escape(file.name), escape(file.kind)
    css = "file-chip file-picture-link" if file.is_picture else "file-chip"
    return (
        f'<a class="{css}" href="{file.address}" target="_blank" rel="noopener" title="{name} · '
        f'{file.size_words}"><span class="file-kind" aria-hidden="true">{kind}</span>{name}</a>'
    )
