"""Rows of records as HTML, fast: each column's renderer is prepared once, then rows are plain string building.

A page has hundreds of cells; a template's loop would cost more than the database. Every value passes through its
field type's `cell`, which escapes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from markupsafe import Markup, escape

from ...metadata.fieldtype import CellRenderer
from ...metadata.model import Field
from ...metadata.wording import say
from ..records import paths
from ..records.branches import tree_seen
from ..records.kept import keep
from ..records.record import Record
from ..render import icon

if TYPE_CHECKING:
    from ..context import Context

FACTS_ON_PHONE = 4
"""How many columns after the first a phone shows below the title."""

UNSEEN = '<span class="soft">—</span>'
"""A reference to a record its reader may not see."""


class Heads(Protocol):
    """What stands between rows."""

    def before(self, record: Record) -> str:
        """The heading to stand before a row, as HTML; nothing where it belongs to the same group."""


class Twigs(Protocol):
    """What a tree adds to rows, each as HTML."""

    def attributes(self, record: Record) -> str:
        """What the row says of itself."""

    def before(self, record: Record, title: str) -> str:
        """What stands before the title."""

    def after(self, record: Record) -> str:
        """What stands behind it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """How one column is drawn. `start` is the opening tag; a reference shows its label or nothing of it."""

    path: str
    start: str
    show: CellRenderer
    reference: bool


def cell_of(ctx: Context, field: Field, path: str, css: str = "") -> Cell:
    """The cell of a field reached by `path`. Made once: pills and the like are as long as a field has options."""
    tree = tree_seen(ctx.access, str(field.option("target", "")))
    place = ("cell", field.entity, field.key, path, css, ctx.lang, ctx.zone.key, tree and tree.key)
    return keep(ctx.catalog, place, lambda: _cell_of(ctx, field, path, css, tree))


def _cell_of(ctx: Context, field: Field, path: str, css: str, tree: Field | None) -> Cell:
    """The cell; of what stands in a `tree` the browser may ask where."""
    classes = " ".join(part for part in (css, "num" if field.behaviour.numeric else "") if part)
    where = f' data-path="{tree.entity}"' if tree is not None else ""
    start = f'<td class="{classes}"{where}>' if classes else f"<td{where}>"
    return Cell(path, start, field.behaviour.cell(field, ctx.lang, ctx.zone), field.behaviour.target is not None)


def locked(lang: str) -> str:
    """What stands in a cell whose value the reader may not see in this row."""
    text = escape(say("ui.no_permission", lang))
    return f'<span title="{text}">{icon("lock", "locked")}<span class="visually-hidden">{text}</span></span>'


def draw_rows(  # noqa: PLR0913  (what rows are drawn from, and what stands beside them)
    ctx: Context,
    entity: str,
    columns: Sequence[str],
    records: Sequence[Record],
    *,
    pick: bool,
    heads: Heads | None = None,
    twigs: Twigs | None = None,
) -> Markup:
    """The rows of a list; the first column leads to the record. With `pick` each begins with a mark to tick;
    `heads` says what stands between them, `twigs` where they stand in a tree.
    """
    fields = [paths.resolve(ctx.access, entity, path)[-1] for path in columns]
    rest = [
        cell_of(ctx, field, path, "fact-cell" if number <= FACTS_ON_PHONE else "")
        for number, (field, path) in enumerate(zip(fields[1:], columns[1:], strict=True), 1)
    ]
    lock = locked(ctx.lang) + "</td>"
    choose = escape(say("list.select_row", ctx.lang))
    parts: list[str] = []
    add = parts.append
    for record in records:
        title = escape(plain_of(ctx, fields[0], columns[0], record))
        number = record["id"]
        if heads is not None:
            add(heads.before(record))
        row = f'<tr data-id="{number}" data-color="{record.tint}">' if record.tint else f'<tr data-id="{number}">'
        add(row if twigs is None else f"{row[:-1]}{twigs.attributes(record)}>")
        if pick:
            add(f'<td class="pick"><input type="checkbox" aria-label="{choose} {title}"></td>')
        link = f'<a class="title" href="/e/{entity}/{number}">{title}</a>'
        if twigs is not None:
            link = f"{twigs.before(record, title)}{link}{twigs.after(record)}"
        add(f'<td class="first">{link}</td>')
        _draw_cells(parts, rest, record, lock)
        add("<td></td></tr>")
    return Markup("".join(parts))


def plain_of(ctx: Context, field: Field, path: str, record: Record) -> str:
    """A value as a title, without markup; the record's number where there is none to show."""
    if path in record.masked:
        return f"#{record['id']}"
    label = record.labels.get(path)
    if field.behaviour.target is not None:
        return label or f"#{record['id']}"
    return field.behaviour.plain(field, record[path], ctx.lang, label) or f"#{record['id']}"


def _draw_cells(parts: list[str], cells: Sequence[Cell], record: Record, lock: str) -> None:
    labels, masked = record.labels, record.masked
    for cell in cells:
        path = cell.path
        value = record[path]
        if masked and path in masked:
            parts.append(cell.start + lock)
        elif value is None:
            parts.append(cell.start + "</td>")
        elif cell.reference:
            label = labels.get(path)
            parts.append(f"{cell.start}{UNSEEN if label is None else cell.show(value, label)}</td>")
        else:
            parts.append(f"{cell.start}{cell.show(value, labels.get(path))}</td>")
