"""What readers do not tell of a sheet: where its cells stand, formulas without result, errors, hidden rows.

Everything here searches the raw bytes of the sheet's own part, which is faster than parsing it and enough for
marks that Excel always writes alike. A sheet that another program writes in another way, with prefixes, without
references or with its attributes in another order, is rewritten first (`canonical`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from formloom.metadata.fields.runs import Runs, marks_of

from .refusal import FileRefused

Place = tuple[int, int]
"""Row and column of a cell, both from 0."""

_TAG = re.compile(
    rb"<(row|c)((?:\s+[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*(/?)>",
)
_ATTRIBUTE = re.compile(rb"([\w:.-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_ANY_TAG = re.compile(rb"<(?:row|c)[\s/>]")
_PREFIX = re.compile(rb"<(/?)[\w.-]+:(?=[A-Za-z])")
_PREFIXED_CELL = re.compile(rb":(?:c|row|sheetData)[\s/>]")
_REFERENCE = re.compile(rb"([A-Za-z]{1,3})([0-9]{1,7})")
_FORMULA = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"(?![^>]* t="str")[^>]*>\s*<f(?:[^>]*/>|[^>]*>([^<]*)</f>)\s*'
    rb"(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
)
_ERROR = re.compile(
    rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]* t="e"[^>]*>(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)?<v>([^<]*)</v>'
)
_INLINE = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]* t="inlineStr"[^>]*><is>(<r>.*?)</is>', re.DOTALL)
_SHARED_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]* t="s"[^>]*><v>(\d{1,9})</v>')
_ITEM = re.compile(rb"<si>(.*?)</si>|<si/>", re.DOTALL)
_RUN = re.compile(rb"<r>(?:<rPr>(.*?)</rPr>)?<t(?:\s[^>]*)?>(.*?)</t></r>", re.DOTALL)
_MARK = re.compile(rb'<(b|i|u|strike)(?:\s+val="([^"]*)")?\s*/>')
_SIZE = re.compile(rb'<sz val="([0-9.]{1,6})"')
_HIDDEN = re.compile(rb'<row r="(\d{1,7})"[^>]* hidden="(?:1|true)"')
_MERGED = re.compile(rb'<mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')


def canonical(content: bytes) -> bytes:
    """The sheet with every row and cell written as `<row r="1"` and `<c r="A1"`. Raises FileRefused.

    A sheet as Excel writes it is returned as it is.
    """
    if b"\0" in content[:1000] or b"<!DOCTYPE" in content:
        raise FileRefused("import.unreadable")
    if _is_plain(content):
        return content
    plain = _PREFIX.sub(rb"<\1", content)
    rewritten, count = _TAG.subn(_Rewriting(), plain)
    if count != len(_ANY_TAG.findall(plain)):
        raise FileRefused("import.unreadable")
    return rewritten


def _is_plain(content: bytes) -> bool:
    """Whether every cell and row begins with its reference, and attributes are in double quotes."""
    start, end = content.find(b"<sheetData"), content.rfind(b"</sheetData>")
    return (
        0 <= start < end
        and content.count(b"<c", start, end) - content.count(b"<color", start, end)
        == content.count(b'<c r="', start, end)
        and content.count(b"<row", start, end) == content.count(b'<row r="', start, end)
        and content.find(b"='", start, end) < 0
        and _PREFIXED_CELL.search(content) is None
    )


class _Rewriting:
    """Writes the tags of rows and cells anew, giving a place to those that do not name theirs."""

    def __init__(self) -> None:
        self.row = self.column = 0

    def __call__(self, tag: re.Match[bytes]) -> bytes:
        given = {name: value or quoted for name, value, quoted in _ATTRIBUTE.findall(tag[2])}
        more = b"".join(b' %s="%s"' % (n, given[n]) for n in (b"s", b"t", b"hidden") if n in given)
        if tag[1] == b"row":
            self.row, self.column = _number(given.get(b"r"), self.row + 1), 0
            return b'<row r="%d"%s%s>' % (self.row, more, tag[3])
        reference = _REFERENCE.fullmatch(given[b"r"]) if b"r" in given else None
        if b"r" in given and reference is None:
            raise FileRefused("import.unreadable")
        if reference is None:
            self.column += 1
            place = column_letters(self.column).encode() + b"%d" % max(self.row, 1)
        else:
            self.column = column_number(reference[1].decode().upper())
            place = reference[0].upper()
        return b'<c r="%s"%s%s>' % (place, more, tag[3])


def _number(text: bytes | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    if not text.isdigit() or len(text) > 7:
        raise FileRefused("import.unreadable")
    return int(text)


def check_extent(content: bytes, rows: int, columns: int) -> None:
    """Refuse a canonical sheet with a cell below the last of `rows` or right of the last of `columns`.

    Readers hold room for everything between the first cell and the farthest, so that one cell far away costs as
    much as a full sheet. Cells that are only formatted cost nothing, and whole columns of them are common.
    """
    for found in _far_cells(rows, columns).finditer(content):
        if column_number(found[1].decode().upper()) > columns:
            raise FileRefused("import.too_many_columns", status=413, limit=columns)
        if int(found[2]) > rows:
            raise FileRefused("import.too_many_rows", status=413, limit=rows - 1)


def _far_cells(rows: int, columns: int) -> re.Pattern[bytes]:
    """Finds cells that may be too far: the letters of a later column, lower case, or as many digits as `rows`."""
    letters = column_letters(columns)
    far = "[A-Z]{3}|[A-Za-z]*[a-z][A-Za-z]*"
    if len(letters) > 1:
        far += f"|[{letters[0]}-Z][A-Z]"
    else:
        far += f"|[A-Z]{{2}}|[{letters}-Z]"
    return re.compile(
        rf'<c r="(?:(?={far}|[A-Z]{{1,2}}\d{{{len(str(rows))},}})([A-Za-z]+)(\d+))"(?![^>]*/>)'.encode()
    )


def formulas_without_value(content: bytes) -> dict[Place, str]:
    """Formulas whose result the file does not hold, with what was typed. Readers give such a cell as empty."""
    if b"<f" not in content:
        return {}
    return {
        _place(letters, row): "=" + _unescape(text.decode("utf-8", "replace"))
        for letters, row, text in _FORMULA.findall(content)
    }


def error_cells(content: bytes) -> dict[Place, str]:
    """Cells that hold an error such as #REF!. Readers give them as empty."""
    if b' t="e"' not in content:
        return {}
    found = _ERROR.findall(content)
    return {_place(letters, row): text.decode("utf-8", "replace") for letters, row, text in found}


def styled_cells(content: bytes, styles: Iterable[int]) -> list[Place]:
    """Cells of any of these styles."""
    wanted = b"|".join(str(style).encode() for style in sorted(styles))
    if not wanted:
        return []
    cell = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})" (?:t="\w+" )?s="(?:' + wanted + rb')"')
    return [_place(letters, row) for letters, row in cell.findall(content)]


def rich_texts(shared: bytes) -> dict[int, Runs]:
    """The texts of a workbook whose parts are formatted, by their number."""
    items = enumerate(_ITEM.finditer(shared))
    found = {number: _runs(item[1]) for number, item in items if item[1] and b"<r>" in item[1]}
    return {number: runs for number, runs in found.items() if runs.formatted}


def rich_cells(content: bytes, shared: Mapping[int, Runs]) -> dict[Place, Runs]:
    """The cells whose text is formatted in parts."""
    found: dict[Place, Runs] = {}
    if b"<is><r>" in content:
        for cell in _INLINE.finditer(content):
            runs = _runs(cell[3])
            if runs.formatted:
                found[_place(cell[1], cell[2])] = runs
    for cell in _SHARED_CELL.finditer(content) if shared else ():
        text = shared.get(int(cell[3]))
        if text is not None:
            found[_place(cell[1], cell[2])] = text
    return found


def _runs(content: bytes) -> Runs:
    found = _RUN.finditer(content)
    return Runs((_unescape(run[2].decode("utf-8", "replace")), _marks(run[1] or b"")) for run in found)


def _marks(look: bytes) -> str:
    named = {name.decode(): value not in (b"0", b"false", b"none") for name, value in _MARK.findall(look)}
    size = _SIZE.search(look)
    return marks_of({**named, "sz": float(size[1]) if size else None})


def hidden_rows(content: bytes) -> frozenset[int]:
    """Numbers, from 0, of the rows that are hidden, by hand or by a filter."""
    if b' hidden="' not in content:
        return frozenset()
    return frozenset(int(row) - 1 for row in _HIDDEN.findall(content))


def merged_ranges(content: bytes) -> list[tuple[Place, Place]]:
    """The first and the last cell of each merged range. Only the first holds a value."""
    if b"<mergeCell" not in content:
        return []
    return [(_place(a, b), _place(c, d)) for a, b, c, d in _MERGED.findall(content)]


def _place(letters: bytes, row: bytes) -> Place:
    return int(row) - 1, column_number(letters.decode()) - 1


def column_number(letters: str) -> int:
    """The number of a column from its letters, A = 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """The letters of a column from its number, 1 = A."""
    letters = ""
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(65 + digit) + letters
    return letters


def _unescape(text: str) -> str:
    for name, character in (("lt", "<"), ("gt", ">"), ("quot", '"'), ("apos", "'"), ("amp", "&")):
        text = text.replace(f"&{name};", character)
    return text
