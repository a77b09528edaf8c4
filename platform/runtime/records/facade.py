"""`Records`, the only door to rows. Nothing else reads or writes them.

Every method works on the caller's transaction and never ends it: an error that leaves here means that nothing of
the unit may be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from ...metadata.errors import AccessDenied, Conflict, FieldError, FormloomError, InvalidInput, NotFound
from . import (
    aggregate,
    cases,
    checks,
    computed,
    creating,
    defaults,
    deleting,
    lanes,
    lines,
    listquery,
    revealing,
    single,
    timeline,
    updating,
)
from .batch import Batch, RowErrors, Written, refusal
from .listrequest import ListRequest
from .record import Page, Record
from .ruling import ConfirmRequired, Warned, rules_of
from .values import Source, is_system

if TYPE_CHECKING:
    from ..context import Context

Mode = Literal["all", "each"]
"""What a refused row does to the others: nothing is written, or only it is left out."""

Columns = Mapping[str, Sequence[Any]]


class Records:
    """The rows of all entities, as `ctx.actor` may see and change them."""

    def __init__(self, ctx: Context, confirmed: Collection[str] | None = ()) -> None:
        """`confirmed` are keys of rules whose warnings the writer has seen; None lets every warning pass."""
        self.ctx = ctx
        self.confirmed = None if is_system(ctx) else confirmed

    # --- reading ---

    def get(self, entity: str, record_id: int, fields: Iterable[str] | None = None) -> Record:
        """The record with labels, lines and what may be done with it; `fields` None means all of it. Raises
        NotFound.
        """
        return single.fetch(self.ctx, entity, record_id, fields)

    def list(self, request: ListRequest) -> Page:
        """A page of records. Queries: 1, or 2 with a count."""
        return listquery.fetch(self.ctx, request)

    def count(self, request: ListRequest) -> tuple[int, bool]:
        """How many rows a list has, and whether there are more than were counted. Queries: 1."""
        return listquery.count(self.ctx, request)

    def lanes(self, request: ListRequest, field: str, values: Sequence[Any], each: int) -> list[Record]:
        """The first rows of each value of a field. Queries: 1."""
        return lanes.fetch(self.ctx, request, field, values, each)

    def counts_below(self, request: ListRequest, ids: Collection[int]) -> Mapping[int, int]:
        """How many rows of a list stand right below each of these in its tree. Queries: 1."""
        return listquery.counts_below(self.ctx, request, ids)

    def ids(self, request: ListRequest, limit: int) -> Sequence[int]:
        """Ids of the rows a list would show, at most `limit`, whatever its page. Queries: 1."""
        return listquery.fetch_ids(self.ctx, request, limit)

    def neighbours(self, request: ListRequest, record_id: int) -> tuple[int | None, int | None]:
        """Ids of the rows before and after a record in a list's order. Queries: 3."""
        return single.neighbours(self.ctx, request, record_id)

    def aggregate(self, request: aggregate.AggregateRequest) -> aggregate.Aggregate:
        """Numbers by group. Queries: 1."""
        return aggregate.fetch(self.ctx, request)

    def numbers_of(self, entity: str, record_id: int, requests: Sequence[aggregate.AggregateRequest]) -> list[Any]:
        """The first measure of each request, for who sees the record. Raises NotFound. Queries: 1."""
        return single.numbers(self.ctx, entity, record_id, [aggregate.number(self.ctx, one) for one in requests])

    def changes(
        self, entity: str, record_id: int, limit: int = timeline.USUAL_ENTRIES
    ) -> Sequence[timeline.Entry]:
        """What happened to a record, the newest first. Raises NotFound."""
        return timeline.fetch(self.ctx, entity, record_id, limit)

    def reveal(self, entity: str, record_id: int, key: str) -> Any:
        """The whole value of a masked field; the look is logged. Raises NotFound, UnknownField, AccessDenied."""
        return revealing.reveal(self.ctx, entity, record_id, key)

    def defaults(self, entity: str, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What a new record starts with: typed values by field, the given ones among them.

        Raises InvalidInput for a given reference to what is not there for the actor: defaults would tell of it.
        """
        rights = self.ctx.access.entity(entity)
        rights.require("create")
        batch = Batch(self.ctx, rights, 1, {key: [value] for key, value in (values or {}).items()})
        asked = checks.references(batch)
        for check, there in zip(asked, checks.ask(self.ctx.conn, asked, single=True), strict=True):
            check.judge(batch, there, checks.never)
        _raise(batch, many=False)
        defaults.fill(batch)
        seen = rights.readable | rights.creatable
        return {key: column[0] for key, column in batch.columns.items() if key in seen and column[0] is not None}

    # --- writing ---

    def create(self, entity: str, values: Mapping[str, Any], source: Source = "form") -> int:
        """The id of a new record. Raises InvalidInput, Conflict, AccessDenied."""
        written = self._create(entity, {key: [value] for key, value in values.items()}, 1, source)
        return written[0]

    def create_many(
        self, entity: str, columns: Columns, source: Source = "typed", mode: Mode = "all", size: int | None = None
    ) -> Written:
        """The ids of new records, one for each place of the columns. `size` is needed where there are no columns.

        Raises RowErrors in mode `all`; in mode `each` refused rows have no id and their refusals are in the
        answer.
        """
        count = size if size is not None else len(next(iter(columns.values()), ()))
        if not count:
            return Written(())
        if mode == "all":
            return Written(tuple(self._create(entity, columns, count, source, many=True)), changed=count)
        return self._create_each(entity, columns, count, source)

    def _create(
        self, entity: str, columns: Columns, size: int, source: Source, *, many: bool = False
    ) -> Sequence[int]:
        new = creating.prepare(self.ctx, entity, columns, size, source)
        _raise(new.batch, many=many)
        self._confirm(new.batch, many=many)
        return self._write_new(new)

    def _write_new(self, new: creating.New) -> Sequence[int]:
        touched: list[computed.Touched] = []
        ids = creating.write(new, touched)
        if new.batch.entity.parent:
            lines.touch_parents(self.ctx, new.batch.entity.key, set(new.batch.columns[new.batch.entity.parent]))
        computed.propagate(self.ctx, touched)
        if new.batch.entity.parent:
            self._judge_above(new.batch.entity.key, new.batch.columns[new.batch.entity.parent])
        return ids

    def _create_each(self, entity: str, columns: Columns, size: int, source: Source) -> Written:
        new = creating.prepare(self.ctx, entity, columns, size, source)
        warned = self._pass(new.batch)
        errors = dict(new.batch.errors)
        good = list(new.batch.positions())
        ids: list[int | None] = [None] * size
        new.keep(good)
        try:
            with self.ctx.conn.begin_nested():
                written = self._write_new(new)
        except (AccessDenied, Conflict, InvalidInput, ConfirmRequired):
            return self._one_by_one(
                range(size), errors, lambda p: self._create(entity, _row(columns, p), 1, source)[0]
            )
        for position, record_id in zip(good, written, strict=True):
            ids[position] = record_id
        return Written(tuple(ids), errors, len(good), warned)

    def update(
        self,
        entity: str,
        record_id: int,
        values: Mapping[str, Any],
        rev: int | None = None,
        source: Source = "form",
    ) -> int:
        """The revision the record has afterwards. `rev` is the one the writer started from: what others changed
        since is kept, and where both changed the same field VersionConflict is raised. Without it the last write
        wins.

        Raises NotFound, InvalidInput, Conflict, AccessDenied.
        """
        columns = {key: [value] for key, value in values.items()}
        changed = self._update(entity, updating.Wanted([record_id], columns, [rev], source), many=False)
        return int(changed.held[0]["rev"]) + (1 if changed.positions() else 0)

    def update_many(
        self,
        entity: str,
        ids: Sequence[int],
        columns: Columns,
        *,
        revs: Sequence[int | None] = (),
        source: Source = "form",
        mode: Mode = "all",
    ) -> Written:
        """Records changed in one unit; each column has a value for each id. Raises RowErrors in mode `all`."""
        if not ids:
            return Written(())
        if mode == "all":
            changed = self._update(entity, updating.Wanted(ids, columns, revs, source), many=True)
            return Written(tuple(ids), changed=len(changed.positions()))
        return self._update_each(entity, updating.Wanted(ids, columns, revs or [None] * len(ids), source))

    def _update_each(self, entity: str, wanted: updating.Wanted) -> Written:
        ids = wanted.ids

        def one(position: int) -> int:
            given = _row(wanted.given, position)
            single_one = updating.Wanted([ids[position]], given, [wanted.revs[position]], wanted.source)
            self._update(entity, single_one, many=False)
            return ids[position]

        changed = updating.prepare(self.ctx, entity, wanted)
        plans = lines.prepare(changed, wanted)
        cases.judge_changed(changed, plans)
        warned = self._pass(changed.batch)
        errors: dict[int, Any] = dict(changed.batch.errors)
        if plans:
            return self._one_by_one(range(len(ids)), {}, one)
        try:
            with self.ctx.conn.begin_nested():
                self._write_changed(changed, plans)
        except (AccessDenied, Conflict, InvalidInput, ConfirmRequired):
            return self._one_by_one(range(len(ids)), errors, one)
        kept = tuple(None if position in errors else record_id for position, record_id in enumerate(ids))
        return Written(kept, errors, len(ids) - len(errors), warned)

    def _update(self, entity: str, wanted: updating.Wanted, *, many: bool) -> updating.Changed:
        changed = updating.prepare(self.ctx, entity, wanted)
        plans = lines.prepare(changed, wanted)
        cases.judge_changed(changed, plans)
        _raise(changed.batch, many=many)
        self._confirm(changed.batch, many=many)
        self._write_changed(changed, plans)
        return changed

    def _write_changed(self, changed: updating.Changed, plans: Sequence[lines.LinesPlan]) -> None:
        touched: list[computed.Touched] = []
        updating.write(changed, touched)
        lines.write(changed, plans, touched)
        link = changed.batch.entity.parent
        if link and changed.positions():
            parents = {row[link] for row in [*changed.held, *changed.new] if link in row}
            lines.touch_parents(self.ctx, changed.batch.entity.key, parents)
        computed.propagate(self.ctx, touched)
        if link and changed.positions():
            self._judge_above(changed.batch.entity.key, parents)

    def _confirm(self, batch: Batch, *, many: bool) -> None:
        """Raises ConfirmRequired where rules warn of what nobody has confirmed."""
        waiting = self._unconfirmed(batch)
        if waiting:
            raise ConfirmRequired(waiting, many=many)

    def _unconfirmed(self, batch: Batch) -> dict[int, list[Warned]]:
        if self.confirmed is None:
            return {}
        known = self.confirmed
        found = {p: [each for each in row if each.rule not in known] for p, row in batch.warnings.items()}
        return {position: row for position, row in found.items() if row}

    def _pass(self, batch: Batch) -> dict[int, list[FieldError]]:
        """The warnings of rows that go on; a row whose warnings are not confirmed is refused by itself."""
        for position, row in self._unconfirmed(batch).items():
            for error in (error for warned in row for error in warned.errors()):
                batch.refuse(position, FieldError(error.field, "rule_confirm", error.data))
        return {
            p: [error for warned in row for error in warned.errors()]
            for p, row in batch.warnings.items()
            if p not in batch.errors
        }

    def _judge_above(self, entity: str, parents: Collection[int]) -> None:
        """Judge the records whose lines were written by themselves. Queries: none without rules there."""
        above = self.ctx.catalog.entities[entity].parent
        if above is None or not rules_of(self.ctx.catalog, above).deeds:
            return
        ids = sorted({parent for parent in parents if parent})
        changed = updating.prepare(self.ctx, above, updating.Wanted(ids, {}))
        changed.bumped |= set(range(len(ids)))
        cases.judge_changed(changed, [])
        _raise(changed.batch, many=False)
        self._confirm(changed.batch, many=False)
        changed.bumped.clear()
        touched: list[computed.Touched] = []
        updating.write(changed, touched)
        computed.propagate(self.ctx, touched)

    def assign(self, entity: str, ids: Sequence[int], owner: int) -> Written:
        """The records, now another's. Raises RowErrors, AccessDenied."""
        return self.update_many(entity, ids, {"owner": [owner] * len(ids)}, source="typed")

    def delete(self, entity: str, record_id: int, rev: int | None = None) -> int:
        """The number of rows that went to the bin: the record, its lines, what goes along. Raises NotFound,
        Conflict.
        """
        return self._delete(entity, [record_id], {} if rev is None else {record_id: rev})

    def delete_many(self, entity: str, ids: Sequence[int], mode: Mode = "all") -> Written:
        """Records put into the bin. Raises NotFound, Conflict, AccessDenied in mode `all`."""
        if mode == "each":
            return self._one_by_one(range(len(ids)), {}, lambda p: self._delete(entity, [ids[p]], {}) and ids[p])
        return Written(tuple(ids), changed=self._delete(entity, ids, {}) if ids else 0)

    def _delete(self, entity: str, ids: Sequence[int], revs: Mapping[int, int]) -> int:
        removal = deleting.prepare(self.ctx, entity, ids, revs)
        touched: list[computed.Touched] = []
        count = deleting.write(removal, touched)
        self._touch_above(entity, removal.rows[entity])
        computed.propagate(self.ctx, touched)
        link = self.ctx.catalog.entities[entity].parent
        if link:
            self._judge_above(entity, {row[link] for row in removal.rows[entity].values()})
        return count

    def _touch_above(self, entity: str, rows: deleting.Rows) -> None:
        link = self.ctx.catalog.entities[entity].parent
        if link:
            lines.touch_parents(self.ctx, entity, {row[link] for row in rows.values()})

    def restore_many(self, entity: str, ids: Sequence[int], mode: Mode = "all") -> Written:
        """Records taken out of the bin, with what went along. Raises NotFound, Conflict, AccessDenied."""
        if mode == "each":
            return self._one_by_one(range(len(ids)), {}, lambda p: self._restore(entity, [ids[p]]) and ids[p])
        return Written(tuple(ids), changed=self._restore(entity, ids) if ids else 0)

    def _restore(self, entity: str, ids: Sequence[int]) -> int:
        touched: list[computed.Touched] = []
        count = deleting.restore(self.ctx, entity, ids, touched)
        computed.propagate(self.ctx, touched)
        return count

    def _one_by_one(self, positions: Iterable[int], errors: dict[int, Any], act: Callable[[int], int]) -> Written:
        """Each row for itself, undone when it is refused. A failing database ends the whole unit."""
        ids: list[int | None] = []
        for position in positions:
            ids.append(None)
            if position in errors:
                continue
            try:
                with self.ctx.conn.begin_nested():
                    ids[-1] = act(position)
            except (InvalidInput, Conflict, AccessDenied, NotFound, ConfirmRequired) as error:
                errors[position] = _reasons(error)
        return Written(tuple(ids), errors, sum(record_id is not None for record_id in ids))


def _row(columns: Columns, position: int) -> dict[str, list[Any]]:
    return {key: [column[position]] for key, column in columns.items()}


def _reasons(error: FormloomError) -> list[FieldError]:
    return [*error.fields] or [FieldError("", error.code, error.data)]


def _raise(batch: Batch, *, many: bool) -> None:
    """Raise what a batch was refused for, if anything."""
    if not batch.errors:
        return
    if many:
        raise RowErrors(batch.errors)
    errors = batch.errors[0]
    codes = {error.code for error in errors}
    if 0 in batch.conflicts:
        raise batch.conflicts[0]
    if "not_found" in codes:
        raise NotFound()
    if "op_denied" in codes:
        raise AccessDenied(operation="edit")
    raise refusal(errors)
