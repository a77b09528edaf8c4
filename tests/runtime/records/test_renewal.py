"""Stored computed fields after changesets that add, change or feed them."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from formloom.metadata import changesets
from formloom.metadata.database import Database
from formloom.runtime import records  # noqa: F401  (announces what computes)
from tests.metadata.sample import add, applied, catalog_of, column, entity, field, problems

LINK = field("account", "relation", target="account")
AMOUNT = field("amount", "money")
TOTAL = field("total", "rollup", function="sum", of="deal.amount", by="account")
TWICE = field("twice", "formula", formula="total * 2", result="money")


def filled(database: Database) -> None:
    applied(database, entity("account"), entity("deal", LINK, AMOUNT))
    one, two = add(database, "account", {"name": "A"}, {"name": "B"})
    add(database, "deal", *({"name": "D", "account": one, "amount": Decimal(n)} for n in (1, 2)))
    add(database, "deal", {"name": "D", "account": two})


def test_added_fields_are_computed_in_the_order_they_read_each_other(database: Database):
    filled(database)

    applied(database, entity("account", TWICE, TOTAL))

    assert column(database, "account", "total") == [Decimal("3.00"), Decimal("0.00")]
    assert column(database, "account", "twice") == [Decimal("6.00"), Decimal("0.00")]
    assert problems(database) == []


def test_a_changed_formula_and_what_reads_it_are_computed_anew(database: Database):
    filled(database)
    applied(database, entity("account", TWICE, TOTAL))

    applied(database, entity("account", TWICE, {**TOTAL, "function": "max"}))

    assert column(database, "account", "twice") == [Decimal("4.00"), None]


def test_converted_inputs_are_computed_with(database: Database):
    applied(
        database,
        entity("deal", field("amount"), field("half", "formula", formula="LEN(amount)", result="integer")),
    )
    add(database, "deal", {"name": "D", "amount": "1,000"})
    half = field("half", "formula", formula="amount / 2", result="integer")

    changed = applied(database, entity("deal", field("amount", "integer"), half))
    assert column(database, "deal", "half") == [500]
    changesets.revert(database, changed.number, "tester")

    assert column(database, "deal", "half") == [5]
    assert problems(database) == []


def test_a_formula_that_looks_at_the_clock_loses_its_column(database: Database):
    day = field("day", "date")
    applied(database, entity("deal", day, field("age", "formula", formula="DAYS(day, day)", result="integer")))
    add(database, "deal", {"name": "D"})

    applied(database, entity("deal", day, field("age", "formula", formula="DAYS(TODAY(), day)", result="integer")))
    assert problems(database) == []
    applied(database, entity("deal", day, field("age", "formula", formula="LEN(name)", result="integer")))

    assert column(database, "deal", "age") == [1]
    assert problems(database) == []


def test_the_doctor_sees_values_that_are_no_longer_true(database: Database):
    filled(database)
    applied(database, entity("account", TWICE, TOTAL))
    table = catalog_of(database).tables["account"]
    with database.writing() as conn:
        conn.execute(sa.update(table).where(table.c.id == 1).values(total=Decimal("5.00")))

    assert problems(database) == [
        "1 rows of “account” hold something else in “twice” than computing it gives",
        "1 rows of “account” hold something else in “total” than computing it gives",
    ]
