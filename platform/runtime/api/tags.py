"""Entity tags of records: what a reader holds, and whether it is still so.

Who sees all of a record has its revision as its tag. Who does not, has a tag made from what he is shown: it stays
when only something changes that he may not see. As a condition of a write it stands for the present revision,
as long as what he is shown is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from ...metadata.errors import NotFound, UnknownField
from ...rbac.access import Access
from ..context import Context
from ..records import Record, Records, VersionConflict
from ..records.kept import keep
from .dumping import RecordDumper

MARK = "shown-"
_MOVING = frozenset({"rev", "updated_at", "updated_by"})
"""What tells of every change, whatever was changed."""


def tag_of(ctx: Context, entity: str, record: Record) -> str:
    """The tag of a record with all its fields, as a header has it."""
    if sees_all(ctx.access, entity):
        return f'"{record["rev"]}"'
    return f'W/"{MARK}{_digest(RecordDumper(ctx.access, entity)(record))}"'


def _digest(shown: Mapping[str, Any]) -> str:
    held = {key: value for key, value in shown.items() if key not in _MOVING}
    text = orjson.dumps(held, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    return hashlib.sha256(text).hexdigest()[:32]


def revision_of(ctx: Context, entity: str, record_id: int, tag: str) -> int:
    """The revision a tag made from what is shown stands for. Raises NotFound, VersionConflict."""
    record = Records(ctx).get(entity, record_id)
    if tag != f"{MARK}{_digest(RecordDumper(ctx.access, entity)(record))}":
        raise VersionConflict(rev=record["rev"])
    return int(record["rev"])


def sees_all(access: Access, entity: str) -> bool:
    """Whether nothing of any record of the entity that he sees is kept from the actor, lines included."""
    return keep(access.catalog, ("sees_all", access.actor, entity), lambda: _sees_all(access, entity))


def _sees_all(access: Access, entity: str) -> bool:
    try:
        rights = access.entity(entity)
    except NotFound:
        return False
    if rights.masked or rights.entity.fields.keys() - rights.readable:
        return False
    source = rights.select()
    for key in rights.entity.fields:
        try:
            if source.shown(key) is not None:
                return False
        except UnknownField:
            continue
    return all(sees_all(access, child.option("target")) for child in access.catalog.children[entity])
