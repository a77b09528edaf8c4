"""What is secured is as quick as what is not: both databases merge the subquery and use the indexes."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from formloom.metadata.database import Database
from formloom.rbac.access import access_for
from formloom.rbac.secured import Secured
from tests.rbac.people import actor, found
from tests.rbac.shop import WHEN, build_tables, grant, shop

SALES = {"role": "sales"}
ROWS = 12_000
GRANTS = (
    grant("own", "account", SALES, {"view": "own"}, {"*": "edit"}),
    grant("all", "account", SALES, {"view": "all"}, {"*": "view", "credit": "none"}),
    grant("dept", "deal", SALES, {"view": ["own", "department_below"]}),
)


@pytest.fixture
def conn(database: Database):
    """Many accounts, each with a deal, of owners who have a few of them."""
    catalog = shop(*GRANTS)
    with database.writing() as conn:
        people = sorted(found(conn).values())
        build_tables(conn, catalog)
        common = {"created_at": WHEN, "updated_at": WHEN}
        accounts = [
            {**common, "name": f"a{n:05}", "city": f"c{n % 400}", "owner": people[n % 5], "owner_department": 1}
            for n in range(ROWS)
        ]
        conn.execute(catalog.table("account").insert(), accounts)
        deals = [{**common, "name": f"d{n}", "account": n + 1, "owner": people[n % 5]} for n in range(ROWS)]
        conn.execute(catalog.table("deal").insert(), deals)
        conn.exec_driver_sql("ANALYZE")
        yield conn


def by_city(account: Secured, deal: Secured) -> Any:
    return sa.select(account.column("name"), account.column("credit")).where(account.column("city") == "c7")


def first_page(account: Secured, deal: Secured) -> Any:
    chosen = sa.select(account.column("name"), account.column("credit"))
    return chosen.order_by(account.column("created_at").desc().nulls_last(), account.column("id").desc()).limit(50)


def by_id(account: Secured, deal: Secured) -> Any:
    return sa.select(deal.column("name")).where(deal.column("id") == 78)


def label(account: Secured, deal: Secured) -> Any:
    behind = deal.related("account")
    joined = deal.from_.outerjoin(behind.from_, behind.column("id") == deal.column("account"))
    chosen = sa.select(deal.column("name"), behind.column("name"), behind.column("credit")).select_from(joined)
    return chosen.where(deal.column("id") == 78)


def test_secured_selects_use_the_indexes(conn: Connection):
    access = access_for(shop(*GRANTS), actor(conn, "ann"))
    for question in (by_city, first_page, by_id, label):
        query = question(access.entity("account").select(), access.entity("deal").select())

        plan = "\n".join(explained(conn, query))

        assert "CASE WHEN" in str(query) or question is by_id
        for slow in ("MATERIALIZE", "CO-ROUTINE", "SCAN r_", "Subquery Scan", "Seq Scan", "TEMP B-TREE", "Sort"):
            assert slow not in plan.replace("SCAN r_account USING INDEX", ""), (question, plan)
        assert conn.execute(query).all()


def explained(conn: Connection, query: Any) -> list[str]:
    """The steps a database takes."""
    compiled = query.compile(conn.engine, compile_kwargs={"literal_binds": True})
    if conn.dialect.name == "sqlite":
        return [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}")]
    return [row[0] for row in conn.exec_driver_sql(f"EXPLAIN {compiled}".replace("%", "%%"))]
