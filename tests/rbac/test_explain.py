import json
from itertools import product

import pytest

from formloom.metadata.database import Database
from formloom.metadata.errors import NotFound, UnknownField
from formloom.rbac import accounts
from formloom.rbac.explain import Explanation, Verdict, explain
from tests.rbac.people import catalog_of, found
from tests.rbac.shop import build_tables, grant, insert, shop

SALES = {"role": "sales"}
CATALOG = shop(
    grant("own", "account", SALES, {"view": "own", "edit": "own", "create": True}, {"*": "edit", "phone": "view"}),
    grant("names", "account", {"department": "sales", "below": True}, {"view": "department"}, {"name": "view"}),
    grant("deals", "deal", SALES, {"view": "own", "edit": "own"}, {"*": "edit", "lines.cost": "none"}),
    grant("broken", "deal", {"everyone": True}, {"view": {"where": {"field": "gone", "value": 1}}}),
)


@pytest.fixture
def conn(database: Database):
    """Accounts of Ann (1), Bob (2) and Fay (3); a deal of Ann's with a line."""
    with database.writing() as conn:
        found(conn)
        build_tables(conn, CATALOG)
        owners = (("ann", "east"), ("bob", "east"), ("fay", "finance"))
        rows = [{"name": who, "owner": who, "owner_department": unit} for who, unit in owners]
        insert(conn, CATALOG, "account", rows)
        insert(conn, CATALOG, "deal", [{"name": "deal", "owner": "ann"}])
        insert(conn, CATALOG, "line", [{"name": "line", "deal": 1}])
        yield conn


def verdict(explanation: Explanation, name: str) -> Verdict:
    return next(v for v in explanation.verdicts if v.name == name)


def test_each_operation_names_the_grants_that_allow_it_and_through_whom(conn):
    explained = explain(conn, CATALOG, "lead", "account")

    view = verdict(explained, "view")
    assert [(g.grant, g.subject) for g in view.grounds] == [
        ("names", "department_below:sales"),
        ("own", "role:sales"),
    ]
    assert verdict(explained, "create").allowed
    assert (verdict(explained, "delete").allowed, verdict(explained, "delete").reason) == (False, "not_in_grants")
    assert explained.subjects[0] == "user:lead" and "role:sales" in explained.subjects


FIELDS = [
    ("ann", "name", "edit", None),
    ("ann", "phone", "view", None),
    ("ann", "phone", "edit", "field_not_in_grants"),
    ("ann", "deals", "view", "input_hidden"),
    ("ann", "deals", "edit", "never_written"),
    ("ann", "created_at", "edit", "never_written"),
    ("ann", "owner", "edit", "needs_assign"),
    ("fay", "name", "view", "no_grant"),
    ("root", "owner", "edit", None),
    ("root", "deals", "view", None),
]


def test_each_field_says_why(conn):
    for login, field, action, reason in FIELDS:
        told = verdict(explain(conn, CATALOG, login, "account", field=field), f"{field}:{action}")

        assert (told.reason, bool(told.grounds)) == (reason, reason is None), (login, field, action)


def test_a_hidden_derived_field_names_what_it_is_computed_from(conn):
    explained = explain(conn, CATALOG, "ann", "deal", field="cost")

    assert verdict(explained, "cost:view").data == {"inputs": "line.cost"}
    assert "line.cost" in "\n".join(explained.lines("en"))


@pytest.mark.parametrize(
    ("record", "holding", "allowed"),
    [(1, [True, True], True), (2, [True, False], True), (3, [False, False], False)],
)
def test_a_record_says_which_grants_hold_it(conn, record: int, holding: list, allowed: bool):
    view = verdict(explain(conn, CATALOG, "ann", "account", record=record), "view")

    assert [ground.holds for ground in view.grounds] == holding
    assert view.allowed is allowed
    assert view.reason == (None if allowed else "out_of_scope")


def test_lines_are_explained_by_the_grants_on_their_parent(conn):
    view = verdict(explain(conn, CATALOG, "ann", "line", record=1), "view")

    assert [(g.grant, g.holds) for g in view.grounds] == [("deals", True)]
    assert verdict(explain(conn, CATALOG, "bob", "line", record=1), "view").reason == "out_of_scope"


def test_a_scope_that_cannot_be_understood_is_named(conn):
    explained = explain(conn, CATALOG, "ann", "deal")

    assert [grant_key for grant_key, _ in explained.problems] == ["broken"]
    assert "broken" not in {g.grant for v in explained.verdicts for g in v.grounds}


def test_a_disabled_account_may_nothing(conn):
    accounts.disable(conn, accounts.find(conn, "ann"), catalog_of())

    explained = explain(conn, CATALOG, "ann", "account")

    assert {v.reason for v in explained.verdicts} == {"account_disabled"}


@pytest.mark.parametrize(
    ("login", "entity", "more", "error"),
    [
        ("nobody", "account", {}, NotFound),
        ("ann", "nothing", {}, NotFound),
        ("ann", "account", {"field": "nothing"}, UnknownField),
        ("ann", "account", {"record": 99}, NotFound),
    ],
)
def test_what_does_not_exist_is_not_explained(conn, login: str, entity: str, more: dict, error: type):
    with pytest.raises(error):
        explain(conn, CATALOG, login, entity, **more)


def test_everything_is_said_in_both_languages_and_as_data(conn):
    asked = [
        (entity, more) for entity in ("account", "deal", "line") for more in ({}, {"field": "name"}, {"record": 1})
    ]
    for login, lang, (entity, more) in product(("ann", "root", "fay", "zoe"), ("zh", "en"), asked):
        explained = explain(conn, CATALOG, login, entity, **more)
        lines = explained.lines(lang)
        assert len(lines) == 1 + len(explained.verdicts) + len(explained.problems)
        assert json.loads(json.dumps(explained.as_json(lang)))["login"] == login
