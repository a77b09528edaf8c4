"""Chains of formulas, roll-ups and lookups: whatever happens to rows, they equal a full computation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from formloom.metadata.database import Database
from formloom.metadata.dependencies import computed_fields
from formloom.metadata.linking import misplaced
from formloom.runtime.records import Records
from formloom.runtime.records.computed import recompute
from formloom.runtime.records.dependents import dependents_of
from formloom.runtime.records.renewal import stale_fields
from tests.runtime.links.shop import CATALOG, context, records
from tests.runtime.records.office import refused
from tests.runtime.records.player import Player

ENTITIES = ("region", "firm", "category", "product", "purchase", "payment")


def test_a_change_runs_along_the_whole_chain(shop: Database) -> None:
    with shop.writing() as conn:
        door = records(conn)
        region = door.create("region", {"name": "North", "tax": "10"})
        firm = door.create("firm", {"name": "F", "region": region})
        product = door.create("product", {"name": "P", "price": "100", "maker": firm})
        order = door.create("purchase", {"name": "O", "lines": [{"product": product, "qty": 2}]})
        payment = door.create("payment", {"name": "M", "purchase": order})
        assert str(door.get("payment", payment)["rest"]) == "439.00"
        door.update("region", region, {"tax": "20"})
        assert str(door.get("payment", payment)["rest"]) == "479.00"
        door.update("firm", firm, {"region": None})
        assert door.get("payment", payment)["rest"] is not None
        assert str(door.get("product", product)["tax"]) == "None"


def test_a_lookup_is_filtered_and_sorted_as_what_it_shows(shop: Database) -> None:
    with shop.writing() as conn:
        door = records(conn)
        low, high = (door.create("region", {"name": n, "tax": t}) for n, t in (("L", "5"), ("H", "9")))
        firms = [door.create("firm", {"name": n, "region": r}) for n, r in (("A", high), ("B", low), ("C", None))]
        page = door.list(of(door, "firm", sort="-tax", fields="name,tax"))
        assert [row["name"] for row in page.items] == ["A", "B", "C"]
        page = door.list(of(door, "firm", filter='{"field":"tax","op":"gte","value":"6"}', fields="name"))
        assert [row["id"] for row in page.items] == firms[:1]


def of(door: Records, entity: str, **params: str) -> Any:
    from formloom.runtime.records import ListRequest

    return ListRequest.parse(door.ctx.access, entity, params)


def test_a_lookup_is_hidden_with_what_it_shows_unless_it_is_published(shop: Database) -> None:
    with shop.writing() as conn:
        system, ann = records(conn), records(conn, "ann")
        region = system.create("region", {"name": "Canary", "tax": "7"})
        firm = ann.create("firm", {"name": "Own"})
        system.update("firm", firm, {"region": region})
        product = system.create("product", {"name": "P", "maker": firm, "price": "10"})
        got = ann.get("firm", firm)
        assert got["leak"] == "Canary"
        assert "tax" not in got and "region" not in got
        # What is computed from something hidden is hidden, however long the chain.
        assert not {"tax", "gross", "boss"} & ann.get("product", product).keys()
        for hidden in ("tax", "region", "region.name"):
            assert refused(lambda key=hidden: ann.list(of(ann, "firm", sort=key)))[0] == "unknown_field"


class Trader(Player):
    """Does random things to the shop, some of them refused."""

    entities = ENTITIES

    def one(self, entity: str) -> int | None:
        return self.random.choice(self.ids[entity]) if self.ids[entity] and self.random.random() < 0.9 else None

    def some(self, entity: str) -> list[int]:
        known = self.ids[entity]
        return self.random.sample(known, self.random.randint(0, min(3, len(known))))

    def money(self) -> str:
        return f"{self.random.randint(0, 9999) / 100:.2f}"

    def values(self, entity: str) -> dict[str, Any]:
        name = f"N{self.random.randint(0, 9)}"
        every: dict[str, Callable[[], dict[str, Any]]] = {
            "region": lambda: {"tax": f"{self.random.randint(0, 30)}"},
            "firm": lambda: {"region": self.one("region"), "friends": self.some("firm")},
            "category": lambda: {"parent": self.one("category")},
            "product": lambda: {
                "category": self.one("category"),
                "makers": self.some("firm"),
                "price": self.money(),
                "maker": self.one("firm"),
            },
            "purchase": lambda: {"buyer": self.one("firm"), "lines": self.lines()},
            "payment": lambda: {"purchase": self.one("purchase")},
        }
        return {"name": name, **every[entity]()}

    def lines(self) -> list[dict[str, Any]]:
        count = self.random.randint(0, 3)
        return [
            {"product": self.one("product"), "qty": self.random.randint(1, 9), "makers": self.some("firm")}
            for _ in range(count)
        ]

    def acts(self) -> list[Callable[[str], None]]:
        return [self.create, self.create, self.update, self.update, self.many, self.delete, self.back]

    def update(self, entity: str) -> None:
        record_id = self.one(entity)
        values = self.values(entity)
        kept = self.random.sample(list(values), self.random.randint(1, len(values)))
        if record_id is not None:
            self.door.update(entity, record_id, {key: values[key] for key in kept})

    def many(self, entity: str) -> None:
        some = self.some(entity)
        rows = [self.values(entity) for _ in some]
        for row in rows:
            row.pop("lines", None)
        if some:
            columns = {key: [row[key] for row in rows] for key in rows[0]}
            self.door.update_many(entity, some, columns, mode=self.random.choice(["all", "each"]))

    def delete(self, entity: str) -> None:
        some = self.some(entity)
        if some and self.random.random() < 0.5:
            self.door.delete_many(entity, some)

    def back(self, entity: str) -> None:
        record_id = self.one(entity)
        if record_id is not None:
            self.door.restore_many(entity, [record_id])


def live_values(conn: Connection) -> dict[tuple[str, str], list[Any]]:
    """The stored computed values of live rows."""
    found = {}
    for field in computed_fields(CATALOG):
        table = CATALOG.tables[field.entity]
        if field.key in table.c:
            live = sa.select(table.c.id, table.c[field.key]).where(table.c.deleted_at.is_(None))
            found[field.entity, field.key] = [tuple(row) for row in conn.execute(live.order_by(table.c.id))]
    return found


@pytest.mark.parametrize("seed", range(6))
def test_after_random_changes_stored_values_equal_a_full_computation(shop: Database, seed: int) -> None:
    with shop.writing() as conn:
        player = Trader(records(conn), seed)
        for _ in range(160):
            player.step()
        kept = live_values(conn)
        assert sum(len(rows) for rows in kept.values()) > 60
        assert list(misplaced(conn, CATALOG)) == []
        assert list(stale_fields(conn, CATALOG)) == []
        for level in dependents_of(CATALOG).levels:
            for entity, key in level:
                recompute(context(conn), entity, [key])
        assert live_values(conn) == kept
