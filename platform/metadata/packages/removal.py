"""Taking a package out of force: what depends on it is shown first, what was before comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from .. import changesets, layers, store
from ..changesets import Changeset, PackageChange, Preview
from ..checks import Finding
from ..database import Database
from ..drafts import Change, Edit
from ..errors import MetadataError
from ..nodes import MISSING
from ..shadows import purge
from ..store import SITE, Document, Identity, Stored
from ..tables import changeset as changeset_table
from .installed import Customised, Installed, customised, find_package, own_documents, shipped_by

ROUNDS = 20
"""How often what depends on what depends is looked for; checks come in rounds, each seeing further."""


@dataclass(frozen=True, slots=True)
class Removal:
    """What taking a package out of force would mean.

    `dependents` are documents of the site's own that cannot be without it, `blocking` findings elsewhere (another
    package builds upon this one), `restored` what the site had under the same names before.
    """

    package: Installed
    version: int
    edits: tuple[Edit, ...]
    preview: Preview
    customised: tuple[Customised, ...] = ()
    dependents: tuple[Identity, ...] = ()
    blocking: tuple[Finding, ...] = ()
    restored: tuple[Identity, ...] = ()
    kept: tuple[Identity, ...] = ()
    """Roles that stay as the site's own, because nobody would be an administrator without them."""

    @property
    def rows(self) -> int:
        """How many records go out of sight."""
        return sum(effect.count for effect in self.preview.effects if effect.code == "rows_removed")


def propose_removal(conn: Connection, key: str) -> Removal:
    """What taking the package out of force now would mean, dependents included. Raises NotFound."""
    package = find_package(conn, key)
    rows = store.read_rows(conn)
    shipped = shipped_by(rows, key)
    prior = _prior_documents(conn, key, rows)
    edits = [Edit("delete", *identity) for identity in sorted(shipped)]
    edits += [
        replace(Edit.put(prior[identity]) if identity in prior else Edit("reset", *identity), layer=SITE)
        for identity in sorted(shipped)
    ]
    own, kept = set(own_documents(rows)), []
    preview, dependents = _with_dependents(conn, key, edits, own)
    if any(effect.code == "last_admin" for effect in preview.effects):
        kept = _administrators(shipped)
        edits += kept
        preview, dependents = _with_dependents(conn, key, edits, own)
    return Removal(
        package=package,
        version=store.current_version(conn),
        edits=tuple(edits),
        preview=preview,
        customised=tuple(customised(rows, key)),
        dependents=tuple(sorted(dependents)),
        blocking=tuple(finding for finding in preview.findings if finding.severity == "error"),
        restored=tuple(sorted(prior)),
        kept=tuple((edit.kind, edit.key) for edit in kept),
    )


def _administrators(shipped: Mapping[Identity, Stored]) -> list[Edit]:
    """Edits that make the administrators' roles the site's own, without what goes away around them."""
    documents = [row.document for (kind, _), row in shipped.items() if kind == "role" and row.document]
    return [
        replace(Edit.put({n: v for n, v in each.items() if n not in ("home", "includes")}), layer=SITE)
        for each in documents
        if each.get("administrator")
    ]


def _with_dependents(
    conn: Connection, key: str, edits: Sequence[Edit], own: set[Identity]
) -> tuple[Preview, set[Identity]]:
    """The preview of the edits and of removing whatever of the site's own cannot be without what they remove."""
    dependents: set[Identity] = set()
    for _ in range(ROUNDS):
        more = [replace(Edit("delete", *identity), layer=SITE) for identity in sorted(dependents)]
        preview = changesets.preview(conn, [*edits, *more], store.package_layer(key))
        named = {finding.document for finding in preview.findings if finding.severity == "error"}
        if not named & own - dependents:
            break
        dependents |= named & own
    return preview, dependents


def _prior_documents(conn: Connection, key: str, rows: Sequence[Stored]) -> dict[Identity, Document]:
    """What the site had of its own before the package came, with what it changed in its part since."""
    now = {row.identity: row for row in rows if row.layer == SITE}
    return {
        identity: document
        for identity, change in _took_over(conn, key).items()
        if (document := _document_before(change, now.get(identity))) is not None
    }


def _took_over(conn: Connection, key: str) -> dict[Identity, Change]:
    """The changes by which documents of the site's own became edits of the package's, since it is in force."""
    c = changeset_table.c
    query = sa.select(c.number).where(c.layer == store.package_layer(key)).order_by(c.number)
    found: dict[Identity, Change] = {}
    for number in conn.execute(query).scalars().all():
        logged = changesets.get(conn, number)
        if any(p.key == key and p.before is None for p in logged.packages):
            found.clear()
        for change in logged.changes:
            was_own = (
                change.before is not None and change.before.document is not None and change.before.base is None
            )
            if change.place[2] == SITE and was_own and change.place[:2] not in found:
                found[change.place[0], change.place[1]] = change
    return found


def _document_before(change: Change, now: Stored | None) -> Document | None:
    """The site's document of before with its later edits; None where it has deleted it since."""
    assert change.before is not None
    before, after = change.before.document, change.after and change.after.document
    if now is not None and now.document is None:
        return None
    if now is None or after is None or before is None:
        return before
    merged = layers.merge(after, before, now.document).value
    return None if merged is MISSING else dict(merged)


def uninstall(
    database: Database, key: str, actor: str, *, drop_data: bool = False, with_dependents: bool = False
) -> Changeset:
    """The changeset that takes a package out of force, its site edits included.

    What the site had under the same names before comes back. The rows of its entities are kept as shadows, so that
    reverting brings them back; `drop_data` purges them. `with_dependents` also removes the site's own documents
    that cannot be without it. Raises NotFound, PlanError, MetadataError when something still needs the package.
    """
    with database.reading() as conn:
        removal = propose_removal(conn, key)
        if removal.dependents and not with_dependents:
            plain = changesets.preview(conn, removal.edits, store.package_layer(key))
            raise MetadataError("package.needed", findings=plain.findings, name=key)
    if removal.blocking:
        raise MetadataError("package.needed", findings=removal.blocking, name=key)
    more = [replace(Edit("delete", *identity), layer=SITE) for identity in removal.dependents]
    before = {"label": removal.package.label, "version": removal.package.version}
    applied = changesets.apply(
        database,
        [*removal.edits, *more],
        actor,
        f"uninstall {key}",
        layer=store.package_layer(key),
        allow_destructive=True,
        packages=[PackageChange(key, before, None)],
        expected_version=removal.version,
    )
    if drop_data:
        purge(database, applied.number)
    return applied
