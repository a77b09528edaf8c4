"""A process killed anywhere inside a changeset leaves all of it or nothing, and a database that works."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from formloom.metadata.crash import KILLED
from formloom.metadata.database import Database
from tests.metadata.sample import add, applied, catalog_of, column, entity, field, problems

KEPT = field("boss", "relation", target="account", on_delete="cascade")

CHILD = """
import sys
from formloom.metadata.database import Database
from tests.metadata.sample import applied, entity, field
applied(
    Database(sys.argv[1]),
    entity("extra", field("account", "relation", target="account")),
    entity("account", field("n", "integer"), field("added", indexed=True)),
    entity("contact", field("account", "relation", target="account", on_delete="cascade"), field("x")),
    allow_destructive=True,
)
"""


def run_until(database: Database, crash: str) -> int:
    url = database.url.render_as_string(hide_password=False)
    environment = {**os.environ, "FORMLOOM_CRASH": crash}
    return subprocess.run([sys.executable, "-c", CHILD, url], env=environment, check=False).returncode


def state(database: Database) -> tuple[int, tuple[str, ...]]:
    catalog = catalog_of(database)
    return catalog.version, tuple(catalog.entities["account"].fields)


@pytest.mark.slow
def test_every_boundary_of_a_changeset_leaves_all_or_nothing(database: Database):
    applied(database, entity("account", field("n"), KEPT))
    applied(database, entity("contact", field("account", "relation", target="account", on_delete="cascade")))
    [one] = add(database, "account", {"name": "A", "n": "1"})
    add(database, "account", {"name": "B", "n": "x", "boss": one})
    add(database, "contact", {"name": "C", "account": one}, {"name": "D", "account": one})
    before = state(database)

    crashes = ["changeset.documents", "changeset.logged"]
    crashes += [f"changeset.step:{n}" for n in range(1, 8)]
    if database.is_sqlite:
        crashes += ["rebuild.copied", "rebuild.dropped", "rebuild.renamed"]
    for crash in crashes:
        assert run_until(database, crash) == KILLED, crash
        assert state(database) == before, crash
        assert problems(database) == [], crash
        assert column(database, "contact", "account") == [one, one], crash
        assert column(database, "account", "boss") == [None, one], crash

    assert run_until(database, "nowhere") == 0
    assert state(database) == (before[0] + 1, ("name", "n", "added"))
    assert column(database, "contact", "account") == [one, one]
    assert column(database, "account", "n") == [1, None]
    assert problems(database) == []
