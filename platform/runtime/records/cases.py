"""Rows on their way in, as rules judge them: what becomes of new records, of changed ones and of their lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from ...metadata.rules import LOCK, SET
from . import checks
from .batch import ABSENT, Batch
from .defaults import constant_default
from .outlook import Outlook, Row
from .ruling import Case, hidden, judge, rules_of, settle

if TYPE_CHECKING:
    from .creating import Lines, New
    from .lines import LinesPlan
    from .updating import Changed

Above = tuple[Outlook, Mapping[int, int]]
"""The records that lines belong to, and which of them each line's is."""


def note_entered(batch: Batch) -> None:
    """Remember what the writer of new rows says himself: before defaults, which are nobody's word."""
    found = rules_of(batch.ctx.catalog, batch.entity.key)
    if not found.of(LOCK) and not any(deed.since for deed in found.deeds):
        return
    fields = batch.entity.all_fields
    for key, column in (*batch.columns.items(), *batch.tables.items()):
        usual = constant_default(batch, fields[key])
        for position, value in enumerate(column):
            if value is not ABSENT and value not in (None, usual, [], ()):
                batch.entered.setdefault(position, set()).add(key)


def of_new(new: New, above: Above | None) -> Case:
    """New rows, with the lines that come with them."""
    batch = new.batch
    rows = {position: batch.row(position) for position in range(batch.size)}
    outlook = Outlook(batch.ctx, batch.entity.key, rows, _lines_of_new(new.lines, rows), above)
    today = batch.ctx.env.today

    def put(position: int, key: str, value: Any) -> None:
        rows[position][key] = value
        batch.columns.setdefault(key, [ABSENT] * batch.size)[position] = value

    return Case(batch, outlook, lambda _: today, lambda p: batch.entered.get(p, frozenset()), put)


def _lines_of_new(lines: Sequence[Lines], rows: Mapping[int, Row]) -> dict[str, dict[int, list[Row]]]:
    found: dict[str, dict[int, list[Row]]] = {}
    for some in lines:
        of_each = found.setdefault(some.table.key, {position: [] for position in rows})
        for n, owner in enumerate(some.owners):
            of_each[owner].append(some.new.batch.row(n))
    return found


def settle_new(new: New, above: Above | None) -> None:
    """Set what rules set in new rows."""
    if rules_of(new.batch.ctx.catalog, new.batch.entity.key).of(SET):
        settle(of_new(new, above))


def check_new(new: New, above: Above | None, link: str | None) -> None:
    """Refuse new rows that leave a required field empty, unless it is hidden, and what rules refuse."""
    batch = new.batch
    found = rules_of(batch.ctx.catalog, batch.entity.key)
    if not found.deeds:
        checks.require(batch, batch.entity, besides=link)
        return
    case = of_new(new, above)
    settle(case)
    unseen = {position: hidden(case, position) for position in case.positions()}
    checks.require(batch, batch.entity, link, lambda position, key: key in unseen[position])
    judge(case)


def of_changed(changed: Changed, plans: Sequence[LinesPlan] | None, above: Above | None) -> Case | None:
    """Rows that change; None where nothing does. Lines are judged with their record, changed or not."""
    batch = changed.batch
    judged = [p for p in batch.positions() if above is not None or changed.new[p] or p in changed.bumped]
    if not judged:
        return None
    rows = {position: changed.result(position) for position in judged}
    outlook = Outlook(batch.ctx, batch.entity.key, rows, _lines_of_changed(plans or (), rows), above)
    tables = {plan.table.key for plan in plans or ()}

    def put(position: int, key: str, value: Any) -> None:
        rows[position][key] = value
        if value == changed.held[position].get(key):
            changed.new[position].pop(key, None)
        else:
            changed.new[position][key] = value

    def entered(position: int) -> set[str]:
        moved = tables if position in changed.bumped else set()
        return batch.entered.get(position, set()) | moved

    return Case(batch, outlook, lambda position: _day_of(changed, position), entered, put, stored=True)


def _day_of(changed: Changed, position: int) -> date:
    made: date = changed.held[position]["created_at"].astimezone(changed.batch.ctx.env.zone).date()
    return made


def _lines_of_changed(plans: Sequence[LinesPlan], rows: Mapping[int, Row]) -> dict[str, dict[int, list[Row]]]:
    found: dict[str, dict[int, list[Row]]] = {}
    for plan in plans:
        of_each: dict[int, dict[int, Row]] = {
            p: {line: row for line, row in kept.items() if line not in plan.gone}
            for p, kept in plan.existing.items()
            if p in rows
        }
        if plan.changed is not None:
            for n, (owner, _) in enumerate(plan.places):
                if owner in of_each:
                    of_each[owner][plan.changed.ids[n]] = plan.changed.result(n)
        lines = {p: [*kept.values()] for p, kept in of_each.items()}
        if plan.fresh is not None:
            for n, owner in enumerate(plan.fresh.owners):
                lines.get(owner, []).append(plan.fresh.new.batch.row(n))
        found[plan.table.key] = lines
    return found


def settle_changed(changed: Changed, above: Above | None) -> dict[int, set[str]]:
    """Set what rules set in changed rows; the fields that are hidden in each."""
    batch = changed.batch
    batch.entered = {p: set(new) for p, new in enumerate(changed.new) if new}
    if not rules_of(batch.ctx.catalog, batch.entity.key).deeds:
        return {}
    case = of_changed(changed, None, above)
    if case is None:
        return {}
    settle(case)
    return {position: hidden(case, position) for position in case.positions()}


def judge_changed(changed: Changed, plans: Sequence[LinesPlan], above: Above | None = None) -> None:
    """Judge changed rows with the lines they will have."""
    if not rules_of(changed.batch.ctx.catalog, changed.batch.entity.key).deeds:
        return
    case = of_changed(changed, plans, above)
    if case is not None:
        settle(case)
        judge(case)
