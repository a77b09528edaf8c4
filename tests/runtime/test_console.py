"""The console shows the system's tables to administrators, keeps secrets, and writes nothing past the rules."""

import re
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from formloom.rbac.tables import bump_policy, sessions, tokens, users
from formloom.runtime.console.admin import views
from formloom.runtime.files.tables import files, fresh_id
from formloom.runtime.jobs import enqueue, get_job
from tests.runtime.world import Program, Visitor

IDENTITIES = [view.identity for view in views()]


@pytest.fixture
def boss(visitor: Visitor) -> Visitor:
    """An administrator, with a row in every table."""
    Program(visitor, "sally")
    with visitor.site.database.writing() as conn:
        enqueue(conn, "nothing", {"note": "=1+1"}, actor=1)
        a_file = {"id": fresh_id(), "sha256": "0" * 64, "name": "=1+1", "size": 1, "media_type": "text/plain"}
        conn.execute(sa.insert(files).values(**a_file, created_at=datetime.now(UTC)))
    visitor.sign_in("boss")
    visitor.api("POST", "/records/company", {"name": "Acme"})
    visitor.api("PATCH", "/records/company/1", {"name": "Acme Ltd", "rev": 1})
    return visitor


def addresses(visitor: Visitor) -> list[str]:
    """Every page of the console: the index, the lists, the first row of each."""
    found = ["/console/"]
    for identity in IDENTITIES:
        found.append(f"/console/{identity}/list")
        rows = re.findall(rf'/console/{identity}/details/[^"]+', visitor.get(found[-1]).text)
        found += rows[:1]
    return found


def test_every_page_answers_an_administrator_in_both_languages(boss: Visitor):
    pages = addresses(boss)
    without_rows = {"package"}
    assert {page.split("/")[2] for page in pages if "details" in page} == set(IDENTITIES) - without_rows

    for language, word in (("en", "Departments"), ("zh", "部门")):
        with boss.site.database.writing() as conn:
            conn.execute(sa.update(users).where(users.c.login == "boss").values(lang=language))
            bump_policy(conn)
        for page in pages:
            answer = boss.get(page)
            assert answer.status_code == 200, page
            assert word in answer.text, page


def test_nobody_else_finds_it(boss: Visitor):
    pages = [*addresses(boss), "/console/statics/css/main.css", "/console/nothing/list"]
    for login in ("sally", "clara"):
        other = boss.another().sign_in(login)
        assert {other.get(page).status_code for page in pages} == {404}
    assert boss.another().get("/console/user/list").headers["location"].startswith("/login?next=")
    token = {"authorization": f"Bearer {Program(boss, 'boss').secret}"}
    assert boss.another().get("/console/user/list", headers=token).status_code == 404


def test_no_page_shows_what_is_secret(boss: Visitor):
    with boss.site.database.reading() as conn:
        secrets = [
            *conn.scalars(sa.select(users.c.password_hash)),
            *conn.scalars(sa.select(sessions.c.token_hash)),
            *conn.scalars(sa.select(sessions.c.csrf)),
            *conn.scalars(sa.select(tokens.c.token_hash)),
        ]
    text = "".join(boss.get(page).text for page in addresses(boss))

    assert len(secrets) > 5
    assert [secret for secret in secrets if secret in text] == []


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize("identity", IDENTITIES)
def test_nothing_is_made_changed_or_exported(boss: Visitor, identity: str):
    proof = {"sec-fetch-site": "same-origin"}

    assert boss.get(f"/console/{identity}/create").status_code == 403
    assert boss.get(f"/console/{identity}/edit/1").status_code == 403
    assert boss.get(f"/console/{identity}/export/csv").status_code == 403
    for action in ("create", "edit/1", "import"):
        answer = boss.http.post(f"/console/{identity}/{action}", data={"name": "x"}, headers=proof)
        assert answer.status_code == 405
    if identity not in ("session", "token", "job"):
        assert boss.http.delete(f"/console/{identity}/delete?pks=1", headers=proof).status_code == 403


def test_sessions_tokens_and_jobs_can_be_ended(boss: Visitor):
    sally = boss.another().sign_in("sally")
    program = Program(boss, "simon")
    mark = sally.http.cookies["formloom_session"]
    with boss.site.database.reading() as conn:
        user = conn.scalar(sa.select(users.c.id).where(users.c.login == "sally"))
        mark = conn.scalar(sa.select(sessions.c.token_hash).where(sessions.c.user_id == user))[:12]
    proof = {"sec-fetch-site": "same-origin"}

    assert boss.http.delete(f"/console/session/delete?pks={mark}", headers=proof).status_code == 200
    assert boss.http.delete(f"/console/token/delete?pks={program.id}", headers=proof).status_code == 200
    assert boss.http.delete("/console/job/delete?pks=1", headers=proof).status_code == 200

    assert sally.get("/api/v1/me").status_code == 401
    assert program.call("GET", "/me").status_code == 401
    with boss.site.database.reading() as conn:
        assert get_job(conn, 1).state == "cancelled"


FORGED = ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"origin": "null"}, {})


@pytest.mark.parametrize("headers", FORGED)
def test_another_site_can_end_nothing(boss: Visitor, headers: dict[str, str]):
    assert boss.http.delete("/console/job/delete?pks=1", headers=headers).status_code == 403
    with boss.site.database.reading() as conn:
        assert get_job(conn, 1).state == "queued"


def test_its_policy_loads_nothing_from_elsewhere(boss: Visitor):
    answer = boss.get("/console/user/list")

    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "//" not in answer.headers["content-security-policy"]
    assert re.findall(r'(?:src|href)="(https?://(?!localhost)[^"]+)"', answer.text) == []
    assert "unsafe" not in boss.get("/login").headers["content-security-policy"]


ODD = (
    "list?page=0 list?page=x list?page=999999 list?pageSize=-1 list?pageSize=x list?sortBy=password_hash "
    "list?sortBy=(select%201)&sort=x list?search=%25%27%22 details/x details/0 details/9999999999999999999999 "
    "details/1;2 delete?pks=x ajax/lookup?name=x&term=y"
).split()


@pytest.mark.parametrize("identity", ["user", "session", "user-role"])
def test_odd_addresses_are_refused_without_a_defect(boss: Visitor, identity: str):
    for odd in ODD:
        method = "DELETE" if odd.startswith("delete") else "GET"
        answer = boss.http.request(method, f"/console/{identity}/{odd}", headers={"sec-fetch-site": "same-origin"})

        assert answer.status_code < 500, (odd, answer.text[-500:])
        assert "Traceback" not in answer.text
