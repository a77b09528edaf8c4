"""Computes stored formulas and roll-ups anew when a changeset asks, and tells the doctor where they are wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ...metadata import doctor, linking
from ...metadata.apply import on_recompute
from ...metadata.catalog import Catalog
from ...metadata.dependencies import computed_fields
from ...metadata.moving import Span
from ...metadata.preparing import on_recompute_span
from ..context import Context
from .computed import compute, recompute
from .dependents import dependents_of
from .expressions import stored_expression


@on_recompute
def renew(conn: Connection, catalog: Catalog, entity: str, fields: Sequence[str]) -> None:
    """Computes these fields in all rows. The changeset asks in an order in which what is read comes first."""
    recompute(Context.system(conn, catalog, "a changed formula concerns every row"), entity, fields)


@doctor.register
def lost_links(conn: Connection, catalog: Catalog) -> Iterator[doctor.Problem]:
    """Fields whose links are not what their rows say. Queries: 2 for each field that points at several records."""
    for entity, field, count in linking.misplaced(conn, catalog):
        yield doctor.Problem("links", {"entity": entity, "field": field, "count": count})


@on_recompute_span
def renew_span(conn: Connection, catalog: Catalog, entity: str, fields: Sequence[str], span: Span) -> None:
    """Computes these fields in a span of rows, writing only where that changes something."""
    ctx = Context.system(conn, catalog, "a changed formula concerns every row")
    table = catalog.tables[entity]
    for level in dependents_of(catalog).levels:
        wanted = [key for owner, key in level if owner == entity and key in fields]
        if wanted:
            every = catalog.entities[entity].fields
            stale = [table.c[key].is_distinct_from(stored_expression(ctx, every[key])) for key in wanted]
            compute(ctx, entity, wanted, sa.and_(span.of(table), sa.or_(*stale)))


@doctor.register
def stale_fields(conn: Connection, catalog: Catalog) -> Iterator[doctor.Problem]:
    """Stored computed fields that differ from what computing them now would give. Queries: 1 for each."""
    ctx = Context.system(conn, catalog, "the doctor looks at every row")
    for field in computed_fields(catalog):
        table = catalog.tables[field.entity]
        if field.key not in table.c:
            continue
        differs = table.c[field.key].is_distinct_from(stored_expression(ctx, field))
        query = sa.select(sa.func.count()).select_from(table).where(table.c.deleted_at.is_(None), differs)
        count = conn.execute(query).scalar_one()
        if count:
            yield doctor.Problem("stale", {"entity": field.entity, "field": field.key, "count": count})
