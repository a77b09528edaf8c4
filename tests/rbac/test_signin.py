from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from formloom.metadata.database import Database
from formloom.metadata.errors import InvalidInput, Unauthenticated
from formloom.rbac import accounts, passwords, sessions
from formloom.rbac.accounts import NewUser
from formloom.rbac.failures import RateLimited
from formloom.rbac.signin import ALLOWED_FAILURES, WINDOW, Caller, sign_in
from formloom.rbac.tables import login_attempts, users
from tests.rbac.people import catalog_of

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
PASSWORD = "correct horse"
HERE, THERE = Caller("10.0.0.1", "Browser"), Caller("10.0.0.2")


@pytest.fixture
def people(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Three accounts with one password; hashing is made quick, its cost is not what is tested here."""
    monkeypatch.setattr(passwords, "_hasher", passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    catalog = catalog_of()
    with database.writing() as conn:
        for login, kind in (("ann", "normal"), ("bob", "normal"), ("gone", "normal"), ("queue", "queue")):
            accounts.create(conn, NewUser(login=login, name=login, password=PASSWORD, kind=kind), catalog)
        accounts.create(conn, NewUser(login="blank", name="No password"), catalog)
        accounts.disable(conn, accounts.find(conn, "gone"), catalog)
    return database


def fail(database: Database, login: str, caller: Caller, now: datetime = NOW) -> str:
    with pytest.raises((Unauthenticated, RateLimited)) as error:
        sign_in(database, login, "wrong", caller, now=now)
    return error.value.code


@pytest.mark.parametrize("login", ["ann", "ANN ", "ａｎｎ"])
def test_the_right_password_opens_a_session(people: Database, login: str):
    secret = sign_in(people, login, PASSWORD, HERE)

    with people.reading() as conn:
        assert sessions.load(conn, secret).actor.login == "ann"
        assert conn.scalar(sa.select(users.c.last_login_at).where(users.c.login == "ann")) is not None
        assert conn.scalar(sa.select(sa.func.count()).select_from(login_attempts)) == 0


def test_each_session_is_a_new_one(people: Database):
    assert sign_in(people, "ann", PASSWORD, HERE) != sign_in(people, "ann", PASSWORD, HERE)


@pytest.mark.parametrize("login", ["ann", "nobody", "gone", "queue", "blank", "", "x" * 5_000, "án\ud800"])
def test_every_failure_is_answered_alike(people: Database, login: str):
    password = "wrong" if login == "ann" else PASSWORD

    with pytest.raises(Unauthenticated) as error:
        sign_in(people, login, password, HERE)

    assert (error.value.code, error.value.status, error.value.data) == ("bad_login", 401, {})


def test_a_password_that_is_too_long_is_said_to_be(people: Database):
    with pytest.raises(InvalidInput):
        sign_in(people, "ann", "x" * 2_000, HERE)


def test_the_sixth_failure_locks_the_account_for_everybody(people: Database):
    answers = [fail(people, "ann", Caller(f"10.0.1.{n}")) for n in range(ALLOWED_FAILURES + 1)]

    assert answers == ["bad_login"] * ALLOWED_FAILURES + ["rate_limited"]
    with pytest.raises(RateLimited) as error:
        sign_in(people, "ann", PASSWORD, HERE, now=NOW + timedelta(minutes=1))
    assert error.value.status == 429
    assert 0 < error.value.seconds <= WINDOW.total_seconds()
    assert sign_in(people, "bob", PASSWORD, HERE, now=NOW)
    assert sign_in(people, "ann", PASSWORD, HERE, now=NOW + WINDOW)


def test_the_sixth_failure_locks_the_address_for_every_account(people: Database):
    answers = [fail(people, f"nobody{n}", HERE) for n in range(ALLOWED_FAILURES + 1)]

    assert answers == ["bad_login"] * ALLOWED_FAILURES + ["rate_limited"]
    with pytest.raises(RateLimited):
        sign_in(people, "ann", PASSWORD, HERE, now=NOW)
    assert sign_in(people, "ann", PASSWORD, THERE, now=NOW)


def test_five_failures_do_not_lock(people: Database):
    for _ in range(ALLOWED_FAILURES):
        fail(people, "ann", HERE)

    assert sign_in(people, "ann", PASSWORD, HERE, now=NOW)


def test_trying_while_locked_does_not_make_it_longer(people: Database):
    for minute in range(14):
        fail(people, "ann", HERE, NOW + timedelta(minutes=minute))

    assert sign_in(people, "ann", PASSWORD, HERE, now=NOW + WINDOW + timedelta(minutes=6))


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:2", "2001:db8::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_ipv6_network_is_one_place(address: str, place: str):
    assert Caller(address).neighbourhood == place


def test_a_hash_of_other_parameters_is_renewed(people: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(passwords, "_hasher", passwords.PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))

    sign_in(people, "ann", PASSWORD, HERE)

    with people.reading() as conn:
        assert "m=16,t=2" in conn.scalar(sa.select(users.c.password_hash).where(users.c.login == "ann"))
    assert sign_in(people, "ann", PASSWORD, HERE)
