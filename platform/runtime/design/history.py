"""The changes made to the site in words: who, when, what of which document, what taking one back would do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ...metadata import bases, changesets, wording
from ...metadata.changeset_log import reverted_by
from ...metadata.changesets import Changeset, PackageChange
from ...metadata.errors import FormloomError
from ...metadata.nodes import MISSING
from ...metadata.nodewords import path_in_words, value_in_words
from ...rbac.tables import users
from ..packaging import shapes

if TYPE_CHECKING:
    from ..context import Context

wording.register(Path(__file__).parents[1] / "wording" / "history")

PER_PAGE = 30
AT_ONCE = 200
"""Changesets read at once where only those of one document are looked for."""
TOLD = 4
"""How many documents a line of the list names."""

Identity = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Touched:
    """A document a changeset touched; `what` is new, changed or removed."""

    kind: str
    key: str
    kind_label: str
    label: str
    what: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A changeset in the list; `touched` are the first documents of `count`. `undone_by` took it back."""

    number: int
    by: str
    at: datetime
    note: str
    reverts: int | None
    undone_by: int | None
    touched: tuple[Touched, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Node:
    """A place in a document, with what stood there and what stands there since, line by line."""

    place: str
    before: list[str]
    after: list[str]


@dataclass(frozen=True, slots=True)
class Part:
    """All that a changeset did to one document. One that is new or gone as a whole has `content` and no nodes."""

    document: Touched
    nodes: tuple[Node, ...]
    content: list[str]


def entries(ctx: Context, before: int | None, of: Identity | None) -> tuple[list[Entry], int | None]:
    """(changesets below number `before`, those that touched `of` where given; where the next page begins).

    Reads the log as far as needed: its cost grows with the changesets between two of that document.
    """
    found: list[Changeset] = []
    while len(found) <= PER_PAGE:
        batch = changesets.history(ctx.conn, PER_PAGE + 1 if of is None else AT_ONCE, before)
        found += [one for one in batch if of is None or any(change.place[:2] == of for change in one.changes)]
        if of is None or len(batch) < AT_ONCE:
            break
        before = batch[-1].number
    shown = found[:PER_PAGE]
    names, undone = _names(ctx, shown), reverted_by(ctx.conn, [one.number for one in shown])
    following = shown[-1].number if len(found) > PER_PAGE else None
    return [_entry(ctx, one, names, undone) for one in shown], following


def entry(ctx: Context, changeset: Changeset) -> Entry:
    """One changeset, as in the list. Queries: 2."""
    undone = reverted_by(ctx.conn, [changeset.number])
    return _entry(ctx, changeset, _names(ctx, [changeset]), undone)


def _entry(ctx: Context, one: Changeset, names: Mapping[str, str], undone: Mapping[int, int]) -> Entry:
    touched = list(_touched(ctx, one))
    return Entry(
        number=one.number,
        by=names.get(one.actor) or _by_command(one.actor, ctx.lang),
        at=one.applied_at,
        note=" · ".join(_with_package(each, ctx.lang) for each in one.packages) or one.note,
        reverts=one.reverts,
        undone_by=undone.get(one.number),
        touched=tuple(touched[:TOLD]),
        count=len(touched),
    )


def _by_command(actor: str, lang: str) -> str:
    """Who made a change at the command line: his name on the machine."""
    kind, _, name = actor.partition(":")
    return wording.say("history.by_command", lang, name=name) if kind == "cli" else actor


def _with_package(change: PackageChange, lang: str) -> str:
    """What happened to a package: `Install CRM 1.0.0`."""
    row = change.after or change.before or {}
    what = "removed" if change.after is None else "new" if change.before is None else "changed"
    name = wording.text_of(row.get("label"), lang, change.key)
    return wording.say(f"history.package_{what}", lang, name=name, version=row.get("version", ""))


def _names(ctx: Context, found: Sequence[Changeset]) -> dict[str, str]:
    """What those who made the changes are called, by login. Queries: 1."""
    logins = {one.actor for one in found}
    chosen = sa.select(users.c.login, users.c.name).where(users.c.login.in_(logins))
    return {login: name for login, name in ctx.conn.execute(chosen)}


def _touched(ctx: Context, changeset: Changeset) -> Iterator[Touched]:
    for change in changeset.changes:
        before, after = bases.sides(change)
        what = "new" if before is MISSING else "removed" if after is MISSING else "changed"
        yield _document(ctx, change.place[:2], after if before is MISSING else before, what)


def _document(ctx: Context, identity: Identity, known: Any, what: str) -> Touched:
    shape = shapes.document(ctx, identity, None if known is MISSING else known)
    return Touched(shape["kind"], shape["key"], shape["kind_label"], shape["label"], what)


def parts(ctx: Context, changeset: Changeset) -> list[Part]:
    """What a changeset did, document by document, node by node."""
    found = []
    for place, nodes in groupby(bases.changed_nodes(changeset), key=lambda each: each[0]):
        listed = list(nodes)
        _, whole, trees = listed[0]
        identity = place[:2]
        if not whole.path:
            what, known = ("new", trees[1]) if trees[0] is MISSING else ("removed", trees[0])
            document = _document(ctx, identity, known, what)
            found.append(Part(document, (), value_in_words(_without_place(known), ctx.lang)))
            continue
        names = shapes.field_names(ctx, *trees)
        changed = tuple(
            Node(
                path_in_words(each.path, ctx.lang, *between, names=names),
                _value(each.before, ctx.lang, names),
                _value(each.after, ctx.lang, names),
            )
            for _, each, between in listed
        )
        found.append(Part(_document(ctx, identity, trees[0], "changed"), changed, []))
    return found


def _value(value: Any, lang: str, names: Mapping[str, str]) -> list[str]:
    """What stands at a place; fields are called as they are on screen, with an arrow where they sort."""
    if isinstance(value, list | tuple):
        return value_in_words([_named(each, names) for each in value], lang)
    return value_in_words(_named(value, names), lang)


def _named(value: Any, names: Mapping[str, str]) -> Any:
    name = names.get(value.removeprefix("-")) if isinstance(value, str) else None
    return value if name is None else f"{name} ↓" if value.startswith("-") else name


def _without_place(document: Any) -> Any:
    """The document without what its heading says already."""
    if not isinstance(document, Mapping):
        return document
    return {name: value for name, value in document.items() if name not in ("kind", "key", "label")}


@dataclass(frozen=True, slots=True)
class Way:
    """What taking a changeset back would mean: effects by words, or why it cannot be done and what to take back
    first.
    """

    possible: bool
    destructive: bool
    problem: str
    effects: list[dict[str, str]]
    findings: list[dict[str, Any]]
    dependents: list[Entry]


def way_back(ctx: Context, number: int) -> Way:
    """What taking changeset `number` back would mean. Raises NotFound."""
    try:
        preview = changesets.preview_revert(ctx.conn, number)
    except FormloomError as error:
        if error.status == 404:
            raise
        return Way(False, False, error.message(ctx.lang), [], [], _dependents(ctx, error))
    effects = shapes.effects(ctx, preview)
    return Way(
        possible=not preview.refused,
        destructive=preview.destructive,
        problem="",
        effects=effects["effects"],
        findings=[finding.dump(ctx.lang) for finding in preview.findings],
        dependents=[],
    )


def _dependents(ctx: Context, error: FormloomError) -> list[Entry]:
    """The later changesets an error names."""
    listed: Iterable[Mapping[str, Any]] = getattr(error, "members", {}).get("dependents", ())
    found = [changesets.get(ctx.conn, each["number"]) for each in listed]
    names, undone = _names(ctx, found), reverted_by(ctx.conn, [one.number for one in found])
    return [_entry(ctx, one, names, undone) for one in found]
