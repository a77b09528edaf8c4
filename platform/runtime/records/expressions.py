"""Stored formulas and roll-ups as SQL over the bare table, with values as their columns keep them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement

from ...metadata import conditions
from ...metadata.columns import ExactNumber
from ...metadata.conditions import TableSource
from ...metadata.model import Field
from ...metadata.results import branch_of, rollup_source
from .related import Surroundings

AGGREGATES: dict[str, Callable[[ColumnElement[Any]], ColumnElement[Any]]] = {
    "sum": lambda column: sa.func.coalesce(sa.func.sum(column), 0),
    "count": sa.func.count,
    "count_distinct": lambda column: sa.func.count(sa.distinct(column)),
    "avg": sa.func.avg,
    "min": sa.func.min,
    "max": sa.func.max,
}


def stored_expression(ctx: Surroundings, field: Field) -> ColumnElement[Any]:
    """The value of a stored computed field, over the table of its entity."""
    source = TableSource(ctx.catalog, field.entity, env=ctx.env)
    formula = ctx.catalog.formulas.get((field.entity, field.key))
    if formula is not None:
        return formula.sql(source, ctx.env)
    return as_kept(_aggregate(ctx, field, source), ctx.catalog.tables[field.entity].c[field.key])


def as_kept(value: ColumnElement[Any], column: sa.Column[Any]) -> ColumnElement[Any]:
    """The value rounded as the column keeps it: a sum of doubles would not equal the number it stands for."""
    if isinstance(column.type, ExactNumber):
        return sa.func.round(value, column.type.scale)
    return value


def _aggregate(ctx: Surroundings, field: Field, source: TableSource) -> ColumnElement[Any]:
    found = rollup_source(field, ctx.catalog.entities)
    assert found is not None, f"roll-up {field.entity}.{field.key} leads nowhere"
    entity, link, aggregated = found
    child = source.children(entity, link)
    where = [_belongs(field, child, link, source)]
    if field.option("where") is not None:
        condition = conditions.parse(field.option("where"), ctx.catalog.entities[entity], ctx.catalog)
        where.append(conditions.clause(condition, child, ctx.env))
    value = AGGREGATES[field.option("function")](child.column(aggregated or "id"))
    chosen = sa.select(value).select_from(child.from_).where(*where)
    return chosen.correlate(source.from_).scalar_subquery()


def _belongs(field: Field, child: TableSource, link: str, source: TableSource) -> ColumnElement[bool]:
    """The child's rows that count: those that point at this row, or with `branch` at any row of its branch."""
    tree = branch_of(field, source.catalog.entities)
    if tree is None:
        return conditions.pointing(child, link, source)
    lower = source.catalog.table(tree.entity).alias()
    here = sa.select(_Outside(source.column("id")).label("id")).cte(recursive=True, nesting=True)
    branch = here.union(sa.select(lower.c.id).where(lower.c[tree.key] == here.c.id))
    inside = sa.select(branch.c.id)
    by = child.entity.all_fields[link]
    if not by.behaviour.several:
        return child.column(link).in_(inside)
    links = child.catalog.links[by.entity, link].alias()
    return child.column("id").in_(sa.select(links.c.source).where(links.c.target.in_(inside)))


class _Outside(FunctionElement[int]):
    """A column of the statement around a recursion, which is no table of its own."""

    type = sa.BigInteger()
    inherit_cache = True

    @property
    def _from_objects(self) -> list[Any]:
        return []


@compiles(_Outside)
def _outside(element: Any, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(next(iter(element.clauses)), **kw))
