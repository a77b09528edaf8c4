"""For random grants, what SQL shows is what a model of a few lines says, row by row and cell by cell."""

from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection

from formloom.metadata.database import Database
from formloom.rbac import accounts
from formloom.rbac.access import access_for
from formloom.rbac.actor import Actor
from formloom.rbac.tables import departments
from tests.rbac.people import actor, found
from tests.rbac.shop import build_tables, grant, insert, shop

FIELDS = ("name", "city", "phone", "credit")
PEOPLE = ("lead", "ann", "zoe")
SCOPES: dict[str, Any] = {
    "all": "all",
    "own": "own",
    "department": "department",
    "department_below": "department_below",
    "subordinates": "subordinates",
    "in x": {"where": {"field": "city", "value": "x"}},
    "not in x": {"where": {"not": {"field": "city", "value": "x"}}},
}

scopes = st.lists(st.sampled_from(sorted(SCOPES)), min_size=1, max_size=2)
levels = st.fixed_dictionaries({key: st.sampled_from(["none", "view", "edit"]) for key in FIELDS})
grants = st.lists(st.tuples(scopes, scopes, levels), min_size=1, max_size=4)


@pytest.fixture
def conn(database: Database):
    """A connection to accounts of every owner, department and city."""
    with database.writing() as conn:
        found(conn)
        build_tables(conn, shop())
        owners = (None, "lead", "ann", "bob", "fay")
        rows = [
            {"name": f"row {n}", "owner": owner, "owner_department": department, "city": city, "phone": str(n)}
            for n, (owner, department, city) in enumerate(
                product(owners, (None, "sales", "east", "finance"), ("x", None))
            )
        ]
        insert(conn, shop(), "account", [{**row, "credit": n} for n, row in enumerate(rows)])
        yield conn


def holds(name: str, row: Any, who: Actor, subordinates: set[str], below: set[str]) -> bool:
    """Whether the scope holds the row, as a person would read it."""
    own_department = who.department_path[-1] if who.department_path else None
    return {
        "all": True,
        "own": row.owner_login == who.login,
        "department": own_department is not None and row.department_key == own_department,
        "department_below": row.department_key in below,
        "subordinates": row.owner_login in subordinates | {who.login},
        "in x": row.city == "x",
        "not in x": row.city != "x",
    }[name]


@settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(given_grants=grants, login=st.sampled_from(PEOPLE))
def test_a_cell_is_shown_exactly_when_one_grant_shows_it(conn: Connection, given_grants: list, login: str):
    documents = [
        grant(
            f"g{n}",
            "account",
            {"everyone": True},
            {"view": [SCOPES[s] for s in view], "edit": [SCOPES[s] for s in edit]},
            fields,
        )
        for n, (view, edit, fields) in enumerate(given_grants)
    ]
    catalog, who = shop(*documents), actor(conn, login)
    access = access_for(catalog, who).entity("account")
    subordinates = {"lead": {"ann", "bob"}, "ann": {"bob"}, "zoe": set()}[login]
    below = {"lead": {"sales", "east"}, "ann": {"east"}, "zoe": set()}[login]
    rows = every_row(conn, catalog)

    def held(names: list[str], row: Any) -> bool:
        return any(holds(name, row, who, subordinates, below) for name in names)

    expected = {
        row.id: {
            key: getattr(row, key)
            for key in FIELDS
            if any(fields[key] != "none" and held(view, row) for view, _, fields in given_grants)
        }
        for row in rows
        if any(held(view, row) for view, _, _ in given_grants)
    }
    assert shown(conn, access) == expected
    for key in FIELDS:
        may_edit = {
            row.id
            for row in rows
            if row.id in expected
            and any(fields[key] == "edit" and held(edit, row) for _, edit, fields in given_grants)
        }
        table = access.table
        assert set(conn.scalars(sa.select(table.c.id).where(access.scope("edit", [key])))) == may_edit


def every_row(conn: Connection, catalog: Any) -> list[Any]:
    table = catalog.table("account")
    people, units = accounts.users.alias(), departments.alias()
    joined = table.outerjoin(people, people.c.id == table.c.owner).outerjoin(
        units, units.c.id == table.c.owner_department
    )
    columns = [table.c.id, *(table.c[key] for key in FIELDS)]
    chosen = sa.select(*columns, people.c.login.label("owner_login"), units.c.key.label("department_key"))
    return list(conn.execute(chosen.select_from(joined)))


def shown(conn: Connection, access: Any) -> dict[int, dict[str, Any]]:
    """By id, the fields a row shows and their values."""
    secured = access.select()
    keys = [key for key in FIELDS if key in access.readable]
    flags = {key: secured.shown(key) for key in keys}
    columns = [secured.column(key) for key in keys]
    asked = [sa.true() if flag is None else flag for flag in flags.values()]
    found = {}
    for row in conn.execute(sa.select(secured.column("id"), *columns, *asked)):
        values, visible = row[1 : 1 + len(keys)], row[1 + len(keys) :]
        found[row[0]] = {key: value for key, value, see in zip(keys, values, visible, strict=True) if see}
        hidden = [value for value, see in zip(values, visible, strict=True) if not see]
        assert hidden == [None] * len(hidden)
    return found
