"""Signing in and out: who gets a session, where he goes, and that what ended stays ended."""

import re

import pytest
import sqlalchemy as sa

from formloom.rbac import accounts
from formloom.rbac.tables import users
from tests.runtime.world import PASSWORD, Visitor, site_of

COOKIE = "formloom_session"


def open_form(visitor: Visitor, following: str = "") -> str:
    """The sign-in form's token."""
    answer = visitor.get("/login" + (f"?next={following}" if following else ""))
    assert answer.status_code == 200
    found = re.search(r'name="_csrf" value="([^"]+)"', answer.text)
    assert found
    visitor.csrf = found[1]
    return found[1]


def sign_in(visitor: Visitor, login: str, password: str = PASSWORD, **more: str):
    open_form(visitor)
    return visitor.post("/login", {"login": login, "password": password, **more})


def test_the_right_password_opens_a_session(visitor: Visitor):
    answer = sign_in(visitor, "sally", next="/e/company")

    cookie = answer.headers["set-cookie"]
    assert (answer.status_code, answer.headers["location"]) == (303, "/e/company")
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Secure" not in cookie
    assert visitor.get("/api/v1/me").json()["login"] == "sally"


@pytest.mark.parametrize("login", ["sally ", "SALLY", "ｓａｌｌｙ", "sal\u200bly"])
def test_spellings_of_a_login_are_one_account(visitor: Visitor, login: str):
    assert sign_in(visitor, login).status_code == 303


@pytest.mark.parametrize(
    ("login", "password"),
    [("sally", "wrong"), ("nobody", PASSWORD), ("", ""), ("sälly", PASSWORD), ("sally", PASSWORD + "\0")],
)
def test_every_wrong_sign_in_gets_the_same_answer(visitor: Visitor, login: str, password: str):
    answer = sign_in(visitor, login, password)

    assert answer.status_code == 401
    assert COOKIE not in answer.headers.get("set-cookie", "")
    assert "账号或密码不正确" in answer.text


def test_a_password_that_is_too_long_is_refused(visitor: Visitor):
    assert sign_in(visitor, "sally", "x" * 1_000_000).status_code == 422


def test_after_many_failures_the_right_password_must_wait_too(visitor: Visitor):
    statuses = [sign_in(visitor, "sally", "wrong").status_code for _ in range(6)]

    last = sign_in(visitor, "sally")

    assert statuses[:5] == [401] * 5 and statuses[5] == 429
    assert last.status_code == 429


def test_the_form_keeps_the_login_but_not_the_password(visitor: Visitor):
    answer = sign_in(visitor, "sally<script>", "hunter22 secret")

    assert "sally&lt;script&gt;" in answer.text
    assert "hunter22" not in answer.text


def test_the_form_speaks_the_language_that_was_chosen_and_remembers_it(visitor: Visitor):
    chosen = visitor.get("/login?lang=en").text

    assert "Sign in" in chosen and "Sign in" in visitor.get("/login").text
    assert "Sign in" not in visitor.get("/login?lang=zh").text
    assert visitor.get("/login?lang=../../x").status_code == 200


def test_signing_in_needs_the_forms_token(visitor: Visitor):
    open_form(visitor)

    answer = visitor.http.post("/login", data={"login": "sally", "password": PASSWORD})

    assert answer.status_code == 403


def test_a_session_chosen_beforehand_is_never_ones_own(visitor: Visitor):
    visitor.http.cookies.set(COOKIE, "chosen-by-an-attacker")

    answer = sign_in(visitor, "sally")

    assert "chosen-by-an-attacker" not in answer.headers["set-cookie"]
    attacker = visitor.another()
    attacker.http.cookies.set(COOKIE, "chosen-by-an-attacker")
    assert attacker.get("/api/v1/me").status_code == 401


def test_a_session_kept_from_before_signing_out_is_worth_nothing(visitor: Visitor):
    visitor.sign_in("sally")
    kept = visitor.http.cookies[COOKIE]

    out = visitor.post("/logout")

    thief = visitor.another()
    thief.http.cookies.set(COOKIE, kept)
    assert (out.status_code, out.headers["location"]) == (303, "/login")
    assert thief.get("/api/v1/me").status_code == 401


def test_signing_out_is_no_link(visitor: Visitor):
    visitor.sign_in("sally")

    assert visitor.get("/logout").status_code == 405
    assert visitor.get("/api/v1/me").status_code == 200


def test_a_disabled_account_is_out_at_once(visitor: Visitor):
    visitor.sign_in("sally")
    with visitor.site.database.writing() as conn:
        accounts.disable(conn, accounts.find(conn, "sally"), visitor.site.catalog(conn))

    assert visitor.get("/api/v1/me").status_code == 401


def test_who_is_signed_in_is_sent_on(visitor: Visitor):
    visitor.sign_in("sally")

    assert visitor.get("/login?next=/e/company").headers["location"] == "/e/company"
    assert visitor.get("/login?next=//evil").headers["location"] == "/"


def test_a_password_set_by_another_must_be_changed_first(visitor: Visitor):
    visitor.sign_in("sally")
    with visitor.site.database.writing() as conn:
        conn.execute(sa.update(users).where(users.c.login == "sally").values(must_change_password=True))

    assert visitor.get("/api/v1/me").json()["code"] == "password_change_required"


def test_over_https_cookies_are_for_this_host_and_encrypted_only(world, tmp_path):
    visitor = Visitor(site_of(world, tmp_path, base_url="https://crm.example.com"))
    visitor.http.base_url = "https://crm.example.com"

    answer = sign_in(visitor, "sally")

    assert answer.headers["set-cookie"].startswith("__Host-formloom=")
    assert "Secure" in answer.headers["set-cookie"] and "Path=/" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"]


def test_the_address_of_a_caller_is_the_connections_not_a_headers(visitor: Visitor):
    for number in range(6):
        open_form(visitor)
        claimed = {"x-forwarded-for": f"10.0.0.{number}"}
        visitor.post("/login", {"login": f"nobody{number}", "password": "x"}, headers=claimed)

    assert sign_in(visitor, "nobody7", "x").status_code == 429
