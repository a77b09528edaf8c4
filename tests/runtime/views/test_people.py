"""User administration and personal settings: who may, what is refused, and that nothing typed is lost."""

import re

import pytest

from tests.runtime.views.pages import HTMX
from tests.runtime.world import PASSWORD, Visitor

NEW = {
    "login": "tina",
    "name": "Tina",
    "password": "a long password",
    "roles": "seller",
    "lang": "en",
    "kind": "normal",
}


@pytest.fixture
def boss(visitor: Visitor) -> Visitor:
    """An administrator."""
    return visitor.sign_in("boss")


def id_of(boss: Visitor, name: str) -> int:
    found = [item["id"] for item in boss.get("/pick/user", params={"q": name}).json()["items"]]
    assert len(found) == 1
    return found[0]


ADMINISTRATION = [
    "/admin/users",
    "/admin/users/new",
    "/admin/users/1",
    "/admin/departments",
    "/admin/departments/new",
]


@pytest.mark.parametrize("address", ADMINISTRATION)
def test_the_administration_is_for_administrators(visitor: Visitor, address: str):
    assert visitor.sign_in("sally").get(address).status_code == 403
    assert visitor.sign_in("boss").get(address).status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/admin/users", "/admin/users/1", "/admin/users/1/password", "/admin/users/1/active", "/admin/departments"],
)
def test_nobody_else_changes_anything_there(visitor: Visitor, address: str):
    assert visitor.sign_in("sally").post(address, {**NEW, "active": "0"}).status_code == 403


def test_a_new_user_can_sign_in_and_is_listed(boss: Visitor):
    answer = boss.post("/admin/users", NEW)

    assert answer.status_code == 303 and "Tina" in boss.get("/admin/users").text
    assert "Tina" in boss.get("/admin/users?q=TIN").text and "Tina" not in boss.get("/admin/users?q=sally").text


def test_htmx_is_told_where_to_go_and_what_to_say(boss: Visitor):
    answer = boss.post("/admin/users", NEW, headers=HTMX)

    assert answer.status_code == 204 and "/admin/users" in answer.headers["hx-location"]
    assert "Tina" in answer.headers["hx-trigger"]


REFUSED = {
    "no name": ({"name": " "}, "Please fill this in."),
    "login taken": ({"login": "SALLY"}, "Somebody already has this login."),
    "short password": ({"password": "short"}, "at least 8"),
    "unknown role": ({"roles": "king"}, "king"),
    "odd login": ({"login": "a b"}, "no spaces"),
}


@pytest.mark.parametrize(("typed", "message"), REFUSED.values(), ids=REFUSED)
def test_a_refused_user_is_explained_and_what_was_typed_is_kept(boss: Visitor, typed: dict, message: str):
    answer = boss.post("/admin/users", {**NEW, "phone": "555 0100", **typed})

    assert answer.status_code in (409, 422)
    assert message in answer.text and 'value="555 0100"' in answer.text
    assert "Tina" not in boss.get("/admin/users").text


def test_a_changed_user_keeps_what_was_not_changed(boss: Visitor):
    sally = id_of(boss, "sally")

    answer = boss.post(f"/admin/users/{sally}", {"name": "Sally S.", "roles": ["seller", "clerk"], "lang": "zh"})

    assert answer.status_code == 303
    page = boss.get(f"/admin/users/{sally}").text
    assert 'value="Sally S."' in page and page.count("checked") == 2


def test_the_last_administrator_stays(boss: Visitor):
    own = id_of(boss, "boss")

    assert boss.post(f"/admin/users/{own}/active", {"active": "0"}).status_code == 409
    assert boss.post(f"/admin/users/{own}", {"name": "Boss", "lang": "en"}).status_code == 409
    assert boss.get("/admin/users").status_code == 200


def test_a_disabled_user_is_out_at_once(boss: Visitor):
    sally = boss.another().sign_in("sally")
    assert sally.get("/me").status_code == 200

    boss.post(f"/admin/users/{id_of(boss, 'sally')}/active", {"active": "0"})

    assert sally.get("/me").status_code == 303


def test_a_password_set_by_an_administrator_has_to_be_changed(boss: Visitor):
    boss.post(f"/admin/users/{id_of(boss, 'sally')}/password", {"password": "set by the boss"})

    assert "Please change the password" in boss.another().sign_in("sally").get("/me").text


def test_departments_are_added_renamed_moved_and_removed(boss: Visitor):
    head = boss.get("/pick/department?q=head").json()["items"][0]["id"]
    assert boss.post("/admin/departments", {"name_zh": "市场部", "parent_id": head}).status_code == 303
    assert "/admin/departments/shi_chang_bu" in boss.get("/admin/departments").text

    renamed = boss.post("/admin/departments/shi_chang_bu", {"name_zh": "市场", "name_en": "Marketing"})

    assert renamed.status_code == 303 and "Marketing" in boss.get("/admin/departments").text
    assert boss.post("/admin/departments/shi_chang_bu/remove").status_code == 303
    assert "Marketing" not in boss.get("/admin/departments").text


def test_a_department_with_people_stays(boss: Visitor):
    answer = boss.post("/admin/departments/sales/remove")

    assert answer.status_code == 409 and "still in use" in answer.text


def test_a_department_without_a_name_is_refused(boss: Visitor):
    assert boss.post("/admin/departments", {"name_zh": " "}).status_code == 422


def test_language_and_theme_are_remembered(visitor: Visitor):
    visitor.sign_in("sally")
    headers = {"x-csrf-token": visitor.csrf, "sec-fetch-site": "same-origin"}

    assert visitor.http.post("/me/look", json={"lang": "zh", "theme": "dark"}, headers=headers).status_code == 200

    page = visitor.get("/me").text
    assert 'lang="zh-CN"' in page and 'data-bs-theme="dark"' in page


@pytest.mark.parametrize("look", [{"theme": "pink"}, {"lang": "xx"}, {"is_active": False}, {"zone": "UTC"}, []])
def test_a_look_that_is_none_is_refused(visitor: Visitor, look: object):
    visitor.sign_in("sally")
    headers = {"x-csrf-token": visitor.csrf, "sec-fetch-site": "same-origin"}

    assert visitor.http.post("/me/look", json=look, headers=headers).status_code in (400, 422)


def test_a_new_mail_address_needs_the_password(visitor: Visitor):
    visitor.sign_in("sally")
    typed = {"name": "Sally", "zone": "Asia/Shanghai", "email": "new@example.com"}

    refused = visitor.post("/me/profile", typed)
    accepted = visitor.post("/me/profile", {**typed, "current_password": PASSWORD})

    assert refused.status_code == 403 and 'value="new@example.com"' in refused.text
    assert accepted.status_code == 303


def test_a_changed_password_ends_other_sessions_and_keeps_this_one(visitor: Visitor):
    other = visitor.another().sign_in("sally")
    visitor.sign_in("sally")

    wrong = visitor.post("/me/password", {"current": "wrong", "password": "another long one"})
    changed = visitor.post("/me/password", {"current": PASSWORD, "password": "another long one"})

    assert wrong.status_code == 403 and changed.status_code == 303
    assert visitor.get("/me").status_code == 200 and other.get("/me").status_code == 303


def test_a_token_is_shown_once_works_and_is_revoked(visitor: Visitor):
    visitor.sign_in("sally")
    made = visitor.post("/me/tokens", {"name": "script", "days": "30", "read_only": "1"})
    secret = re.search(r"fl_[\w-]{20,}", made.text)

    assert secret and secret[0] not in visitor.get("/me").text
    bearer = {"authorization": f"Bearer {secret[0]}"}
    assert visitor.another().get("/api/v1/me", headers=bearer).status_code == 200
    number = re.search(r"/me/tokens/(\d+)/revoke", visitor.get("/me").text)
    assert number and visitor.post(f"/me/tokens/{number[1]}/revoke").status_code == 303
    assert visitor.another().get("/api/v1/me", headers=bearer).status_code == 401


def test_nobody_revokes_tokens_of_others(visitor: Visitor):
    visitor.sign_in("sally").post("/me/tokens", {"name": "script"})
    number = re.search(r"/me/tokens/(\d+)/revoke", visitor.get("/me").text)

    assert number and visitor.another().sign_in("simon").post(f"/me/tokens/{number[1]}/revoke").status_code == 404


def test_other_sessions_can_be_ended(visitor: Visitor):
    other = visitor.another().sign_in("sally")

    assert visitor.sign_in("sally").post("/me/sessions/end").status_code == 303

    assert other.get("/me").status_code == 303 and visitor.get("/me").status_code == 200


def test_every_change_needs_our_token(visitor: Visitor):
    visitor.sign_in("boss").csrf = ""

    for address in (
        "/admin/users",
        "/admin/users/1",
        "/me/profile",
        "/me/password",
        "/me/tokens",
        "/me/sessions/end",
    ):
        assert visitor.post(address, NEW).status_code == 403, address


def test_no_change_happens_by_asking(visitor: Visitor):
    visitor.sign_in("boss")

    for address in ("/admin/users/1/active", "/admin/users/1/password", "/me/password", "/me/tokens", "/logout"):
        assert visitor.get(address).status_code == 405, address
