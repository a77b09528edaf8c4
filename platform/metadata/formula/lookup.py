"""Lookups as formulas: reading a path is all they do, so everything that keeps formulas true keeps them true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ..conditions.source import Env, Source, value_behind
from ..model import Entity, Field
from .node import DEEPEST_SQL
from .tree import refusal

if TYPE_CHECKING:
    from .formula import Formula

DEPTH_OF_STEP = 6
"""Places of SQLite's parser stack that one step takes."""


def compile_lookup(field: Field, entities: Mapping[str, Entity]) -> Formula:
    """The formula that gives the value at the end of the lookup's path. Raises FormulaError."""
    from .formula import Formula

    path = str(field.option("path"))
    steps = _steps(field, path, entities)
    stored = field.behaviour.column(field)
    if stored is None:
        raise refusal("no_use")
    depth = DEPTH_OF_STEP * len(steps)
    if depth > DEEPEST_SQL:
        raise refusal("too_nested")

    def sql(source: Source, env: Env) -> Any:
        return sa.type_coerce(_behind(source, path.split(".")), stored)

    return Formula(
        text=path,
        entity=field.entity,
        result=field.behaviour.kind or "null",
        reads=frozenset({path}),
        valued=frozenset({path}),
        volatile=False,
        personal=False,
        python=lambda record, env: record.get(path),
        sql=sql,
        depth=depth,
    )


def _steps(field: Field, path: str, entities: Mapping[str, Entity]) -> list[Field]:
    """The relations on the way. Raises FormulaError where the path leads nowhere, or to several records."""
    here: Entity | None = entities.get(field.entity)
    found: list[Field] = []
    for part in path.split("."):
        if found and found[-1].behaviour.target != "target":
            raise refusal("wants_aggregate" if found[-1].option("target") else "no_relation")
        step = here.all_fields.get(part) if here is not None else None
        if step is None:
            raise refusal("unknown_name", name=part[:60])
        found.append(step)
        here = entities.get(str(step.option("target", "")))
    if found[-1].behaviour.several is not None or found[-1].holds_lines:
        raise refusal("wants_aggregate")
    return found[:-1]


def _behind(source: Source, parts: list[str]) -> Any:
    if len(parts) == 1:
        return source.column(parts[0])
    return value_behind(source, parts[0], lambda target: _behind(target, parts[1:]))
