from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from formloom.metadata.database import Database
from formloom.metadata.errors import InvalidInput, NotFound
from formloom.rbac import accounts, sessions, tokens
from formloom.rbac.actor import TokenLimit
from formloom.rbac.tables import sessions as session_table
from formloom.rbac.tables import tokens as token_table
from formloom.rbac.tokens import NewToken
from tests.rbac.people import catalog_of, found

CATALOG = catalog_of()
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def test_a_session_is_found_by_one_statement_and_stored_only_as_a_hash(database: Database, counted):
    with database.writing() as conn:
        ann = found(conn)["ann"]
        secret = sessions.start(conn, ann, user_agent="Browser", address="127.0.0.1")
        sessions.load(conn, secret)

        with counted(conn) as statements:
            loaded = sessions.load(conn, secret)

        assert len(statements) == 1
        assert loaded is not None
        assert loaded.actor.login == "ann"
        assert loaded.catalog_version == 0
        assert loaded.csrf and loaded.csrf != secret
        rows = conn.execute(sa.select(session_table)).all()
        assert secret not in str(rows)
        assert sessions.load(conn, loaded.key) is None, "the stored hash opens nothing"


@pytest.mark.parametrize("secret", ["", "x", "x" * 8_000, "ä", "\ud800"])
def test_a_made_up_session_is_nobody(database: Database, secret: str):
    with database.reading() as conn:
        assert sessions.load(conn, secret) is None


@pytest.mark.parametrize(
    ("later", "alive"),
    [
        (timedelta(minutes=1), True),
        (sessions.IDLE - timedelta(seconds=1), True),
        (sessions.IDLE, False),
    ],
)
def test_an_idle_session_ends(database: Database, later: timedelta, alive: bool):
    with database.writing() as conn:
        ann = found(conn)["ann"]
        secret = sessions.start(conn, ann, now=NOW)

        assert (sessions.load(conn, secret, now=NOW + later) is not None) is alive


def test_a_session_in_use_lives_until_its_absolute_end(database: Database):
    with database.writing() as conn:
        ann = found(conn)["ann"]
        secret = sessions.start(conn, ann, now=NOW)
        other = sessions.start(conn, ann, now=NOW)
    moment = NOW
    while moment < NOW + sessions.LIFETIME - timedelta(hours=2):
        moment += timedelta(hours=2)
        with database.reading() as conn:
            loaded = sessions.load(conn, secret, now=moment)
        assert loaded is not None and loaded.touch_due
        sessions.touch(database, loaded.key, now=moment)
    with database.writing() as conn:
        assert sessions.load(conn, secret, now=NOW + sessions.LIFETIME) is None
        assert sessions.load(conn, other, now=moment) is None
        sessions.sweep(conn, now=NOW + sessions.LIFETIME)
        assert conn.scalar(sa.select(sa.func.count()).select_from(session_table)) == 0


def sign_out(conn, ann, secret):
    sessions.revoke(conn, secret)


def change_password(conn, ann, secret):
    accounts.set_password(conn, ann, "another password")


def disable(conn, ann, secret):
    accounts.disable(conn, ann, CATALOG)


def end_all(conn, ann, secret):
    sessions.revoke_all(conn, ann)


@pytest.mark.parametrize("end", [sign_out, change_password, disable, end_all])
def test_a_session_is_worth_nothing_after(database: Database, end):
    with database.writing() as conn:
        people = found(conn)
        secret = sessions.start(conn, people["ann"])
        others = sessions.start(conn, people["bob"])
        assert sessions.load(conn, secret) is not None

        end(conn, people["ann"], secret)

        assert sessions.load(conn, secret) is None
        assert sessions.load(conn, others) is not None


def test_ending_all_other_sessions_keeps_this_one(database: Database):
    with database.writing() as conn:
        ann = found(conn)["ann"]
        here, there = sessions.start(conn, ann), sessions.start(conn, ann)

        sessions.revoke_all(conn, ann, but=here)

        assert sessions.load(conn, here) is not None
        assert sessions.load(conn, there) is None


def test_new_roles_count_at_the_next_request(database: Database):
    with database.writing() as conn:
        ann = found(conn)["ann"]
        secret = sessions.start(conn, ann)
        assert sessions.load(conn, secret).actor.roles == ("sales",)

        accounts.set_roles(conn, ann, ["finance"], CATALOG)

        assert sessions.load(conn, secret).actor.roles == ("finance",)


def test_a_token_is_its_owner_within_its_limit(database: Database):
    with database.writing() as conn:
        ann = found(conn)["ann"]
        _, plain = tokens.create(conn, ann, NewToken("all"), CATALOG)
        _, limited = tokens.create(conn, ann, NewToken("some", {"read_only": True, "entities": []}), CATALOG)

        assert plain.startswith("fl_")
        assert tokens.load(conn, plain).actor.limit is None
        assert tokens.load(conn, limited).actor.limit == TokenLimit(True, frozenset())
        assert plain not in str(conn.execute(sa.select(token_table)).all())


def test_a_token_ends_with_its_time_its_revocation_or_its_owner(database: Database):
    with database.writing() as conn:
        people = found(conn)
        end = NOW + timedelta(days=1)
        expiring = tokens.create(conn, people["ann"], NewToken("a", expires_at=end), CATALOG, now=NOW)
        revoked = tokens.create(conn, people["ann"], NewToken("b"), CATALOG)
        orphan = tokens.create(conn, people["bob"], NewToken("c"), CATALOG)

        assert tokens.load(conn, expiring[1], now=end - timedelta(seconds=1)) is not None
        assert tokens.load(conn, expiring[1], now=end) is None
        with pytest.raises(NotFound):
            tokens.revoke(conn, revoked[0], owner=people["bob"])
        tokens.revoke(conn, revoked[0], owner=people["ann"])
        assert tokens.load(conn, revoked[1]) is None
        with pytest.raises(NotFound):
            tokens.revoke(conn, revoked[0])
        accounts.disable(conn, people["bob"], CATALOG)
        assert tokens.load(conn, orphan[1]) is None
        for rubbish in ("", "fl_", "fl_x", orphan[1][3:], "x" * 10_000):
            assert tokens.load(conn, rubbish) is None


@pytest.mark.parametrize(
    "new",
    [
        NewToken(" "),
        NewToken("x" * 81),
        NewToken("x", {"entities": ["nothing"]}),
        NewToken("x", {"entities": "account"}),
        NewToken("x", {"read_only": 1}),
        NewToken("x", {"more": True}),
        NewToken("x", expires_at=NOW),
    ],
)
def test_a_token_that_means_nothing_is_refused(database: Database, new: NewToken):
    with database.writing() as conn:
        ann = found(conn)["ann"]

        with pytest.raises(InvalidInput):
            tokens.create(conn, ann, new, CATALOG, now=NOW)


def test_using_a_token_is_noted_once_in_a_while(database: Database):
    with database.writing() as conn:
        ann = found(conn)["ann"]
        _, secret = tokens.create(conn, ann, NewToken("a"), CATALOG)
        loaded = tokens.load(conn, secret, now=NOW)
    assert loaded.touch_due
    tokens.touch(database, loaded.key, now=NOW)
    with database.reading() as conn:
        assert not tokens.load(conn, secret, now=NOW + timedelta(minutes=1)).touch_due
