from datetime import timedelta

import pytest
import sqlalchemy as sa

from formloom.metadata.catalog import Catalog
from formloom.metadata.conditions import clause, parse
from formloom.metadata.database import Database
from formloom.metadata.errors import AccessDenied, NotFound, UnknownField
from formloom.rbac.access import Access, access_for
from formloom.rbac.actor import Actor, TokenLimit
from tests.rbac.people import actor, found
from tests.rbac.shop import WHEN, build_tables, grant, insert, seen, shop

ANN = Actor(3, "ann", "Ann", roles=("sales",), department=3, department_path=("hq", "sales", "east"))
SALES = {"role": "sales"}
SYSTEM = {"id", "rev", "owner", "owner_department", "created_at", "created_by", "updated_at", "updated_by"}


def test_nothing_is_allowed_without_a_grant():
    access = access_for(shop(), ANN)

    assert access.entities() == ()
    assert not access.may("account", "view")
    for key in ("account", "line", "nothing"):
        with pytest.raises(NotFound) as error:
            access.entity(key)
        assert (error.value.code, error.value.data) == ("not_found", {})


def test_the_unchecked_door_needs_a_reason_and_then_shows_everything():
    catalog = shop()

    with pytest.raises(ValueError):
        Access.system(catalog, " ")
    access = Access.system(catalog, "a test")

    assert access.entities() == ("account", "deal", "line")
    assert access.entity("account").readable == {"name", "city", "phone", "credit", "chain", "deals"} | SYSTEM
    assert access.entity("account").writable == {"name", "city", "phone", "credit", "chain"} | {
        "owner",
        "owner_department",
    }
    assert str(access.entity("account").scope("edit", ["name", "owner"])) == "true"


def test_field_rights_follow_level_flags_and_operations():
    operations = {"view": "all", "edit": "own", "create": "own"}
    fields = {"*": "edit", "account": "view", "name": "none"}
    access = access_for(shop(grant("d", "deal", SALES, operations, fields)), ANN).entity("deal")

    assert access.readable == {"account", "lines", "cost", "count", "note"} | SYSTEM
    assert access.writable == {"lines"}
    assert access.creatable == {"lines"}
    assert access.may("edit") and not access.may("delete")
    with pytest.raises(AccessDenied):
        access.require("delete")


def test_a_field_nobody_names_is_shown_only_by_all_fields():
    named = access_for(shop(grant("a", "account", SALES, {"view": "all"}, {"name": "view"})), ANN)
    every = access_for(shop(grant("a", "account", SALES, {"view": "all"}, {"*": "view"})), ANN)

    assert named.entity("account").readable == {"name"} | SYSTEM
    assert every.entity("account").readable >= {"name", "city", "phone"}


def test_submitting_needs_no_right_to_view():
    access = access_for(shop(grant("d", "deal", SALES, {"create": "all"})), ANN)
    deal, line = access.entity("deal"), access.entity("line")

    assert access.entities() == ()
    assert deal.creatable == {"name", "account", "lines"}
    assert line.creatable == {"name", "price", "cost"}
    assert not line.may("create"), "lines are entered with their parent only"
    for entity in (deal, line):
        with pytest.raises(NotFound):
            entity.select()
    assert deal.field("name").key == "name"
    with pytest.raises(UnknownField):
        deal.field("note")


def test_the_owner_is_changed_only_by_right_of_assign():
    catalog = shop(grant("d", "deal", SALES, {"view": "all", "edit": "all", "assign": "own"}))
    access = access_for(catalog, ANN).entity("deal")

    assert {"owner", "owner_department"} <= access.writable
    assert "r_deal.owner = " in str(access.scope("edit", ["owner", "name"]))
    assert str(access.scope("edit", ["name"])) == "true"


def test_hidden_and_unknown_fields_are_refused_alike():
    catalog = shop(grant("a", "account", SALES, {"view": "all"}, {"*": "view", "phone": "none"}))
    access = access_for(catalog, ANN).entity("account")
    secured = access.select()

    for ask in (access.field, secured.column, secured.shown, secured.related):
        for name in ("phone", "nothing", "_shown_1", "deleted_at", "name; DROP TABLE"):
            with pytest.raises(UnknownField) as error:
                ask(name)
            assert (error.value.code, error.value.status, error.value.data) == (
                "unknown_field",
                422,
                {"name": name},
            )


def test_a_hidden_field_is_in_no_sql():
    catalog = shop(grant("a", "account", SALES, {"view": "own"}, {"*": "view", "phone": "none"}))

    secured = access_for(catalog, ANN).entity("account").select()
    for key in secured.access.readable & set(secured.access.table.c.keys()):
        secured.column(key)

    assert "phone" not in str(secured.from_.element)


def test_a_derived_field_is_hidden_with_any_of_its_inputs():
    lines = {"*": "view", "lines.cost": "none"}
    hidden = access_for(shop(grant("d", "deal", SALES, {"view": "own"}, lines)), ANN).entity("deal")
    shown = access_for(shop(grant("d", "deal", SALES, {"view": "own"})), ANN).entity("deal")

    assert "cost" not in hidden.readable and "count" in hidden.readable
    assert {"cost", "count"} <= shown.readable


@pytest.mark.parametrize(("rows", "is_shown"), [("own", False), ("all", True), (None, False)])
def test_a_rollup_over_other_records_is_shown_to_who_sees_all_of_them(rows: str | None, is_shown: bool):
    grants = [grant("a", "account", SALES, {"view": "own"})]
    if rows:
        grants.append(grant("d", "deal", SALES, {"view": rows}))

    assert ("deals" in access_for(shop(*grants), ANN).entity("account").readable) is is_shown


def test_lines_follow_the_rights_on_their_parent():
    fields = {"*": "edit", "lines.cost": "none", "lines.price": "view"}
    operations = {"view": "all", "edit": "own", "create": "own"}
    access = access_for(shop(grant("d", "deal", SALES, operations, fields)), ANN).entity("line")

    assert access.readable == {"deal", "name", "price", "position"} | SYSTEM
    assert access.writable == {"name"}
    assert str(access.scope("view")) == "true"
    assert "r_line.deal IN (SELECT" in str(access.scope("edit", ["name"]))


def test_lines_of_a_hidden_table_are_nowhere():
    access = access_for(shop(grant("d", "deal", SALES, {"view": "all"}, {"*": "view", "lines": "none"})), ANN)

    assert access.entities() == ("deal",)
    with pytest.raises(NotFound):
        access.entity("line")
    assert "count" not in access.entity("deal").readable


@pytest.mark.parametrize(
    ("limit", "viewable", "writable"),
    [
        (TokenLimit(), ("account", "deal", "line"), {"account", "deal", "line"}),
        (TokenLimit(read_only=True), ("account", "deal", "line"), set()),
        (TokenLimit(entities=frozenset({"deal"})), ("deal", "line"), {"deal", "line"}),
        (TokenLimit(read_only=True, entities=frozenset({"account"})), ("account",), set()),
        (TokenLimit(entities=frozenset()), (), set()),
    ],
)
@pytest.mark.parametrize("role", ["sales", "admin", "chief"])
def test_a_token_narrows_what_its_owner_may(role: str, limit: TokenLimit, viewable: tuple, writable: set):
    operations = {"view": "all", "edit": "all", "delete": "all", "export": "all"}
    catalog = shop(grant("a", "account", SALES, operations), grant("d", "deal", SALES, operations))
    access = access_for(catalog, Actor(3, "ann", "Ann", roles=(role,), limit=limit))

    assert access.entities() == viewable
    assert {key for key in viewable if access.entity(key).writable} == writable
    assert {key for key in viewable if access.may(key, "delete")} == writable
    assert all(access.may(key, "export") for key in viewable)
    assert not access.administrator


def test_a_token_for_some_entities_does_not_reach_others_through_relations():
    catalog = shop(grant("a", "account", SALES, {"view": "all"}), grant("d", "deal", SALES, {"view": "all"}))
    limited = Actor(3, "ann", "Ann", roles=("sales",), limit=TokenLimit(entities=frozenset({"deal"})))

    assert access_for(catalog, ANN).entity("deal").select().related("account").column("name") is not None
    with pytest.raises(UnknownField):
        access_for(catalog, limited).entity("deal").select().related("account")


def test_administrators_are_those_with_the_role_itself_or_one_that_includes_it():
    for roles, expected in ((("admin",), True), (("chief",), True), (("lead", "sales"), False)):
        access = access_for(shop(), Actor(3, "ann", "Ann", roles=roles))
        assert access.administrator is expected
        assert access.may("account", "design") is expected


@pytest.mark.parametrize(
    "scope",
    [
        "everybody",
        7,
        {},
        {"where": {}},
        {"where": {"all": []}},
        {"where": {"any": []}},
        {"where": {"not": {"any": []}}},
        {"where": {"field": "city", "op": "in", "value": []}},
        {"where": {"not": {"field": "city", "op": "in", "value": []}}},
        {"where": {"field": "city", "op": "not_in", "value": []}},
        {"where": {"field": "gone", "op": "eq", "value": "x"}},
        {"where": {"field": "city", "op": "resembles", "value": "x"}},
        {"where": {"some": "deal.account", "where": {"all": []}}},
        {"where": {"field": "city", "value": "x"}, "more": 1},
    ],
)
def test_a_scope_that_means_nothing_denies(scope):
    catalog = shop(
        grant("a", "account", SALES, {"view": scope}),
        grant("b", "account", {"role": "finance"}, {"view": [scope, "own"]}),
    )

    assert access_for(catalog, ANN).entities() == ()
    fay = Actor(5, "fay", "Fay", roles=("finance",))
    assert "WHERE r_account.owner = " in str(sa.select(access_for(catalog, fay).entity("account").select().from_))


def test_equal_actors_share_what_was_compiled_and_others_do_not():
    catalog = shop(grant("a", "account", SALES, {"view": "own"}))
    again = Actor(3, "ann", "Ann", roles=("sales",), department=3, department_path=("hq", "sales", "east"))

    assert access_for(catalog, ANN).decisions is access_for(catalog, again).decisions
    assert access_for(catalog, ANN).decisions is not access_for(catalog, Actor(3, "ann", "Ann")).decisions
    assert access_for(shop(), ANN).entities() == ()


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


@pytest.mark.parametrize(
    ("login", "scope", "expected"),
    [
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
    ],
)
def test_a_scope_holds_the_rows_it_says(database: Database, login: str, scope, expected: str):
    with database.writing() as conn:
        catalog = filled(conn, grant("a", "account", {"everyone": True}, {"view": scope, "edit": scope}))
        access = access_for(catalog, actor(conn, login)).entity("account")

        assert [name for (name,) in seen(conn, access.select(), "name")] == expected.split()
        table = access.table
        changed = conn.execute(table.update().where(access.scope("edit", ["name"])).values(name="new"))
        assert changed.rowcount == len(expected.split()) + (1 if "anns" in expected.split() else 0)


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
