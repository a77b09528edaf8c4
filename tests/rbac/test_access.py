import pytest
import sqlalchemy as sa

from formloom.metadata.catalog import build
from formloom.metadata.errors import AccessDenied, NotFound, UnknownField
from formloom.rbac.access import Access, access_for
from formloom.rbac.actor import Actor, TokenLimit
from tests.rbac.people import catalog_of
from tests.rbac.shop import ENTITIES, grant, shop

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


def test_a_rollup_that_cannot_be_understood_is_shown_to_nobody():
    broken = {
        "key": "odd",
        "type": "rollup",
        "label": "Odd",
        "function": "count",
        "of": "lines",
        "where": {"x": 1},
    }
    deal = {**ENTITIES[1], "fields": [*ENTITIES[1]["fields"], broken]}
    catalog = catalog_of(ENTITIES[0], deal, ENTITIES[2], grant("d", "deal", SALES, {"view": "all"}))

    assert "odd" not in access_for(catalog, ANN).entity("deal").readable


def test_a_published_field_is_shown_without_its_inputs():
    fields = [{**field, "publish": True} if field["key"] == "cost" else field for field in ENTITIES[1]["fields"]]
    rights = grant("d", "deal", SALES, {"view": "all"}, {"*": "view", "lines": "none"})
    catalog = catalog_of(ENTITIES[0], {**ENTITIES[1], "fields": fields}, ENTITIES[2], rights)

    assert {"cost"} == {"cost", "count"} & access_for(catalog, ANN).entity("deal").readable


def test_a_person_is_named_in_a_grant_in_any_spelling():
    assert access_for(shop(grant("d", "deal", {"user": " ＡＮＮ"}, {"view": "own"})), ANN).may("deal", "view")


def test_who_administers_does_so_before_there_is_any_entity():
    role = {"kind": "role", "key": "admin", "label": "Admin", "administrator": True}
    catalog = build([role, {"kind": "role", "key": "rep", "label": "Rep"}])
    boss, rep = (Actor(id=n, login=key, name=key, roles=(key,)) for n, key in enumerate(("admin", "rep"), 1))

    assert access_for(catalog, boss).administrator
    assert not access_for(catalog, rep).administrator
