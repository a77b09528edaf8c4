"""An upload becomes a stored content and a row of `fl_file`.

The content is written first and outside any transaction; the row follows. What is left when a process dies between
the two is content nobody refers to, which the sweep removes.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ...metadata.errors import (
    AccessDenied,
    FieldError,
    FormloomError,
    InvalidInput,
    UnknownField,
    ValueRefused,
)
from ...metadata.model import Field
from ...metadata.uploads import FileFacts
from ..http.call import Upload
from .naming import clean_name
from .pictures import NoPicture, small_and_size
from .sniffing import media_type_of
from .store import Store, hash_of, key_of, picture_key
from .tables import files, fresh_id

if TYPE_CHECKING:
    from ..context import Context

SWEEP_LOCK = 0x666C_6669
"""Key of the PostgreSQL advisory lock between uploads and the sweep; on SQLite there is one writer anyway."""


def field_for(ctx: Context, entity: str, key: str) -> Field:
    """The field of files that somebody wants to fill. Raises NotFound, UnknownField, InvalidInput."""
    rights = ctx.access.entity(entity)
    field = rights.field(key)
    if not field.behaviour.files:
        raise UnknownField(key)
    if key not in rights.creatable | rights.writable:
        raise InvalidInput("field_read_only", fields=[FieldError(key, "field_read_only")])
    return field


def require_any_field(ctx: Context) -> None:
    """Raises AccessDenied for who may fill no field of files at all."""
    for decisions in ctx.access.decisions.values():
        fields = [f.key for f in decisions.entity.fields.values() if f.behaviour.files]
        if fields and decisions.rows:
            rights = ctx.access.entity(decisions.entity.key)
            if not (rights.creatable | rights.writable).isdisjoint(fields):
                return
    raise AccessDenied(operation="create")


def take(ctx: Context, upload: Upload, field: Field | None) -> FileFacts:
    """The facts of the stored upload. Ends the caller's transaction. Raises InvalidInput, FormloomError."""
    assert ctx.site is not None
    facts, sha256, small = _examined(upload)
    if field is not None:
        _judge(field, facts)
    _require_room(ctx, facts.size)
    store, database = ctx.site.files, ctx.own_transactions()
    _keep(store, upload, sha256, small)
    with database.writing() as conn:
        _hold_sweep(conn)
        if store.size(key_of(sha256)) is None:
            _keep(store, upload, sha256, small)  # swept since; nothing can sweep it now
        conn.execute(
            sa.insert(files).values(
                id=facts.id,
                sha256=sha256,
                name=facts.name,
                size=facts.size,
                media_type=facts.media_type,
                width=facts.width,
                height=facts.height,
                created_by=ctx.actor.id,
                created_at=ctx.now,
            )
        )
    return facts


def _examined(upload: Upload) -> tuple[FileFacts, str, bytes | None]:
    """(facts, hash, small picture) of an upload. Raises InvalidInput for an empty one."""
    sha256, size = hash_of(upload.file)
    media_type = media_type_of(upload.file)
    name = clean_name(upload.name, media_type)
    if not size:
        raise InvalidInput("empty_file", name=name)
    small, width, height = None, None, None
    try:
        small, (width, height) = small_and_size(upload.file, media_type)
    except NoPicture:
        pass  # kept all the same: a file need not be a picture
    return FileFacts(fresh_id(), name, size, media_type, width, height), sha256, small


def _judge(field: Field, facts: FileFacts) -> None:
    try:
        field.behaviour.judge(field, facts)  # type: ignore[attr-defined]
    except ValueRefused as refused:
        raise InvalidInput(fields=[refused.at(field.key)]) from None


def _require_room(ctx: Context, size: int) -> None:
    """Raises FormloomError for who has left too much lying about. Queries: 1."""
    loose = sa.and_(files.c.record_id.is_(None), files.c.swept_at.is_(None), files.c.created_by == ctx.actor.id)
    used = ctx.conn.scalar(sa.select(sa.func.coalesce(sa.func.sum(files.c.size), 0)).where(loose))
    if int(used or 0) + size > ctx.settings.files_loose_limit:
        raise FormloomError("quota_full", status=507)


def _keep(store: Store, upload: Upload, sha256: str, small: bytes | None) -> None:
    upload.file.seek(0)
    store.write(key_of(sha256), upload.file)
    if small is not None:
        store.write(picture_key(sha256, "small"), io.BytesIO(small))


def _hold_sweep(conn: Connection) -> None:
    if conn.dialect.name != "sqlite":
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(SWEEP_LOCK)))
