"""What rules make of a form while it is being filled in: hidden, required and locked inputs, values, messages.

A rule whose say hangs on what the reader does not see says nothing here; the server judges it when it is saved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...metadata import conditions
from ...metadata.rules import HIDE, LOCK, REFUSE, REQUIRE, SET, SHOW, Deed
from ...metadata.wording import text_of
from ...rbac.tables import users
from ..records.ruling import hidden_by, rules_of, sees

if TYPE_CHECKING:
    from .preview import EnteredForm, EnteredRow

UNKNOWN: Any = object()
"""Stands for a value the reader may not see, or that nobody knows yet."""


@dataclass
class State:
    """What rules say of inputs, by name. `locked` holds what a locked input shows; `messages` what is wrong, and
    whether that is only a warning.
    """

    hidden: set[str] = field(default_factory=set)
    required: set[str] = field(default_factory=set)
    locked: dict[str, dict[str, Any]] = field(default_factory=dict)
    messages: dict[str, list[tuple[str, bool]]] = field(default_factory=dict)

    def dump(self) -> dict[str, Any]:
        """As the page takes it."""
        return {
            "hidden": sorted(self.hidden),
            "required": sorted(self.required),
            "locked": self.locked,
            "messages": {
                name: [{"text": t, "warning": w} for t, w in told] for name, told in self.messages.items()
            },
        }


class Told(Mapping[str, Any]):
    """A row of a form as conditions look at it. Raises LookupError for what is not known."""

    def __init__(self, row: EnteredRow, number: int = 0) -> None:
        self.row, self.number = row, number

    def __getitem__(self, path: str) -> Any:
        if path == "id":
            return self.row.values.get("id") or -1 - self.number
        value = self.row.at(path)
        if value is UNKNOWN:
            raise LookupError(path)
        return value

    def get(self, path: str, default: Any = None) -> Any:
        """The value at a path."""
        return self[path]

    def __contains__(self, path: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(self.row.entity.all_fields)

    def __len__(self) -> int:
        return len(self.row.entity.all_fields)


class Live:
    """The rules of a form and of its lines, applied to what stands in them."""

    def __init__(self, form: EnteredForm) -> None:
        self.form = form
        self.access = form.ctx.access
        self.given: dict[str, dict[str, Any]] = {}
        for prefix, row in form.placed():
            self._keep_locked(prefix, row)
        for _ in range(3):  # a value may decide whether another is set, in lines and above them
            if not any([self._set(prefix, row) for prefix, row in form.placed()]):
                break

    def told(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The values rules set, by the names of their inputs."""
        yield from self.given.items()

    def state(self) -> State:
        """What is hidden, required, locked and wrong."""
        state = State(locked=dict(self.given))
        for prefix, row in self.form.placed():
            self._judge(state, prefix, row)
        return state

    def _deeds(self, row: EnteredRow, *types: str) -> list[Deed]:
        found = rules_of(self.form.ctx.catalog, row.entity.key).of(*types)
        return [deed for deed in found if sees(self.access, row.entity, deed)]

    def holds(self, row: EnteredRow, deed: Deed) -> bool | None:
        """Whether a deed's condition holds; None where that is not known."""
        created = row.stored.get("created_at")
        day = created.astimezone(self.form.ctx.zone).date() if created is not None else None
        if not deed.counts(self.form.ctx.env.today, day, row.moved):
            return False
        if deed.condition is None:
            return True
        number = next((n for n, (_, each) in enumerate(self.form.placed()) if each is row), 0)
        try:
            return conditions.matches(deed.condition, Told(row, number), self.form.ctx.env, self)
        except LookupError:
            return None

    def _keep_locked(self, prefix: str, row: EnteredRow) -> None:
        """Locked inputs show what is stored, whatever was typed before they were locked."""
        for deed in self._deeds(row, LOCK):
            if not self.holds(row, deed):
                continue
            for key in deed.fields:
                field = row.entity.fields[key]
                value = row.stored.get(key) if row.stored else row.usual(field)
                if field.behaviour.column(field) is None:
                    self.given[prefix + key] = {}
                    continue
                row.values[key] = value
                row.computed.clear()
                self.given[prefix + key] = row.told(field, value)

    def _set(self, prefix: str, row: EnteredRow) -> bool:
        """Take the values rules set; whether one of them is new."""
        moved = False
        for deed in self._deeds(row, SET):
            if deed.formula is None or not self.holds(row, deed):
                continue
            key = deed.fields[0]
            value = row.evaluate(deed.formula)
            if value is UNKNOWN:
                continue
            moved = moved or row.values.get(key) != value
            row.values[key] = value
            row.computed.clear()
            if prefix:
                self.form.row.computed.clear()
            self.given[prefix + key] = row.told(row.entity.fields[key], value)
        return moved

    def _judge(self, state: State, prefix: str, row: EnteredRow) -> None:
        lang = self.form.ctx.lang
        deeds = self._deeds(row, SHOW, HIDE)
        # What is not known hides nothing.
        hidden = hidden_by(deeds, lambda deed: self._or(row, deed, deed.type == SHOW))
        state.hidden |= {prefix + key for key in hidden}
        for deed in self._deeds(row, REQUIRE, REFUSE):
            if not self.holds(row, deed):
                continue
            if deed.type == REQUIRE:
                state.required |= {prefix + key for key in deed.fields}
            elif row.moved & (deed.heads | set(deed.fields)):
                # Nobody is blamed for what he has not touched yet.
                for name in [prefix + key for key in deed.fields] or [""]:
                    state.messages.setdefault(name, []).append((text_of(deed.message, lang), deed.warns))

    def _or(self, row: EnteredRow, deed: Deed, unknown: bool) -> bool:
        found = self.holds(row, deed)
        return unknown if found is None else found

    # --- as conditions look for other records ---

    def related(self, entity: str, key: int) -> None:
        """Nothing: what is behind references is read as its reader may, or not at all. Raises LookupError."""
        raise LookupError(entity)

    def children(self, entity: str, by: str, key: int) -> list[Told]:
        """The lines as they stand in the form. Raises LookupError for other records."""
        for table in self.form.ctx.catalog.children[self.form.row.entity.key]:
            if table.option("target") == entity and table.key in self.form.lines:
                return [Told(row, n + 1) for n, row in enumerate(self.form.lines[table.key])]
        raise LookupError(entity)

    def department_of(self, user: int) -> int | None:
        """The department of a user. Queries: 1."""
        found: int | None = self.form.ctx.conn.scalar(sa.select(users.c.department_id).where(users.c.id == user))
        return found
