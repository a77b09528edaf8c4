"""The designer of permission groups: its matrix, whom it offers, and whose rights are to give."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from tests.runtime.views.pages import counted
from tests.runtime.views.test_design import DESIGNER
from tests.runtime.world import Visitor, put

OPENED = "/admin/design/grants/company"
MIXED = {
    "kind": "grant",
    "key": "company.mixed",
    "entity": "company",
    "label": {"zh": "混合", "en": "Mixed"},
    "members": [{"user": "sally"}, {"department": "head", "below": True}, {"everyone": True}],
    "operations": {"view": ["own", {"where": {"field": "city", "op": "eq", "value": "Bonn"}}], "create": True},
    "fields": {"*": "none", "city": "edit", "name": "view"},
}


@pytest.fixture
def boss(visitor: Visitor) -> Visitor:
    """An administrator."""
    return visitor.sign_in("boss")


def shown(boss: Visitor, *documents: dict[str, Any], entity: str = "company") -> str:
    """What the middle of the designer shows with these drafts, in words."""
    drafts = [{"id": f"{d['kind']}:{d['key']}", "document": d, "base": None} for d in documents]
    wanted = {"put": drafts, "show": {"kind": "grants", "key": entity, "lang": "en"}}
    headers = {"x-csrf-token": boss.csrf, "sec-fetch-site": "same-origin"}
    answer = boss.http.post("/admin/design/work", json=wanted, headers=headers)
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.json()["html"])).split())


def test_the_groups_of_an_entity_stand_beside_each_other_in_words(boss: Visitor):
    told = shown(boss, MIXED)

    for words in ("Sellers", "Clerks", "Mixed", "Sally, Head office and below, Everybody", "Their own + City"):
        assert words in told
    assert "Bonn" in told and "{" not in told
    assert "City Read only Can edit Can edit" in told
    assert "Rating Read only Hidden Read only" in told and "Cost Hidden Hidden Hidden" in told


def test_an_entity_without_groups_says_who_sees_it(boss: Visitor):
    assert "Only administrators see this" in shown(boss, entity="vault")


def test_the_designer_offers_roles_departments_and_people(boss: Visitor):
    with counted(boss) as statements:
        page = unescape(boss.get(OPENED).text)

    assert "company.seller" in page and "Head office" in page and "Simon (simon)" in page
    assert len(statements) <= 8


def test_a_published_group_opens_the_entity_to_its_members(boss: Visitor):
    rights = {"operations": {"view": "all"}, "fields": {"*": "view"}}
    group = {**MIXED, "key": "vault.all", "entity": "vault", **rights}
    boss.api("POST", "/records/vault", json={"name": "Gold"})
    other = boss.another().sign_in("sally")
    assert other.get("/e/vault").status_code == 404
    shown(boss, group, entity="vault")
    headers = {"x-csrf-token": boss.csrf, "sec-fetch-site": "same-origin"}

    assert boss.http.post("/admin/design/publish", json={"dry_run": True}, headers=headers).status_code == 200
    answer = boss.http.post("/admin/design/publish", json={}, headers=headers)

    assert answer.status_code == 200, answer.text
    assert "Gold" in other.get("/e/vault").text


def test_rights_are_the_administrators_to_give(visitor: Visitor):
    put(visitor.site.database, DESIGNER)
    visitor.sign_in("clara")
    headers = {"x-csrf-token": visitor.csrf, "sec-fetch-site": "same-origin"}
    mine = {**DESIGNER, "fields": {"*": "edit"}}
    body = {"put": [{"id": "grant:company.designer", "document": mine, "base": DESIGNER}], "show": None}

    assert visitor.get("/admin/design/entity/company").status_code == 200
    assert "/admin/design/grants/" not in visitor.get("/admin/design/entity/company").text
    assert visitor.get(OPENED).status_code == 403
    assert visitor.http.post("/admin/design/work", json=body, headers=headers).status_code == 403
    for kind, key in (("grants", "company"), ("entity", "vault"), ("rules", "vault"), ("menu", "main")):
        asked = {"put": [], "show": {"kind": kind, "key": key, "lang": "en"}}
        answer = visitor.http.post("/admin/design/work", json=asked, headers=headers)
        assert answer.status_code in (403, 404), (kind, key)


def test_lines_have_the_rights_of_their_record(boss: Visitor):
    assert "/admin/design/grants/" not in boss.get("/admin/design/entity/deal_line").text
    assert "/admin/design/grants/deal" in boss.get("/admin/design/entity/deal").text
