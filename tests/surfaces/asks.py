"""What is asked of the surfaces: requests in all spellings, with a place for the field that is mentioned."""

from __future__ import annotations

import json
from typing import Any

from formloom.metadata.fieldtype import FIELD_TYPES
from tests.surfaces.world import NO_ID, workbook

Ask = dict[str, Any]
"""One request's query (`params`), JSON body (`json`), form (`data`) or file (`files`)."""

F = "{f}"
"""Stands for the field that is mentioned."""


def query(**params: Any) -> Ask:
    """An address with parameters; conditions become JSON."""
    return {"params": {k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in params.items()}}


def body(**values: Any) -> Ask:
    """A JSON body."""
    return {"json": values}


def form(**values: Any) -> Ask:
    """A form as a browser sends it."""
    return {"data": values}


def test(field: str, op: str = "eq", value: Any = "x") -> dict[str, Any]:
    """A condition."""
    return {"field": field, "op": op, "value": value}


test.__test__ = False  # type: ignore[attr-defined]


def upload(rows: list[list[Any]], **options: Any) -> Ask:
    """An import's file and options. `{entity}` is filled in by who sends it."""
    data = {"entity": "firm", "options": json.dumps(options)}
    return {"data": data, "files": {"file": ("firms.xlsx", workbook(*rows))}}


OPERATORS = sorted({operator.name for kind in FIELD_TYPES.values() for operator in kind.operators})

CONDITIONS: tuple[dict[str, Any], ...] = (
    *({"field": F, "op": op, "value": "x"} for op in OPERATORS),
    {"field": F},
    {"not": test(F)},
    {"any": [test("name"), {"all": [test(F, "is_empty")]}]},
    test(f"above.{F}"),
    test(f"above.above.{F}"),
    test(f"{F}.id"),
    test(f"peers.{F}"),
    {"some": "peers", "where": test(F)},
    {"some": "firm.peers", "where": test(F)},
    test(f"peers.upper.{F}"),
    {"some": F},
    {"none": F, "where": test("id", value=1)},
    {"some": f"firm.{F}"},
    {"some": "deal.firm", "where": test(f"firm.{F}")},
    *(
        test(spelt)
        for spelt in (F.upper(), f" {F}", f"{F} ", f'"{F}"', f"firm.{F}", f"above__{F}", f"{F}.", f".{F}")
    ),
)
"""A field in every place and spelling of a filter."""

SHORT = tuple(
    query(**{name: "x"}) for name in (F, f"{F}__gte", f"{F}__is_empty", f"above.{F}", f"above.{F}__contains")
)
ORDERS = tuple(query(sort=text) for text in (F, f"-{F}", f"name,{F}", f"above.{F}", f"-above.above.{F}"))
FIELDS = (F, f"name,{F}", f"above.{F}", f"above.above.{F}", f"{F}.name")
FILTERS = tuple(query(filter=condition) for condition in CONDITIONS)
API_MENTIONS = (*FILTERS, *SHORT, *ORDERS, *(query(fields=text) for text in FIELDS))
PAGE_MENTIONS = (
    *FILTERS[-6:],
    *SHORT,
    *ORDERS,
    *(query(columns=text) for text in FIELDS),
    *(query(group=text) for text in FIELDS),
)
LISTED = (
    {},
    query(count="exact", limit=1),
    query(search="q", count="capped"),
    query(sort="-name"),
    query(sort="above,-budget", fields="name,above,keeper,above.name,above.above.name,keeper.name,budget"),
    query(fields="lines"),
    query(filter=test("above.name", "is_not_empty", None)),
    query(filter={"some": "deal.firm"}),
    query(filter={"some": "peers", "where": test("name", "contains", "q")}),
    query(filter=test("upper", "in_branch", [1, 2, 3])),
    query(filter={"not": test("above", "in_branch", 1)}),
    query(filter=test("peers", "in_branch", 1), fields="name,peers,upper"),
    query(deleted="1"),
)
VALUES: tuple[Ask, ...] = tuple(body(**values) for values in ({}, {"name": None}, {"name": "x", "above": NO_ID}))
STALE = 99_999
AGGREGATES = (
    {},
    {"group_by": ["name"], "measures": [{"op": "count"}, {"op": "max", "field": "budget"}]},
    {"group_by": ["above"]},
    {"group_by": ["peers"]},
    {"group_by": ["keeper", "city"]},
    {"group_by": [{"field": "founded", "bucket": "month"}], "measures": [{"op": "sum", "field": "margin"}]},
    {
        "measures": [
            {"op": "max", "field": "name"},
            {"op": "min", "field": "founded"},
            {"op": "sum", "field": "size"},
        ]
    },
)
MEASURED = tuple(
    body(measures=[{"op": op, "field": F}]) for op in ("sum", "count", "min", "max", "count_distinct")
)
GROUPED = (body(group_by=[F]), body(group_by=[f"above.{F}"]), body(group_by=[{"field": F, "bucket": "month"}]))
EXPORTED = (
    {"fields": F},
    {"sort": F},
    {"filter": test(F)},
    {"filter": test(f"above.{F}")},
    {"fields": f"above.{F}"},
)
PAPER = {"file": ("paper.txt", b"x")}
ROWS = [["Name", "Colour"], ["A", "red"]]
MAPPED = (
    upload(ROWS, map={"Name": F}, dry_run=False),
    upload(ROWS, on_duplicate="update", key=[F], dry_run=False),
)


def filled(value: Any, field: str) -> Any:
    """A copy of an ask that mentions `field`, in lower or upper case as asked."""
    if isinstance(value, str):
        return value.replace(F, field).replace(F.upper(), field.upper())
    if isinstance(value, dict):
        return {filled(name, field): filled(inner, field) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, field) for inner in value]
    return value
