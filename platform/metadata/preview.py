"""What a changeset would mean, found out before anything happens: findings, places, effects on rows, the Plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine import Connection

from . import checks, effects, renaming, store, uses
from .bases import digest
from .catalog import Catalog, build
from .drafts import Change
from .nodewords import kind_in_words
from .plan import Plan, plan
from .shadows import read_shadows
from .steps import Shadow
from .store import Stored
from .wording import text_of

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Preview:
    """What applying would mean: findings, places that name what goes away, effects on rows, and the Plan."""

    version: int
    changes: tuple[Change, ...]
    findings: tuple[checks.Finding, ...]
    places: tuple[checks.Place, ...] = ()
    effects: tuple[effects.Effect, ...] = ()
    plan: Plan = field(default_factory=lambda: Plan(()))
    current: Catalog | None = None
    desired: Catalog | None = None
    kept: tuple[tuple[uses.Stored, str], ...] = ()
    """What is kept outside of documents and names what changes."""

    @property
    def refused(self) -> bool:
        """Whether applying would fail even with a yes to what is destructive."""
        wrong = any(finding.severity == "error" for finding in self.findings)
        return wrong or any(effect.level == "refuse" for effect in self.effects)

    @property
    def destructive(self) -> bool:
        """Whether applying takes values out of sight."""
        return any(effect.level == "confirm" for effect in self.effects)

    def details(self, lang: str) -> Row:
        """What designers show and send back: uses by document, rows in the way, digests of what was begun from."""
        return {
            "uses": uses.worded(self.places, self.findings, self.current, self.desired, lang) + self._kept(lang),
            "violations": self._violations(),
            "base": {f"{kind}:{key}": digest(document) for (kind, key), document in self.began.items()},
        }

    @property
    def began(self) -> dict[tuple[str, str], Any]:
        """The documents in force that the changes begin from."""
        documents = self.current.documents if self.current is not None else {}
        return {change.place[:2]: documents.get(change.place[:2]) for change in self.changes}

    def _kept(self, lang: str) -> list[Row]:
        return [
            {
                "kind": one.kind,
                "key": one.key,
                "label": text_of(one.label, lang, one.key),
                "kind_label": kind_in_words(one.kind, lang),
                "places": [{"path": "", "where": "", "target": target, "outcome": uses.LOOK, "message": ""}],
            }
            for one, target in self.kept
        ]

    def _violations(self) -> list[Row]:
        """What stands in the way in rows, each to be listed row by row at `violations`."""
        return [
            {"entity": effect.entity, "field": effect.field, "code": effect.code, "count": effect.count}
            for effect in self.effects
            if effect.level == "refuse" and effect.entity
        ]

    def dump(self, lang: str) -> Row:
        """The preview as JSON, worded."""
        return {
            "version": self.version,
            "refused": self.refused,
            "destructive": self.destructive,
            "changes": [change.dump() for change in self.changes],
            "findings": [finding.dump(lang) for finding in self.findings],
            "places": [place.dump() for place in self.places],
            **self.details(lang),
            "effects": [{**effect.dump(), "message": effect.describe(lang)} for effect in self.effects],
            "steps": [{**step.dump(), "message": step.describe(lang)} for step in self.plan.steps],
        }


@dataclass(frozen=True, slots=True)
class Wish:
    """What a changeset may take values from, those it `reverts` put aside or one shadow it `restores`; and whether
    all that is destructive is `agreed` to, so that only what refuses is measured.
    """

    reverts: int | None = None
    restores: int | None = None
    agreed: bool = False


NO_WISH = Wish()


def _restorable(conn: Connection, wish: Wish) -> list[Shadow]:
    if wish.restores is not None:
        return [each for each in read_shadows(conn) if each.id == wish.restores]
    return [] if wish.reverts is None else read_shadows(conn, wish.reverts)


def examine(
    conn: Connection,
    version: int,
    rows: Sequence[Stored],
    changes: Sequence[Change],
    wish: Wish = NO_WISH,
) -> Preview:
    """Everything there is to know about the changes before they are made."""
    before = list(store.effective(rows).values())
    changed = {change.place[:2] for change in changes}
    after = _after(rows, changes, changed)
    findings = tuple(checks.check(after, changed))
    current = store.catalog_for(conn, version)
    if any(finding.severity == "error" for finding in findings):
        return Preview(
            version, tuple(changes), findings, _places(before, current, after, findings), current=current
        )
    desired = build(after, version + 1)
    steps = plan(current, desired, _restorable(conn, wish))
    return Preview(
        version=version,
        changes=tuple(changes),
        findings=findings,
        places=_places(before, current, after),
        kept=() if wish.agreed else tuple(uses.kept_uses(conn, current, desired)),
        effects=tuple(effects.measure(conn, steps, current, desired, agreed=wish.agreed)),
        plan=steps,
        current=current,
        desired=desired,
    )


def _after(rows: Sequence[Stored], changes: Sequence[Change], changed: set[tuple[str, str]]) -> list[Any]:
    """The documents as they will be. Former keys in them are only looked for where all can be read."""
    merged = store.merged(_with_changes(rows, changes))
    readable = not any(checks.validate(merged[identity]) for identity in changed & merged.keys())
    return renaming.resolved(merged.values()) if readable else list(merged.values())


def _places(
    before: Sequence[Row], current: Catalog, after: Sequence[Row], findings: Sequence[checks.Finding] = ()
) -> tuple[checks.Place, ...]:
    """Where what goes away is named; not known while some document cannot even be read."""
    unread = any(finding.id.startswith("M1") for finding in findings)
    return () if unread else tuple(checks.places(before, current, after))


def _with_changes(rows: Sequence[Stored], changes: Sequence[Change]) -> list[Stored]:
    by_place = {row.place: row for row in rows}
    for change in changes:
        if change.after is None:
            by_place.pop(change.place, None)
        else:
            by_place[change.place] = change.after
    return list(by_place.values())
