"""Stored formulas and roll-ups stay true on every way of writing, also for rows that move, go and come back."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from formloom.metadata.database import Database
from formloom.runtime.records.computed import recompute
from formloom.runtime.records.dependents import dependents_of
from tests.runtime.records.office import CATALOG, context, counted, records, stored
from tests.runtime.records.player import Player

COMPUTED = {
    "company": ("contacts", "won", "paid", "open"),
    "contact": ("badge",),
    "deal": ("subtotal", "total"),
    "line": ("amount",),
}


def live_values(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """The stored computed fields of live rows."""
    return {
        entity: [row for row in stored(conn, entity, "id", "deleted_at", *keys) if row[1] is None]
        for entity, keys in COMPUTED.items()
    }


def recomputed(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """The same after everything is computed anew."""
    for level in dependents_of(CATALOG).levels:
        for entity, key in level:
            recompute(context(conn), entity, [key])
    return live_values(conn)


def test_a_line_reaches_the_company_through_its_deal(office: Database) -> None:
    with office.writing() as conn:
        door = records(conn)
        company, other = (door.create("company", {"name": name}) for name in "AB")
        product = door.create("product", {"name": "Bolt", "price": "2.50"})
        lines = [{"product": product, "qty": "3"}, {"product": product, "qty": "0.5"}]
        deal = door.create(
            "deal", {"name": "D", "company": company, "stage": "won", "lines": lines, "discount": "1"}
        )
        door.create("payment", {"company": company, "amount": "2"})

        def sums(of: int) -> list[str]:
            found = door.get("company", of, ("won", "paid", "open"))
            return [str(found[key]) for key in ("won", "paid", "open")]

        assert sums(company) == ["7.75", "2.00", "5.75"]
        first = door.get("deal", deal)["lines"][0]["id"]
        door.update("line", first, {"qty": "5"})
        assert sums(company) == ["12.75", "2.00", "10.75"]
        door.update("deal", deal, {"company": other})
        assert (sums(company), sums(other)) == (["0.00", "2.00", "0.00"], ["12.75", "0.00", "12.75"])
        door.update("deal", deal, {"stage": "lost"})
        assert sums(other) == ["0.00", "0.00", "0.00"]


def test_a_name_reaches_the_rows_that_point_at_it(office: Database) -> None:
    with office.writing() as conn:
        door = records(conn)
        one, two = (door.create("company", {"name": name}) for name in "AB")
        contact = door.create("contact", {"name": "Carl", "company": one})
        door.create("contact", {"name": "Dora", "company": two})
        door.update("company", one, {"name": "Acme"})
        assert [badge for (badge,) in stored(conn, "contact", "badge")] == ["Carl @ Acme", "Dora @ B"]
        door.update("contact", contact, {"company": two})
        assert [badge for (badge,) in stored(conn, "contact", "badge")] == ["Carl @ B", "Dora @ B"]
        assert stored(conn, "company", "contacts") == [(0,), (2,)]


@pytest.mark.parametrize("count", [1, 300])
def test_what_follows_takes_the_same_statements_for_one_row_and_many(office: Database, count: int) -> None:
    with office.writing() as conn:
        door = records(conn)
        company = door.create("company", {"name": "A"})
        columns = {"company": [company] * count, "amount": [Decimal(1)] * count}
        with counted(conn) as statements:
            door.create_many("payment", columns)
        assert len(statements) <= 8, statements
        assert door.get("company", company)["paid"] == count


class Trader(Player):
    """Does random things to a small business, some of them refused."""

    entities = ("company", "contact", "product", "deal", "payment")

    def one(self, entity: str) -> int | None:
        return self.random.choice(self.ids[entity]) if self.ids[entity] else None

    def money(self) -> str:
        return f"{self.random.randint(0, 99999) / 100:.2f}"

    def lines(self) -> list[dict[str, Any]]:
        return [
            {
                "product": self.one("product"),
                "qty": f"{self.random.randint(1, 999) / 100:.2f}",
                "price": self.money(),
            }
            for _ in range(self.random.randint(0, 3))
        ]

    def values(self, entity: str) -> dict[str, Any]:
        name = f"N{self.random.randint(0, 9)}"
        values: dict[str, dict[str, Any]] = {
            "company": {"name": name},
            "contact": {"name": name, "company": self.one("company")},
            "product": {"name": name, "price": self.money()},
            "deal": {
                "name": name,
                "company": self.one("company"),
                "stage": self.random.choice(["open", "won", "lost"]),
                "discount": self.money(),
                "lines": self.lines(),
            },
            "payment": {"company": self.one("company"), "amount": self.money()},
        }
        return values[entity]

    def acts(self) -> list[Callable[[str], None]]:
        return [self.create, self.create, self.update, self.update, self.line, self.delete, self.restore]

    def update(self, entity: str) -> None:
        values = self.values(entity)
        kept = self.random.sample(list(values), self.random.randint(1, len(values)))
        record_id = self.one(entity)
        if record_id is None:
            return
        if entity == "deal" and "lines" in kept:
            current = self.door.get("deal", record_id)["lines"]
            some = self.random.sample(current, self.random.randint(0, len(current)))
            values["lines"] += [{"id": line["id"], "qty": self.random.randint(1, 5)} for line in some]
        self.door.update(entity, record_id, {key: values[key] for key in kept})

    def line(self, entity: str) -> None:
        deal = self.one("deal")
        lines = self.door.get("deal", deal)["lines"] if deal else []
        if lines:
            line = self.random.choice(lines)["id"]
            if self.random.random() < 0.7:
                self.door.update("line", line, {"price": self.money()})
            else:
                self.door.delete("line", line)
        elif deal:
            self.door.create("line", {"deal": deal, "product": self.one("product"), "price": self.money()})

    def delete(self, entity: str) -> None:
        record_id = self.one(entity)
        if record_id is not None and self.random.random() < 0.6:
            self.door.delete(entity, record_id)

    def restore(self, entity: str) -> None:
        record_id = self.one(entity)
        if record_id is not None:
            self.door.restore_many(entity, [record_id])


@pytest.mark.parametrize("seed", range(4))
def test_after_random_changes_stored_values_equal_a_full_computation(office: Database, seed: int) -> None:
    with office.writing() as conn:
        player = Trader(records(conn), seed)
        for _ in range(150):
            player.step()
        kept = live_values(conn)
        assert sum(len(rows) for rows in kept.values()) > 20
        assert kept == recomputed(conn)


def test_a_backfill_computes_all_rows_in_portions(office: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("formloom.runtime.records.computed.CHUNK", 2)
    with office.writing() as conn:
        door = records(conn)
        ids = [
            door.create("contact", {"name": f"N{n}", "company": door.create("company", {"name": "A"})})
            for n in range(5)
        ]
        table = CATALOG.tables["contact"]
        conn.execute(table.update().values(badge=None))
        recompute(context(conn), "contact", ["badge"], ids[:3])
        assert [badge for (badge,) in stored(conn, "contact", "badge")] == [
            *(f"N{n} @ A" for n in range(3)),
            None,
            None,
        ]
        recompute(context(conn), "contact", ["badge"])
        assert [badge for (badge,) in stored(conn, "contact", "badge")] == [f"N{n} @ A" for n in range(5)]
