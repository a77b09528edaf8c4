"""Computes stored formulas and roll-ups anew when a changeset adds, changes or feeds them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.engine import Connection

from ...metadata.apply import on_recompute
from ...metadata.catalog import Catalog
from ..context import Context
from .computed import recompute


@on_recompute
def renew(conn: Connection, catalog: Catalog, entity: str, fields: Sequence[str]) -> None:
    """Computes these fields in all rows. The changeset asks in an order in which what is read comes first."""
    recompute(Context.system(conn, catalog, "a changed formula concerns every row"), entity, fields)
