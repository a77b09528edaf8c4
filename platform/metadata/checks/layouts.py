"""Checks of lists, forms, details, dashboards and menus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ..conditions import tree_of
from ..model import Field
from .finding import Finding
from .model import Document, Model

Findings = Iterator[Finding]

COUNT = {"op": "count"}
"""What is measured where nothing is said."""


def check(model: Model) -> Findings:
    """Findings in layouts."""
    yield from _default_lists(model)
    for kind in ("form", "detail"):
        for key, document in model.of_kind(kind).items():
            yield from _sections(document, (kind, key))
    for key, document in model.of_kind("list").items():
        yield from _list(model, document, ("list", key))
    for key, document in model.of_kind("detail").items():
        yield from _detail(model, document, ("detail", key))
    for key, document in model.of_kind("dashboard").items():
        yield from _dashboard(model, document, ("dashboard", key))
    yield from _one_per_entity(model)


def _list(model: Model, document: Document, at: tuple[str, str]) -> Findings:
    entity = document["entity"]
    yield from _sorted(model, entity, document.get("sort", ()), (at, "/sort"))
    grouped = model.path(entity, document["group"]) if "group" in document else None
    if grouped and not grouped[-1].behaviour.sortable:
        yield Finding("M313", at, "/group", {"key": document["group"]})
    for number, total in enumerate(document.get("totals", ())):
        yield from _measure(model, entity, total, (at, f"/totals/{number}"))
    owner = model.entities.get(entity)
    if document.get("tree") and owner is not None and tree_of(owner) is None:
        yield Finding("M324", at, "/tree", {"entity": entity})
    yield from _ways(model, document, at)


def _ways(model: Model, document: Document, at: tuple[str, str]) -> Findings:
    """What a board, a month and a gallery ask of their fields."""
    entity, board, month = document["entity"], document.get("kanban", {}), document.get("calendar", {})
    lanes = model.path(entity, board["by"]) if board else None
    if lanes and not lanes[-1].choices and not _has_broken_options(model, lanes[-1]):
        yield Finding("M314", at, "/kanban/by", {"key": board["by"]})
    if "total" in board:
        yield from _measure(model, entity, {"field": board["total"], "op": "sum"}, (at, "/kanban/total"))
    for name in ("start", "end"):
        day = model.path(entity, month[name]) if name in month else None
        if day and not _has_dates(day[-1]):
            yield Finding("M317", at, f"/calendar/{name}", {"key": month[name]})
    if document.get("view", "table") not in ("table", *document):
        yield Finding("M322", at, "/view", {"view": document["view"]})


def _default_lists(model: Model) -> Findings:
    defaults = Counter(d["entity"] for d in model.of_kind("list").values() if d.get("default"))
    for key, document in model.of_kind("list").items():
        if document.get("default") and defaults[document["entity"]] > 1:
            yield Finding("M310", ("list", key), "/default", {"entity": document["entity"]})


def _one_per_entity(model: Model) -> Findings:
    counts = Counter(d["entity"] for d in model.of_kind("detail").values())
    for key, document in model.of_kind("detail").items():
        if counts[document["entity"]] > 1:
            yield Finding("M318", ("detail", key), "/entity", {"entity": document["entity"]})
    yield from _never_used(model)


def _never_used(model: Model) -> Findings:
    """Forms behind one of the same entity that is for everybody and every record."""
    open_to_all: set[str] = set()
    for key, document in sorted(
        model.of_kind("form").items(), key=lambda item: (item[1].get("position", 0), item[0])
    ):
        if document["entity"] in open_to_all:
            yield Finding("M318", ("form", key), "/entity", {"entity": document["entity"]})
        if not document.get("roles") and "when" not in document:
            open_to_all.add(document["entity"])


def _sections(document: Document, at: tuple[str, str]) -> Findings:
    sections = document.get("sections", ())
    for part in ("sections", "tabs", "statistics"):
        for key, count in Counter(each["key"] for each in document.get(part, ())).items():
            if count > 1:
                yield Finding("M311", at, f"/{part}", {"key": key})
    tabs = {tab["key"] for tab in document.get("tabs", ())}
    for number, section in enumerate(sections):
        if section.get("tab") not in (None, *tabs):
            yield Finding("M323", at, f"/sections/{number}/tab", {"key": section["tab"]})
    placed = [p["field"] if isinstance(p, Mapping) else p for section in sections for p in section["fields"]]
    for key, count in Counter(placed).items():
        if count > 1:
            yield Finding("M312", at, "/sections", {"key": key})


def _sorted(model: Model, entity: str, keys: Any, where: tuple[tuple[str, str], str]) -> Findings:
    at, path = where
    for position, key in enumerate(keys):
        fields = model.path(entity, key.lstrip("-"))
        if fields and not fields[-1].behaviour.sortable:
            yield Finding("M313", at, f"{path}/{position}", {"key": key.lstrip("-")})


def _detail(model: Model, document: Document, at: tuple[str, str]) -> Findings:
    entity = model.entities.get(document["entity"])
    stage = entity.fields.get(document.get("stage", "")) if entity else None
    if stage is not None and not stage.choices and not _has_broken_options(model, stage):
        yield Finding("M314", at, "/stage", {"key": stage.key})
    if "composer" in document:
        yield from _linked(model, document, document["composer"], (at, "/composer"))
        yield from _timed(model, document["composer"], at)
    for number, statistic in enumerate(document.get("statistics", ())):
        path = f"/statistics/{number}"
        yield from _linked(model, document, statistic, (at, path))
        yield from _measure(model, statistic["entity"], statistic.get("measure", COUNT), (at, f"{path}/measure"))
    for number, related in enumerate(document.get("related", ())):
        path = f"/related/{number}"
        yield from _linked(model, document, related, (at, path))
        yield from _sorted(model, related["entity"], related.get("sort", ()), (at, f"{path}/sort"))


def _linked(model: Model, document: Document, part: Document, where: tuple[tuple[str, str], str]) -> Findings:
    at, path = where
    link = model.path(part["entity"], part["by"])
    if link and link[-1].option("target") != document["entity"]:
        yield Finding("M315", at, f"{path}/by", {"key": part["by"], "entity": document["entity"]})


def _timed(model: Model, composer: Document, at: tuple[str, str]) -> Findings:
    moment = model.path(composer["entity"], composer.get("at", "created_at"))
    if moment and not _has_dates(moment[-1]):
        yield Finding("M317", at, "/composer/at", {"key": composer["at"]})


def _has_broken_options(model: Model, field: Field) -> bool:
    return ("option_set", field.option("options")) in model.broken


def _dashboard(model: Model, document: Document, at: tuple[str, str]) -> Findings:
    for key, count in Counter(widget["key"] for widget in document["widgets"]).items():
        if count > 1:
            yield Finding("M311", at, "/widgets", {"key": key})
    for number, widget in enumerate(document["widgets"]):
        yield from _widget(model, widget, (at, f"/widgets/{number}"))


def _widget(model: Model, widget: Document, where: tuple[tuple[str, str], str]) -> Findings:
    at, path = where
    shows_rows = widget["type"] == "table" and not widget.get("measures")
    if shows_rows and not widget.get("columns"):
        yield Finding("M319", at, f"{path}/columns", {"key": widget["key"]})
    if not shows_rows and not widget.get("measures"):
        yield Finding("M319", at, f"{path}/measures", {"key": widget["key"]})
    if widget.get("x", 0) + widget.get("w", 6) > 12:
        yield Finding("M320", at, f"{path}/w", {"key": widget["key"]})
    drilled = model.documents.get(("list", widget.get("list", "")))
    if drilled is not None and drilled["entity"] != widget["entity"]:
        yield Finding("M321", at, f"{path}/list", {"list": widget["list"], "entity": widget["entity"]})
    for position, measure in enumerate(widget.get("measures", ())):
        yield from _measure(model, widget["entity"], measure, (at, f"{path}/measures/{position}"))
    for position, group in enumerate(widget.get("group_by", ())):
        fields = model.path(widget["entity"], group["field"])
        if fields and "bucket" in group and not _has_dates(fields[-1]):
            yield Finding("M317", at, f"{path}/group_by/{position}/bucket", {"key": group["field"]})
    period = model.path(widget["entity"], widget["date_field"]) if "date_field" in widget else None
    if period and not _has_dates(period[-1]):
        yield Finding("M317", at, f"{path}/date_field", {"key": widget["date_field"]})


def _measure(model: Model, entity: str, measure: Document, where: tuple[tuple[str, str], str]) -> Findings:
    at, path = where
    if "field" not in measure:
        if measure["op"] != "count":
            yield Finding("M316", at, path, {"key": "", "op": measure["op"]})
        return
    fields = model.path(entity, measure["field"])
    if fields and measure["op"] not in fields[-1].behaviour.aggregates:
        yield Finding("M316", at, f"{path}/op", {"key": measure["field"], "op": measure["op"]})


def _has_dates(field: Field) -> bool:
    """Whether the field's values lie on a calendar: its type can be asked what lies within a period."""
    return any(operator.name == "within" for operator in field.behaviour.operators)
