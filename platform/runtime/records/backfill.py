"""Computes stored fields in all rows when metadata makes or changes them: what `metadata.apply` calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from ...metadata.apply import on_recompute
from ...metadata.catalog import Catalog
from ...metadata.conditions import Env
from ...rbac.access import Access
from .computed import recompute


@dataclass(frozen=True, slots=True)
class _Plain:
    """Surroundings of work that nobody asked for."""

    conn: Connection
    catalog: Catalog
    env: Env


@on_recompute
def backfill(conn: Connection, catalog: Catalog, entity: str, fields: Sequence[str]) -> None:
    """Compute the stored formulas and roll-ups `fields` of an entity in all its rows."""
    access = Access.system(catalog, "formulas hold for all rows, whoever may see them")
    recompute(_Plain(conn, catalog, access.env), entity, fields)
