"""A whole workbook becomes an application by one command, and is taken back by another."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from formloom.importers.reader import read
from formloom.metadata import changesets, store
from formloom.metadata.database import Database
from formloom.runtime.cli import main

BOOKS = Path(__file__).parent.parent / "workbooks"
NORTHWIND, CUSTOMERS = BOOKS / "northwind.xlsx", BOOKS / "customers_zh.xlsx"
BY_HAND: list[dict[str, Any]] = []
"""What had to be corrected by hand in the proposal for Northwind: nothing."""

ENTITIES = {
    "customers": "customer",
    "suppliers": "supplier",
    "categories": "category",
    "products": "product",
    "employees": "employee",
    "shippers": "shipper",
    "orders": "orders",
    "order_details": "order_detail",
}
RELATIONS = {
    ("product", "supplier_id", "supplier"),
    ("product", "category_id", "category"),
    ("employee", "reports_to", "employee"),
    ("orders", "customer_id", "customer"),
    ("orders", "employee_id", "employee"),
    ("orders", "ship_via", "shipper"),
    ("order_detail", "orders", "orders"),
    ("order_detail", "product_id", "product"),
}


@pytest.fixture
def site(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """An empty site the commands work on."""
    monkeypatch.setenv("FORMLOOM_DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("FORMLOOM_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.chdir(tmp_path)
    return database


def rows(sheet: str) -> list[dict[str, Any]]:
    """The workbook's own rows by header."""
    header, *data = read(NORTHWIND, sheet).rows
    return [dict(zip(header, row, strict=True)) for row in data]


def made(*more: str, changes: list[dict[str, Any]] = BY_HAND) -> int:
    """Run the command on Northwind."""
    Path("by_hand.json").write_text(json.dumps(changes), encoding="utf-8")
    return main(["entity", "from-excel", str(NORTHWIND), "--changes", "by_hand.json", *more])


def test_northwind_becomes_eight_related_entities_with_all_rows(site: Database) -> None:
    assert made() == 0

    with site.reading() as conn:
        catalog = store.catalog_for(conn)
        assert set(catalog.entities) == set(ENTITIES.values())
        assert relations(catalog) == RELATIONS
        assert catalog.entities["order_detail"].parent == "orders"
        for sheet, entity in ENTITIES.items():
            count = conn.scalar(sa.select(sa.func.count()).select_from(catalog.tables[entity]))
            assert (sheet, count) == (sheet, len(rows(sheet)))
        assert customers_of_orders(conn, catalog.tables) == {
            int(row["orderID"]): row["customerID"] for row in rows("orders")
        }
        assert lines(conn, catalog.tables) == sorted(
            (int(row["orderID"]), int(row["productID"]), Decimal(str(row["unitPrice"])).quantize(Decimal("0.01")))
            for row in rows("order_details")
        )
        assert superiors(conn, catalog.tables) == {
            int(row["employeeID"]): int(row["reportsTo"] or 0) or None for row in rows("employees")
        }


def relations(catalog: Any) -> set[tuple[str, str, str]]:
    """Every relation as (entity, field, target)."""
    return {
        (entity.key, field.key, field.option("target"))
        for entity in catalog.entities.values()
        for field in entity.fields.values()
        if field.behaviour.target == "target"
    }


def customers_of_orders(conn: sa.Connection, tables: Any) -> dict[int, str]:
    """The customer's code of each order, through the relation."""
    orders, customers = tables["orders"], tables["customer"]
    query = sa.select(orders.c.order_id, customers.c.customer_id)
    found = conn.execute(query.join(customers, customers.c.id == orders.c.customer_id))
    return {order: customer for order, customer in found}


def lines(conn: sa.Connection, tables: Any) -> list[tuple[int, int, Decimal]]:
    """The lines as (order, product, price), through both relations."""
    line, order, product = tables["order_detail"], tables["orders"], tables["product"]
    query = sa.select(order.c.order_id, product.c.product_id, line.c.unit_price)
    query = query.join(order, order.c.id == line.c.orders).join(product, product.c.id == line.c.product_id)
    return sorted(tuple(row) for row in conn.execute(query.select_from(line)))


def superiors(conn: sa.Connection, tables: Any) -> dict[int, int | None]:
    """Who each employee reports to, through the relation into its own sheet."""
    employee = tables["employee"]
    above = employee.alias()
    query = sa.select(employee.c.employee_id, above.c.employee_id)
    found = conn.execute(query.join(above, above.c.id == employee.c.reports_to, isouter=True))
    return {number: superior for number, superior in found}


def test_what_was_made_is_one_changeset_and_is_taken_back_whole(
    site: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert made() == 0
    with site.reading() as conn:
        assert len(changesets.history(conn)) == 1

    assert main(["entity", "undo", "1"]) == 0
    with site.reading() as conn:
        catalog = store.catalog_for(conn)
        assert not catalog.entities
        assert not catalog.documents
    assert "Taken back" in capsys.readouterr().out
    assert main(["entity", "undo", "1"]) == 2


def test_a_dry_run_says_what_is_proposed_and_makes_nothing(
    site: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert made("--dry-run") == 0

    said = capsys.readouterr().out
    assert "orders → orders: 830 rows" in said
    assert "customerID → customer_id  relation  830 of 830 values are found in “customerID” of “customers”" in said
    with site.reading() as conn:
        assert not store.catalog_for(conn).entities


def test_a_messy_sheet_comes_in_once_its_odd_cells_may_stay_empty(
    site: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["entity", "from-excel", str(CUSTOMERS)]) == 2
    said = capsys.readouterr().out
    assert "385 cells do not fit the type" in said
    with site.reading() as conn:
        assert not store.catalog_for(conn).entities

    Path("changes.json").write_text(
        json.dumps(
            [
                {"sheet": "客户台账", "set": {"key": "customer", "label": {"en": "Customer"}}},
                {"sheet": "客户台账", "column": 13, "set": {"misfits": "empty"}},
            ]
        ),
        encoding="utf-8",
    )
    assert main(["entity", "from-excel", str(CUSTOMERS), "--changes", "changes.json"]) == 0
    with site.reading() as conn:
        table = store.catalog_for(conn).tables["customer"]
        assert conn.scalar(sa.select(sa.func.count()).select_from(table)) == 2000
        when = sa.select(sa.func.count(table.c.xia_ci_hui_fang))
        assert conn.scalar(when) == 1615


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gone.xlsx"], "gone.xlsx"),
        (["none.csv"], "empty"),
        ([str(NORTHWIND), "--changes", "gone.json"], "gone.json"),
        ([str(NORTHWIND), "--role", "nobody=edit"], "grants"),
    ],
)
def test_what_cannot_be_done_ends_with_2(
    site: Database, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    Path("none.csv").touch()

    assert main(["entity", "from-excel", *arguments]) == 2
    assert said in capsys.readouterr().err
