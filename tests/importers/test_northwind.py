"""A whole business moves in: documents from a file, a workbook of related sheets, sums that agree with it."""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from formloom.importers.reader import read
from formloom.metadata import store
from formloom.metadata.database import Database
from formloom.runtime.cli import main

HERE = Path(__file__).parent
WORKBOOK = HERE.parent / "workbooks" / "northwind.xlsx"
SHEETS = [
    ("categories", "nw_category", []),
    ("customers", "nw_customer", []),
    ("products", "nw_product", []),
    ("orders", "nw_order", []),
    ("order_details", "nw_order_line", ["--map", "lines.json"]),
]


def rows(sheet: str) -> list[dict[str, object]]:
    """The workbook's own rows by header."""
    header, *data = read(WORKBOOK, sheet).rows
    return [dict(zip(header, row, strict=True)) for row in data]


@pytest.fixture
def moved_in(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The database after the documents are applied and the workbook is imported, by commands."""
    monkeypatch.setenv("FORMLOOM_DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("FORMLOOM_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    Path("lines.json").write_text('{"orderID": "nw_order"}', encoding="utf-8")
    assert main(["metadata", "apply", str(HERE / "northwind" / "documents.json")]) == 0
    for sheet, entity, more in SHEETS:
        assert main(["import", str(WORKBOOK), "--entity", entity, "--sheet", sheet, *more]) == 0, sheet
    return database


def test_counts_relations_and_sums_agree_with_the_workbook(moved_in: Database) -> None:
    with moved_in.reading() as conn:
        tables = store.catalog_for(conn).tables
        for sheet, entity, _ in SHEETS:
            count = conn.scalar(sa.select(sa.func.count()).select_from(tables[entity]))
            assert (entity, count) == (entity, len(rows(sheet)))
        assert turnover_by_customer(conn, tables) == turnover_of_workbook()
        assert categories_of_products(conn, tables) == {
            row["productName"]: row["categoryID"] for row in rows("products")
        }


def cents(row: dict[str, object]) -> Decimal:
    """A line's amount, rounded as the entity's formula rounds it."""
    price, quantity, discount = (Decimal(str(row[name])) for name in ("unitPrice", "quantity", "discount"))
    return (price * quantity * (1 - discount)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def turnover_of_workbook() -> dict[object, Decimal]:
    """The sum of all lines by customer, computed from the workbook alone."""
    customer = {row["orderID"]: row["customerID"] for row in rows("orders")}
    found: dict[object, Decimal] = defaultdict(Decimal)
    for row in rows("order_details"):
        found[customer[row["orderID"]]] += cents(row)
    return dict(found)


def turnover_by_customer(conn: sa.Connection, tables: dict[str, sa.Table]) -> dict[object, Decimal]:
    """The roll-up over the roll-up over the formula, as stored."""
    customers = tables["nw_customer"]
    chosen = sa.select(customers.c.code, customers.c.turnover)
    return {code: turnover for code, turnover in conn.execute(chosen) if turnover}


def categories_of_products(conn: sa.Connection, tables: dict[str, sa.Table]) -> dict[object, object]:
    """The category's number of each product, through the relation."""
    products, categories = tables["nw_product"], tables["nw_category"]
    chosen = sa.select(products.c.name, categories.c.code).join(categories, categories.c.id == products.c.category)
    return {name: float(code) for name, code in conn.execute(chosen)}
