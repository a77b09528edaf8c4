"""Taking packaged documents, or single nodes of them, back to what the package ships."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.engine import Connection

from .. import changesets, store
from ..changesets import Changeset, Preview
from ..database import Database
from ..drafts import Edit
from ..errors import NotFound
from ..nodes import restored
from .installed import Customised, customised


def find_customised(conn: Connection, kind: str, key: str) -> Customised:
    """The packaged document the site changed. Raises NotFound where there is none, or nothing was changed."""
    found = next((each for each in customised(store.read_rows(conn)) if each.identity == (kind, key)), None)
    if found is None:
        raise NotFound("package.not_customised", document=f"{kind}/{key}")
    return found


def _edit(conn: Connection, kind: str, key: str, paths: Collection[str]) -> Edit:
    """The edit that resets nodes, or all of a document when `paths` is empty. Raises NotFound."""
    found = find_customised(conn, kind, key)
    if not paths or found.document is None:
        return Edit("reset", kind, key)
    known = {each.path for each in found.differences}
    unknown = sorted(path for path in paths if path not in known)
    if unknown:
        raise NotFound("package.not_customised", document=f"{kind}/{key} {unknown[0]}")
    return Edit.put(restored(found.shipped, found.document, frozenset(paths)))


def preview_reset(conn: Connection, kind: str, key: str, paths: Collection[str] = ()) -> Preview:
    """What resetting would mean. Raises NotFound."""
    return changesets.preview(conn, [_edit(conn, kind, key, paths)])


def reset(  # noqa: PLR0913  (the last two are by name)
    database: Database,
    kind: str,
    key: str,
    actor: str,
    paths: Collection[str] = (),
    *,
    allow_destructive: bool = False,
) -> Changeset:
    """The changeset that makes a document, or the nodes at `paths`, what its package ships.

    Raises NotFound, MetadataError, PlanError.
    """
    with database.reading() as conn:
        version, edit = store.current_version(conn), _edit(conn, kind, key, paths)
    note = f"reset {kind}/{key} {' '.join(sorted(paths))}".strip()[:500]
    return changesets.apply(
        database, [edit], actor, note, allow_destructive=allow_destructive, expected_version=version
    )
