import threading

import pytest

from formloom.metadata.database import Database
from formloom.metadata.errors import Conflict, InvalidInput, NotFound, UnknownField
from formloom.rbac import accounts, sessions
from formloom.rbac.accounts import NewUser
from formloom.rbac.failures import ReauthenticationRequired
from formloom.rbac.logins import canonical
from formloom.rbac.tables import policy_version
from tests.rbac.people import actor, catalog_of, found

CATALOG = catalog_of()


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Li.Lei", "li.lei"),
        ("  li.lei ", "li.lei"),
        ("ｌｉ．ｌｅｉ", "li.lei"),
        ("li\u200b.l\u200dei\ufeff", "li.lei"),
        ("STRASSE", "strasse"),
        ("straße", "strasse"),
        ("lí.lei", "lí.lei"),
        ("li\x00lei\ud800", "li\ufffdlei\ufffd"),
        ("李雷", "李雷"),
    ],
)
def test_a_login_has_one_canonical_form(typed: str, stored: str):
    assert canonical(typed) == stored
    assert canonical(canonical(typed)) == stored


@pytest.mark.parametrize("login", ["ANN", " ann", "ann\u200b", "ａｎｎ"])
def test_a_look_alike_of_a_login_is_taken(database: Database, login: str):
    with database.writing() as conn:
        found(conn)

        with pytest.raises(Conflict) as error:
            accounts.create(conn, NewUser(login=login, name="Ann"), CATALOG)

    assert error.value.code == "login_taken"


@pytest.mark.parametrize(
    ("case", "field", "code"),
    [
        ({"login": " \u200b"}, "login", "required"),
        ({"login": "a b"}, "login", "login_characters"),
        ({"login": "a\x00b"}, "login", "login_characters"),
        ({"login": "x" * 65}, "login", "too_long"),
        ({"name": "  "}, "name", "required"),
        ({"name": "x" * 121}, "name", "too_long"),
        ({"name": "a\x00b"}, "name", "bad_character"),
        ({"phone": "\ud800"}, "phone", "bad_character"),
        ({"roles": ("nobody",)}, "roles", "unknown_option"),
        ({"department": "nowhere"}, "department", "not_a_reference"),
        ({"superior": "nobody"}, "superior", "not_a_reference"),
        ({"password": "short"}, "password", "password_too_short"),
        ({"password": "长" * 400}, "password", "password_too_long"),
        ({"zone": "Mars/Base"}, "zone", "unknown_option"),
        ({"lang": "xx"}, "lang", "unknown_option"),
        ({"kind": "robot"}, "kind", "unknown_option"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_made(database: Database, case: dict, field: str, code: str):
    with database.writing() as conn:
        before = policy_version(conn)

        with pytest.raises(InvalidInput) as error:
            accounts.create(conn, NewUser(**{"login": "new", "name": "New", **case}), CATALOG)

        assert [(e.field, e.code) for e in error.value.fields] == [(field, code)]
        assert policy_version(conn) == before
        assert all(e.message(lang) for e in error.value.fields for lang in ("zh", "en"))


def test_every_change_of_an_account_moves_the_policy_version(database: Database):
    with database.writing() as conn:
        people = found(conn)
        changes = (
            lambda: accounts.update(conn, people["ann"], {"superior_id": people["fay"]}, CATALOG),
            lambda: accounts.set_roles(conn, people["ann"], ["finance"], CATALOG),
            lambda: accounts.disable(conn, people["ann"], CATALOG),
            lambda: accounts.create(conn, NewUser(login="new", name="New"), CATALOG),
        )
        for change in changes:
            before = policy_version(conn)
            change()
            assert policy_version(conn) != before


def test_an_account_cannot_be_given_columns_or_references_it_does_not_have(database: Database):
    with database.writing() as conn:
        ann = found(conn)["ann"]

        with pytest.raises(UnknownField):
            accounts.update(conn, ann, {"password_hash": "x"}, CATALOG)
        with pytest.raises(InvalidInput):
            accounts.update(conn, ann, {"superior_id": ann}, CATALOG)
        with pytest.raises(InvalidInput):
            accounts.update(conn, ann, {"department_id": 999}, CATALOG)
        with pytest.raises(NotFound):
            accounts.update(conn, 999, {"name": "X"}, CATALOG)
        with pytest.raises(NotFound):
            accounts.find(conn, "nobody")


def remove_by_disabling(conn, user):
    accounts.disable(conn, user, CATALOG)


def remove_by_role(conn, user):
    accounts.set_roles(conn, user, ["sales"], CATALOG)


def remove_by_kind(conn, user):
    accounts.update(conn, user, {"kind": "queue"}, CATALOG)


@pytest.mark.parametrize("remove", [remove_by_disabling, remove_by_role, remove_by_kind])
def test_the_last_administrator_stays(database: Database, remove):
    with database.writing() as conn:
        people = found(conn)

    with pytest.raises(Conflict) as error, database.writing() as conn:
        remove(conn, people["root"])

    assert error.value.code == "last_admin"
    with database.writing() as conn:
        assert accounts.administrators(conn, CATALOG) == 1
        accounts.set_roles(conn, people["zoe"], ["chief"], CATALOG)
        remove(conn, people["root"])
        assert accounts.administrators(conn, CATALOG) == 1


def test_two_administrators_cannot_remove_each_other_at_once(database: Database):
    with database.writing() as conn:
        people = found(conn)
        accounts.set_roles(conn, people["zoe"], ["admin"], CATALOG)
    refused = []

    def remove(user: int) -> None:
        try:
            with database.writing() as conn:
                accounts.disable(conn, user, CATALOG)
        except Conflict as error:
            refused.append(error.code)

    threads = [threading.Thread(target=remove, args=(people[name],)) for name in ("root", "zoe")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert refused == ["last_admin"]


def test_changing_ones_own_password_needs_the_current_one_and_ends_all_sessions(database: Database):
    with database.writing() as conn:
        ann = found(conn)["ann"]
        accounts.set_password(conn, ann, "first password")
        secret = sessions.start(conn, ann)

        with pytest.raises(ReauthenticationRequired):
            accounts.change_own_password(conn, ann, "wrong", "second password")
        assert sessions.load(conn, secret) is not None
        accounts.change_own_password(conn, ann, "first password", "second password")

        assert sessions.load(conn, secret) is None
        accounts.require_password(conn, ann, "second password")


def test_a_new_own_address_needs_the_current_password(database: Database):
    with database.writing() as conn:
        ann = found(conn)["ann"]
        accounts.set_password(conn, ann, "first password")

        with pytest.raises(ReauthenticationRequired):
            accounts.change_own_settings(conn, ann, {"email": "a@b.example"}, CATALOG)
        with pytest.raises(UnknownField):
            accounts.change_own_settings(conn, ann, {"is_active": True}, CATALOG)
        accounts.change_own_settings(conn, ann, {"lang": "en", "theme": "dark"}, CATALOG)
        accounts.change_own_settings(conn, ann, {"email": "a@b.example"}, CATALOG, current="first password")

        assert actor(conn, "ann").lang == "en"
