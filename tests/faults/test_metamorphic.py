"""Random changesets and reverts while people read and write: the tables always are what the catalog says, and no
request fails but with a stated conflict.
"""

from __future__ import annotations

import random
import threading
import time
from typing import Any

from sqlalchemy import exc

from formloom.metadata import changesets, store
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from formloom.metadata.drift import drift
from formloom.metadata.errors import Conflict, FormloomError, InvalidInput, MetadataError, NotFound, PlanError
from formloom.runtime.context import Context
from formloom.runtime.http.problem import as_known, is_transient
from formloom.runtime.records import ListRequest, Records
from tests.metadata.sample import applied, entity, field, problems

ROUNDS = 30
PAUSE = 0.05
"""Seconds between two changesets, in which members get their turn."""
SEED = 20261121
TYPES = ("text", "integer", "money", "date", "boolean", "textarea")
STATED = (Conflict, InvalidInput, MetadataError, NotFound, PlanError)


class Shaper:
    """Somebody who changes the shape of one entity at random, and now and then takes something back."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.dice = random.Random(seed)
        self.made: list[int] = []
        self.number = 0

    def act(self) -> str:
        """One changeset or revert; what it was, or the code it was refused with."""
        try:
            if self.made and self.dice.random() < 0.3:
                number = self.made.pop(self.dice.randrange(len(self.made)))
                changesets.revert(self.database, number, "shaper", allow_destructive=True)
                return "revert"
            name, document = self._changed()
            self.made.append(applied(self.database, document, allow_destructive=True).number)
            return name
        except STATED as error:
            return error.code

    def _changed(self) -> tuple[str, dict[str, Any]]:
        with self.database.reading() as conn:
            document = dict(store.load_catalog(conn).documents["entity", "thing"])
        fields = [dict(raw) for raw in document["fields"]]
        others = fields[1:]
        moves = [self._add, self._add]
        if others:
            moves += [self._remove, self._retype, self._rename, self._index, self._compute]
        move = self.dice.choice(moves)
        move(fields, self.dice.choice(others) if others else fields[0])
        return move.__name__, {**document, "fields": fields}

    def _new_key(self) -> str:
        self.number += 1
        return f"f{self.number}"

    def _add(self, fields: list[dict[str, Any]], one: dict[str, Any]) -> None:
        kind = self.dice.choice(TYPES)
        default = {"default": 3} if kind == "integer" and self.dice.random() < 0.5 else {}
        fields.append(field(self._new_key(), kind, **default))

    def _remove(self, fields: list[dict[str, Any]], one: dict[str, Any]) -> None:
        fields.remove(one)

    def _retype(self, fields: list[dict[str, Any]], one: dict[str, Any]) -> None:
        kept = {name: one[name] for name in ("key", "label", "was", "indexed") if name in one}
        fields[fields.index(one)] = {**kept, "type": self.dice.choice(TYPES)}

    def _rename(self, fields: list[dict[str, Any]], one: dict[str, Any]) -> None:
        was = [*one.get("was", ()), one["key"]]
        fields[fields.index(one)] = {**one, "key": self._new_key(), "was": was[-20:]}

    def _index(self, fields: list[dict[str, Any]], one: dict[str, Any]) -> None:
        fields[fields.index(one)] = {**one, "indexed": not one.get("indexed", False)}

    def _compute(self, fields: list[dict[str, Any]], one: dict[str, Any]) -> None:
        fields.append(field(self._new_key(), "formula", formula=f"name & {one['key']}", result="text"))


class Member(threading.Thread):
    """Somebody who works on: reads lists, makes and changes records, as requests do."""

    def __init__(self, database: Database, seed: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.database, self.dice, self.stop = database, random.Random(seed), stop
        self.done, self.stated, self.failed = 0, 0, list[str]()

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self._again(self._write if self.dice.random() < 0.5 else self._read)
                self.done += 1
            except FormloomError:
                self.stated += 1
            except Exception as error:
                self.failed.append(repr(error)[:500])
                return
            self.stop.wait(0.005)

    def _again(self, work: Any) -> None:
        """As a request: what the tables' change got in the way of is done once more, on the new ones."""
        for attempt in range(3):
            try:
                return work()
            except exc.DBAPIError as error:
                if attempt == 2 or not is_transient(error):
                    known = as_known(error)
                    if known is None:
                        raise
                    raise known from error

    def _read(self) -> None:
        with self.database.reading() as conn:
            ctx = Context.system(conn, store.catalog_for(conn), "a member reads")
            Records(ctx).list(ListRequest.parse(ctx.access, "thing", {"limit": "20", "sort": "-name"}))

    def _write(self) -> None:
        with self.database.writing() as conn:
            catalog = store.catalog_for(conn, store.current_version(conn, hold=True))
            records = Records(Context.system(conn, catalog, "a member writes"))
            name = f"n{self.dice.randrange(1_000)}"
            values = {f.key: None for f in catalog.entities["thing"].fields.values() if not f.behaviour.computed}
            made = records.create("thing", {**values, "name": name})
            if self.dice.random() < 0.5:
                records.update("thing", made, {"name": f"{name}x"})


def test_the_tables_are_always_what_the_catalog_says_while_people_work(database: Database):
    applied(database, entity("thing", field("start", "integer", default=1)))
    stop = threading.Event()
    members = [Member(database, seed, stop) for seed in range(3)]
    for member in members:
        member.start()
    shaper = Shaper(database, SEED)
    acts = []
    try:
        for _ in range(ROUNDS):
            acts.append(shaper.act())
            time.sleep(PAUSE)
            with database.reading() as conn:
                assert drift(conn, store.load_catalog(conn)) == [], acts
    finally:
        stop.set()
        for member in members:
            member.join(30)

    assert [member.failed for member in members] == [[], [], []], acts
    assert sum(member.done for member in members) > ROUNDS
    assert "revert" in acts and len(set(acts)) >= 5, acts
    assert problems(database) == []


def test_taking_everything_back_in_turn_leads_to_where_it_began(database: Database):
    applied(database, entity("thing", field("start", "integer")))
    with database.writing() as conn:
        records = Records(Context.system(conn, store.catalog_for(conn), "test"))
        for number in range(5):
            records.create("thing", {"name": f"n{number}", "start": number})
    shaper = Shaper(database, SEED + 1)
    shaper.dice.random = lambda: 0.9  # type: ignore[method-assign]
    for _ in range(12):
        shaper.act()

    for number in reversed(shaper.made):
        changesets.revert(database, number, "shaper", allow_destructive=True)

    with database.reading() as conn:
        catalog = store.load_catalog(conn)
        table = catalog.tables["thing"]
        rows = conn.execute(table.select().order_by(table.c.id)).mappings().all()
    assert [(row["name"], row["start"]) for row in rows] == [(f"n{n}", n) for n in range(5)]
    assert list(catalog.entities["thing"].fields) == ["name", "start"]
    assert problems(database) == []


def test_an_edit_of_nothing_is_no_changeset(database: Database):
    document = entity("thing")
    applied(database, document)

    assert changesets.apply(database, [Edit.put(document)], "tester").empty
