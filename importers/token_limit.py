"""The limit of the token that asked for a job, kept with the job: it does no more than the token may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from formloom.rbac.actor import TokenLimit

if TYPE_CHECKING:
    from formloom.runtime.context import Context


def limit_of(ctx: Context) -> dict[str, Any]:
    """What a job must remember of the asking token, to be put into its payload; nothing without one."""
    limit = ctx.actor.limit
    if limit is None:
        return {}
    entities = None if limit.entities is None else sorted(limit.entities)
    return {"limit": {"read_only": limit.read_only, "entities": entities}}


def read_limit(raw: Mapping[str, Any] | None) -> TokenLimit | None:
    """The limit a job remembers."""
    if raw is None:
        return None
    return TokenLimit(raw["read_only"], None if raw["entities"] is None else frozenset(raw["entities"]))
