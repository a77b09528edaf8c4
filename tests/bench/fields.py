"""Adding fields to a table of a million rows: a changeset from its preview to its commit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from formloom.metadata import changesets, store
from formloom.metadata.changesets import Edit
from tests.bench.stage import KINDS, Stage, staged
from tests.bench.table import Line, timed

SIZE, QUICK_SIZE = 1_000_000, 10_000
LIMIT = 1.0
"""Seconds."""

ADDED: tuple[tuple[str, dict[str, Any], bool], ...] = (
    ("text", {"type": "text"}, True),
    ("money with a default", {"type": "money", "default": "0"}, True),
    ("select with an index", {"type": "select", "options": "account_grade", "indexed": True}, False),
)
"""(what, its document, whether the limit is for it: an index has to be built, which takes as long as it takes)."""


def measure(quick: bool) -> Iterator[Line]:
    """Lines for both databases."""
    for kind in KINDS:
        with staged(kind) as stage:
            yield from on_stage(stage, QUICK_SIZE if quick else SIZE)


def on_stage(stage: Stage, size: int) -> Iterator[Line]:
    """A line for each kind of field."""
    stage.fill(size)
    for number, (what, document, limited) in enumerate(ADDED):
        with stage.database.reading() as conn:
            entity = store.catalog_for(conn).entity("account")
            documents = {d["key"]: d for d in store.load(conn) if d["kind"] == "entity"}
        added = {"key": f"added_{number}", "label": "Added", **document}
        whole = documents[entity.key]
        edit = Edit.put({**whole, "fields": [*whole["fields"], added]})
        with timed() as lasted:
            changesets.apply(stage.database, [edit], actor="bench")
        yield Line(
            f"adding a field ({what}) at {size:,} rows, {stage.kind}", lasted(), LIMIT if limited else None, "s"
        )
