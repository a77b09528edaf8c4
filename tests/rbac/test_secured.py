"""What the secured selectable shows and hides, on both databases."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from formloom.metadata.catalog import Catalog
from formloom.metadata.conditions import clause, parse
from formloom.metadata.database import Database
from formloom.metadata.errors import NotFound, UnknownField
from formloom.rbac.access import access_for
from tests.rbac.people import actor, found
from tests.rbac.shop import WHEN, build_tables, grant, insert, seen, shop

SALES = {"role": "sales"}

ROWS = [
    {"name": "anns", "owner": "ann", "owner_department": "east", "city": "x", "phone": "1", "credit": 1},
    {"name": "bobs", "owner": "bob", "owner_department": "east", "city": "x", "phone": "2", "credit": 2},
    {"name": "leads", "owner": "lead", "owner_department": "sales", "city": "y", "phone": "3", "credit": 3},
    {"name": "fays", "owner": "fay", "owner_department": "finance", "city": "y", "phone": "4", "credit": 4},
    {"name": "nobodys", "owner": None, "owner_department": None, "city": "x", "phone": "5", "credit": 5},
    {"name": "gone", "owner": "ann", "owner_department": "east", "city": "x", "deleted_at": None},
]


def filled(conn, *grants) -> Catalog:
    """The shop with ROWS; the last one is in the bin."""
    catalog = shop(*grants)
    found(conn)
    build_tables(conn, catalog)
    ids = insert(conn, catalog, "account", ROWS)
    table = catalog.table("account")
    conn.execute(table.update().where(table.c.id == ids[-1]).values(deleted_at=table.c.created_at))
    return catalog


SCOPES = [
    ("ann", "all", "anns bobs leads fays nobodys"),
    ("ann", "own", "anns"),
    ("ann", "department", "anns bobs"),
    ("lead", "department", "leads"),
    ("lead", "department_below", "anns bobs leads"),
    ("root", "own", "anns bobs leads fays nobodys"),
    ("lead", "subordinates", "anns bobs leads"),
    ("ann", "subordinates", "anns bobs"),
    ("zoe", "own", ""),
    ("zoe", "department", ""),
    ("zoe", "department_below", ""),
    ("zoe", "subordinates", ""),
    ("fay", {"where": {"field": "city", "value": "y"}}, "leads fays"),
    ("fay", ["own", {"where": {"field": "city", "value": "x"}}], "anns bobs fays nobodys"),
    ("bob", {"where": {"field": "owner", "op": "is_me"}}, "bobs"),
    ("bob", {"where": {"not": {"field": "owner", "op": "is_me"}}}, "anns leads fays nobodys"),
]


def test_a_scope_holds_the_rows_it_says(database: Database):
    with database.writing() as conn:
        filled(conn)
        for login, scope, expected in SCOPES:
            catalog = shop(grant("a", "account", {"everyone": True}, {"view": scope, "edit": scope}))
            access = access_for(catalog, actor(conn, login)).entity("account")

            assert [name for (name,) in seen(conn, access.select(), "name")] == expected.split(), (login, scope)
            table = access.table
            changed = sa.update(table).where(access.scope("edit", ["name"]), table.c.deleted_at.is_(None))
            assert conn.execute(changed.values(phone="new")).rowcount == len(expected.split())


def test_a_scope_that_speaks_of_today_moves_with_the_day(database: Database):
    recent = {"where": {"field": "created_at", "op": "within", "value": {"unit": "day", "from": -1, "to": 0}}}
    with database.writing() as conn:
        catalog = filled(conn, grant("a", "account", SALES, {"view": recent}))
        ann = actor(conn, "ann")

        for days, count in ((0, 5), (1, 5), (2, 0), (0, 5)):
            access = access_for(catalog, ann, now=WHEN + timedelta(days=days))
            assert len(seen(conn, access.entity("account").select(), "id")) == count


@pytest.mark.parametrize(
    ("deleted", "expected"),
    [(False, ["anns"]), (True, ["gone"]), (None, ["anns", "gone"])],
)
def test_the_bin_is_read_only_when_asked_for(database: Database, deleted: bool | None, expected: list[str]):
    with database.writing() as conn:
        catalog = filled(conn, grant("a", "account", SALES, {"view": "own"}))
        secured = access_for(catalog, actor(conn, "ann")).entity("account").select(deleted=deleted)

        assert [name for (name,) in seen(conn, secured, "name")] == expected


def test_rows_and_columns_are_never_united_apart(database: Database):
    with database.writing() as conn:
        catalog = filled(
            conn,
            grant("mine", "account", SALES, {"view": "own"}, {"name": "view", "phone": "view"}),
            grant("theirs", "account", SALES, {"view": "department"}, {"name": "view", "credit": "view"}),
        )
        secured = access_for(catalog, actor(conn, "ann")).entity("account").select()

        rows = seen(conn, secured, "name", "phone", "credit")

        assert [(name, phone, credit and int(credit)) for name, phone, credit in rows] == [
            ("anns", "1", 1),
            ("bobs", None, 2),
        ]
        assert secured.shown("name") is None
        assert secured.shown("credit") is not None, "her own row might be of another department"
        shown = conn.execute(sa.select(secured.shown("phone")).order_by(secured.column("id"))).scalars()
        assert [bool(value) for value in shown] == [True, False]


def test_a_hidden_cell_cannot_be_found_sorted_or_counted(database: Database):
    with database.writing() as conn:
        catalog = filled(
            conn,
            grant("mine", "account", SALES, {"view": "own"}),
            grant("theirs", "account", SALES, {"view": "all"}, {"name": "view"}),
        )
        access = access_for(catalog, actor(conn, "ann"))
        secured = access.entity("account").select()
        condition = parse({"field": "phone", "op": "is_not_empty"}, secured.entity, catalog)

        found_rows = sa.select(secured.column("name")).where(clause(condition, secured, access.env))
        assert list(conn.scalars(found_rows)) == ["anns"]
        in_order = conn.scalars(sa.select(secured.column("name")).order_by(secured.column("phone").desc()))
        assert sorted(in_order) == ["anns", "bobs", "fays", "leads", "nobodys"]
        assert conn.scalar(sa.select(sa.func.count(secured.column("phone")))) == 1
        assert int(conn.scalar(sa.select(sa.func.sum(secured.column("credit"))))) == 1


def test_what_a_relation_points_at_is_seen_only_in_scope(database: Database):
    with database.writing() as conn:
        catalog = filled(
            conn,
            grant("a", "account", SALES, {"view": "own"}, {"*": "view", "phone": "none"}),
            grant("d", "deal", SALES, {"view": "all"}),
        )
        rows = [{"name": f"deal {n}", "account": n, "owner": "fay"} for n in (1, 2)]
        insert(conn, catalog, "deal", [*rows, {"name": "deal 0", "owner": "fay"}])
        access = access_for(catalog, actor(conn, "ann"))
        deal = access.entity("deal").select()
        account = deal.related("account")

        joined = deal.from_.outerjoin(account.from_, account.column("id") == deal.column("account"))
        labels = sa.select(deal.column("account"), account.column("name")).select_from(joined)
        assert conn.execute(labels.order_by(deal.column("id"))).all() == [(1, "anns"), (2, None), (None, None)]
        with pytest.raises(UnknownField):
            account.column("phone")
        for path, value, expected in (("account.name", "bobs", []), ("account.name", "anns", ["deal 1"])):
            condition = parse({"field": path, "value": value}, deal.entity, catalog)
            chosen = sa.select(deal.column("name")).where(clause(condition, deal, access.env))
            assert list(conn.scalars(chosen)) == expected
        hidden = parse({"field": "account.phone", "value": "1"}, deal.entity, catalog)
        with pytest.raises(UnknownField):
            clause(hidden, deal, access.env)


def test_children_are_counted_only_in_scope(database: Database):
    with database.writing() as conn:
        catalog = filled(
            conn, grant("a", "account", SALES, {"view": "all"}), grant("d", "deal", SALES, {"view": "own"})
        )
        insert(
            conn,
            catalog,
            "deal",
            [{"name": who, "account": n, "owner": who} for n, who in ((1, "fay"), (2, "ann"))],
        )
        access = access_for(catalog, actor(conn, "ann"))
        account = access.entity("account").select()
        condition = parse({"some": "deal.account"}, account.entity, catalog)

        chosen = sa.select(account.column("name")).where(clause(condition, account, access.env))

        assert list(conn.scalars(chosen)) == ["bobs"]
        with pytest.raises(UnknownField):
            account.children("deal", "note_of_nothing")


def test_lines_are_seen_and_changed_through_their_parents(database: Database):
    with database.writing() as conn:
        catalog = filled(
            conn,
            grant("mine", "deal", SALES, {"view": "own", "edit": "own"}),
            grant("all", "deal", SALES, {"view": "all"}, {"*": "view", "lines.cost": "none"}),
            grant("bare", "deal", {"role": "finance"}, {"view": "all"}, {"name": "view"}),
        )
        insert(conn, catalog, "deal", [{"name": who, "owner": who} for who in ("ann", "fay")])
        insert(conn, catalog, "line", [{"deal": n, "name": f"line {n}", "cost": n, "price": n} for n in (1, 2)])
        access = access_for(catalog, actor(conn, "ann")).entity("line")

        rows = seen(conn, access.select(), "name", "cost")
        assert [(name, cost and int(cost)) for name, cost in rows] == [("line 1", 1), ("line 2", None)]
        table = access.table
        changed = conn.execute(table.update().where(access.scope("edit", ["price"])).values(price=9))
        assert changed.rowcount == 1
        with pytest.raises(NotFound):
            access_for(catalog, actor(conn, "fay")).entity("line")


def test_a_scope_may_follow_a_relation_to_records_the_actor_does_not_see(database: Database):
    through = {"where": {"field": "account.owner", "op": "is_me"}}
    with database.writing() as conn:
        catalog = filled(conn, grant("d", "deal", SALES, {"view": ["own", through], "edit": through}))
        rows = [{"name": who, "account": n, "owner": "fay"} for n, who in ((1, "at ann's"), (2, "at bob's"))]
        insert(conn, catalog, "deal", [*rows, {"name": "ann's own", "owner": "ann"}])
        insert(conn, catalog, "line", [{"deal": n, "name": f"line {n}"} for n in (1, 2, 3)])
        access = access_for(catalog, actor(conn, "ann"))
        deal, line = access.entity("deal"), access.entity("line")

        assert seen(conn, deal.select(), "name") == [("at ann's",), ("ann's own",)]
        assert seen(conn, line.select(), "name") == [("line 1",), ("line 3",)]
        with pytest.raises(UnknownField):
            deal.select().related("account")
        for rights in (deal, line):
            changed = rights.table.update().where(rights.scope("edit", ["name"])).values(name="new")
            assert conn.execute(changed).rowcount == 1
