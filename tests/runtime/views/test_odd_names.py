"""Whatever admins call things: shown as they wrote it on every surface, or refused before anything changes."""

from __future__ import annotations

import io
import json
import zipfile
from html import unescape
from typing import Any

import pytest

from formloom.runtime.asgi import extensions
from tests.runtime.world import Visitor, put, site_of

ODD = {
    "markup": "<script>alert(1)</script>&lt;b&gt;",
    "quotes": '"it\'s" `so` “so” \'x\' onclick="y"',
    "templates": "{{ 7*191 }} {% raw %} ${7*191} {name} {0} %s %(x)s",
    "sql": "'); DROP TABLE fl_user; -- /* x */ ; SELECT 1",
    "emoji": "👩‍👩‍👧‍👦 客户 🇨🇳 e\u0301",
    "right_to_left": "שלום עולם مرحبا \u202eabc\u202c",
    "blanks": "a\u00a0b\u3000c\u200bd",
    "spreadsheet": '=HYPERLINK("http://x","y")',
    "long": "长" * 200,
}
SIGNS_OF_LIFE = ("<script>alert(1)", "1337", 'onclick="y"')
"""What stands in a page in which a name was taken for markup or a template."""

REFUSED = {
    "too_long": "x" * 201,
    "five_hundred": "字" * 500,
    "nothing": "",
    "only_blanks": " \u3000 ",
    "zero_byte": "a\0b",
    "no_text": 7,
    "surrogate": "\ud800",
}
KEYS = {
    "quote": "a'b",
    "double_quote": 'a"b',
    "braces": "{a}",
    "blank": "a b",
    "dash": "a-b",
    "emoji": "😀",
    "chinese": "客户",
    "capital": "Abc",
    "digit_first": "1a",
    "too_long": "a" * 500,
    "empty": "",
    "sql": "x; drop table fl_user",
    "system_field": "owner",
    "right_to_left": "\u202eabc",
    "path": "../../etc",
}
ALLOWED = {"owner": ("entity", "option"), "Abc": ("option",), "1a": ("option",)}
"""Where keys may be so nevertheless."""

RESERVED = ("select", "order", "group", "table", "user", "where", "null", "index", "end", "rowid", "left")


def documents(name: str) -> list[dict[str, Any]]:
    """An entity with its screens, everything in it called so."""
    fields = [
        {"key": "name", "type": "text", "label": name, "required": True, "help": name, "placeholder": name},
        {"key": "way", "type": "select", "label": name, "options": [{"key": "a", "label": name}]},
        {"key": "many", "type": "multiselect", "label": name, "options": "odd_set"},
        {"key": "cost", "type": "money", "label": name},
        {"key": "twice", "type": "formula", "label": name, "formula": "cost*2", "result": "money"},
        {"key": "above", "type": "relation", "label": name, "target": "odd"},
    ]
    counted = {"entity": "odd", "label": name, "measures": [{"op": "count", "label": name}], "w": 6, "h": 4}
    return [
        {"kind": "option_set", "key": "odd_set", "label": name, "options": [{"key": "a", "label": name}]},
        {"kind": "entity", "key": "odd", "label": name, "plural": name, "title": "name", "fields": fields},
        {
            "kind": "form",
            "key": "odd.form",
            "entity": "odd",
            "label": name,
            "sections": [{"key": "main", "label": name, "fields": [field["key"] for field in fields]}],
        },
        {
            "kind": "list",
            "key": "odd.all",
            "entity": "odd",
            "label": name,
            "columns": ["name", "way", "many", "cost", "above"],
            "quick_filters": ["way"],
        },
        {
            "kind": "rule",
            "key": "odd.rule",
            "entity": "odd",
            "label": name,
            "when": {"field": "cost", "op": "gt", "value": 1000},
            "effects": [{"type": "refuse", "message": name, "fields": ["cost"], "severity": "error"}],
        },
        {
            "kind": "dashboard",
            "key": "odd_board",
            "label": name,
            "widgets": [
                {**counted, "key": "one", "type": "metric"},
                {**counted, "key": "two", "type": "bar", "group_by": [{"field": "way"}]},
            ],
        },
        {"kind": "menu", "key": "main", "label": name, "items": [{"label": name, "items": [{"entity": "odd"}]}]},
    ]


@pytest.fixture
def boss(world: Any, tmp_path: Any) -> Visitor:
    """An administrator of the whole program."""
    return Visitor(site_of(world, tmp_path), extensions()).sign_in("boss")


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ODD.values(), ids=ODD)
def test_a_name_is_shown_as_it_was_written_wherever_it_stands(boss: Visitor, name: str):
    put(boss.site.database, *documents(name))
    row = {"name": name, "way": "a", "many": ["a"], "cost": "12.50"}
    answer = boss.api("POST", "/records/odd", json=row)
    assert answer.status_code == 201, answer.text
    number = answer.json()["id"]
    refused = boss.api("POST", "/records/odd", json={**row, "cost": "5000"})
    assert refused.status_code == 422 and name in refused.json()["errors"][0]["message"]

    pages = (
        "/",
        "/e/odd",
        '/e/odd?filter={"field":"way","op":"eq","value":"a"}&sort=-name&group=way',
        "/e/odd/new",
        f"/e/odd/{number}",
        f"/e/odd/{number}/edit",
        "/d/odd_board",
        "/admin/design",
        "/admin/changes?of=entity:odd",
        *(f"/admin/design/{kind}/{key}" for kind, key in (("entity", "odd"), ("form", "odd.form"))),
        *(f"/admin/design/{kind}/{key}" for kind, key in (("list", "odd.all"), ("dashboard", "odd_board"))),
        "/imports/new?entity=odd",
    )
    for address in pages:
        answer = boss.get(address)
        assert answer.status_code == 200, (address, answer.text[:300])
        assert not any(sign in answer.text for sign in SIGNS_OF_LIFE), address
        assert name in unescape(answer.text) or json.dumps(name)[1:-1] in unescape(answer.text), address
    wanted = {"put": [], "show": {"kind": "form", "key": "odd.form", "lang": "en"}}
    headers = {"x-csrf-token": boss.csrf, "sec-fetch-site": "same-origin"}
    shown = boss.http.post("/admin/design/work", json=wanted, headers=headers).json()["html"]
    assert name in unescape(shown) and not any(sign in shown for sign in SIGNS_OF_LIFE)
    assert name in boss.api("GET", "/metadata/entity/odd").json()["label"]
    assert boss.api("GET", "/openapi.json").status_code == 200
    sheet = boss.api("GET", "/excel-templates/odd")
    assert sheet.status_code == 200 and zipfile.ZipFile(io.BytesIO(sheet.content)).testzip() is None


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", REFUSED.values(), ids=REFUSED)
def test_a_name_that_cannot_be_one_is_refused_and_nothing_changes(boss: Visitor, name: Any):
    edit = {
        "op": "put",
        "document": {"kind": "entity", "key": "odd", "label": name, "title": "name", "fields": []},
    }
    before = boss.api("GET", "/metadata/entity").json()["version"]

    answer = boss.http.post(
        "/api/v1/metadata/changesets",
        content=json.dumps({"edits": [edit]}).encode(),
        headers={"x-csrf-token": boss.csrf, "sec-fetch-site": "same-origin", "content-type": "application/json"},
    )

    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["title"]
    assert boss.api("GET", "/metadata/entity").json()["version"] == before


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("place", ["entity", "field", "option"])
def test_a_key_that_cannot_be_one_is_refused_up_front(boss: Visitor, key: str, place: str):
    keys = {"entity": "odd", "field": "way", "option": "a", place: key}
    option = {"key": keys["option"], "label": "A"}
    fields = [
        {"key": "name", "type": "text", "label": "Name"},
        {"key": keys["field"], "type": "select", "label": "Way", "options": [option]},
    ]
    document = {"kind": "entity", "key": keys["entity"], "label": "Odd", "title": "name", "fields": fields}

    answer = boss.api("POST", "/metadata/changesets", json={"edits": [{"op": "put", "document": document}]})

    if place in ALLOWED.get(key, ()):
        assert answer.status_code == 200, answer.text[:300]
        return
    assert answer.status_code == 422, answer.text[:300]
    assert answer.json()["errors"] and all(each["message"] for each in answer.json()["errors"])


@pytest.mark.parametrize("key", RESERVED)
def test_a_word_of_sql_as_a_key_works_everywhere_or_is_refused_up_front(world: Any, tmp_path: Any, key: str):
    boss = Visitor(site_of(world, tmp_path), extensions()).sign_in("boss")
    fields = [{"key": "name", "type": "text", "label": "Name"}, {"key": key, "type": "integer", "label": "Number"}]
    document = {"kind": "entity", "key": f"{key}_rows", "label": "Odd", "title": "name", "fields": fields}
    answer = boss.api("POST", "/metadata/changesets", json={"edits": [{"op": "put", "document": document}]})
    if answer.status_code == 422:
        assert answer.json()["errors"]
        return
    assert answer.status_code == 200, answer.text

    made = boss.api("POST", f"/records/{key}_rows", json={"name": "One", key: 5})

    assert made.status_code == 201 and made.json()[key] == 5
    found = boss.api("GET", f"/records/{key}_rows?sort=-{key}&{key}__gte=5").json()
    assert [row["name"] for row in found["items"]] == ["One"]
    for address in (f"/e/{key}_rows", f"/e/{key}_rows?group={key}", f"/e/{key}_rows/new", f"/e/{key}_rows/1"):
        assert boss.get(address).status_code == 200, address
