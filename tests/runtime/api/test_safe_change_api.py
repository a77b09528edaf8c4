"""What designers need of changes by API: uses, rows in the way, two people at once, what was put aside."""

from __future__ import annotations

from typing import Any

import pytest

from formloom.runtime.jobs import Worker, enqueue
from tests.runtime.world import Program, Visitor

SIZES = [{"key": "s", "label": "Small"}, {"key": "l", "label": "Large"}]


def tag(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    name = {"key": "name", "type": "text", "label": {"zh": "名称", "en": "Name"}}
    return {"kind": "entity", "key": "tag", "label": "Tag", "title": "name", "fields": [name, *fields], **more}


def text(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": "text", "label": key.title(), **more}


@pytest.fixture
def boss(visitor: Visitor) -> Program:
    return Program(visitor, "boss")


def changed(boss: Program, *documents: dict[str, Any], status: int = 200, **more: Any) -> Any:
    edits = [{"op": "put", "document": document} for document in documents]
    answer = boss.call("POST", "/metadata/changesets", {"edits": edits, **more})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_preview_says_where_a_field_is_used_and_what_becomes_of_it(boss: Program):
    layout = {"kind": "list", "key": "tag.all", "entity": "tag", "label": "All tags", "columns": ["name", "code"]}
    changed(boss, tag(text("code")), layout)

    gone = changed(boss, tag(), dry_run=True)
    renamed = changed(boss, tag(text("short", was=["code"])), dry_run=True)

    [use] = gone["uses"]
    assert (use["kind"], use["label"], use["places"][0]["outcome"]) == ("list", "All tags", "breaks")
    assert use["places"][0]["where"] and "Tag · Code" in use["places"][0]["message"]
    assert renamed["uses"][0]["places"][0]["outcome"] == "follows" and not renamed["refused"]


def test_rows_in_the_way_are_listed_in_pages_with_their_addresses(boss: Program):
    changed(boss, tag(text("code")))
    for name in ("A", "B", "C"):
        boss.call("POST", "/records/tag", {"name": name, "code": "1" if name != "C" else None})
    strict = tag(text("code", required=True, unique=True))

    preview = changed(boss, strict, dry_run=True)
    wish = {"edits": [{"op": "put", "document": strict}], "entity": "tag", "field": "code"}
    first = boss.call("POST", "/metadata/changesets/violations", {**wish, "code": "duplicates", "limit": 1}).json()
    more = {**wish, "code": "duplicates", "after": first["next"]}
    second = boss.call("POST", "/metadata/changesets/violations", more).json()
    empty = boss.call("POST", "/metadata/changesets/violations", {**wish, "code": "empty_required"}).json()

    assert {(v["code"], v["count"]) for v in preview["violations"]} == {("empty_required", 1), ("duplicates", 2)}
    assert first["items"] == [{"id": 1, "title": "A", "value": "1", "address": "/e/tag/1"}]
    assert [item["title"] for item in second["items"]] == ["B"] and second["next"] is None
    assert [item["title"] for item in empty["items"]] == ["C"]
    nonsense = {**wish, "code": "nonsense"}
    assert boss.call("POST", "/metadata/changesets/violations", nonsense).status_code == 422


def test_edits_of_different_nodes_merge_and_of_the_same_are_shown(boss: Program):
    changed(boss, tag(text("code")))
    base = changed(boss, tag(text("code", help="x")), dry_run=True)["base"]
    changed(boss, tag({**text("code"), "label": "Number"}), note="called a number")

    merged = changed(boss, tag(text("code"), text("more")), base=base)
    refused = changed(boss, tag({**text("code"), "label": "Sign"}), base=base, status=409)
    told = changed(boss, tag({**text("code"), "label": "Sign"}), base=base, dry_run=True, status=409)

    now = boss.call("GET", "/metadata/entity/tag").json()
    assert [(field["key"], field["label"]) for field in now["fields"][1:]] == [
        ("code", "Number"),
        ("more", "More"),
    ]
    [document] = refused["documents"]
    assert refused["code"] == "conflict_schema" and document["present"] == now
    assert document["clashes"][0]["path"] == "/fields/code/label"
    assert (document["clashes"][0]["theirs"], document["clashes"][0]["mine"]) == (["Number"], ["Sign"])
    assert "called a number" in [changeset["note"] for changeset in document["changesets"]]
    assert told["documents"] == refused["documents"]
    assert changed(
        boss, tag({**text("code"), "label": "Sign"}, text("more")), base={"entity:tag": document["base"]}
    )
    assert merged["number"]


def test_a_changeset_says_in_words_what_it_changed(boss: Program):
    changed(boss, tag(text("code")))
    number = changed(boss, tag({**text("code"), "label": "Number"}))["number"]

    [difference] = boss.call("GET", f"/metadata/changesets/{number}").json()["differences"]

    assert (difference["kind"], difference["path"]) == ("entity", "/fields/code/label")
    assert (difference["was"], difference["now"]) == (["Code"], ["Number"])
    assert difference["where"]


def test_what_depends_on_a_changeset_is_listed_when_it_cannot_be_reverted(boss: Program):
    changed(boss, tag())
    number = changed(boss, tag(text("code")))["number"]
    layout = {"kind": "list", "key": "tag.all", "entity": "tag", "label": "All", "columns": ["code"]}
    later = changed(boss, layout, note="shown in a list")["number"]
    again = changed(boss, tag(text("code", max_length=5)))["number"]

    overtaken = boss.call("POST", f"/metadata/changesets/{number}/revert", {"allow_destructive": True})
    boss.call("POST", f"/metadata/changesets/{again}/revert", {})
    dangling = boss.call("POST", f"/metadata/changesets/{number}/revert", {"allow_destructive": True})

    assert (overtaken.status_code, overtaken.json()["code"]) == (409, "changeset.overtaken")
    assert [one["number"] for one in overtaken.json()["dependents"]] == [again]
    assert dangling.status_code == 422
    assert [(one["number"], one["note"]) for one in dangling.json()["dependents"]] == [(later, "shown in a list")]


def test_a_removed_field_is_kept_listed_restored_and_purged(boss: Program):
    changed(boss, tag(text("code", help="the code", max_length=9)))
    boss.call("POST", "/records/tag", {"name": "A", "code": "1"})
    changed(boss, tag(), allow_destructive=True)

    [kept] = boss.call("GET", "/metadata/kept").json()["items"]
    foreseen = boss.call("POST", f"/metadata/kept/{kept['id']}/restore?dry_run=1").json()
    boss.call("POST", f"/metadata/kept/{kept['id']}/restore")

    assert (kept["entity"], kept["field"], kept["rows"]) == ("tag", "code", 1) and kept["bytes"] > 0
    assert not foreseen["refused"]
    assert boss.call("GET", "/records/tag/1").json()["code"] == "1"
    assert boss.call("GET", "/metadata/entity/tag").json()["fields"][1] == text(
        "code", help="the code", max_length=9
    )
    assert boss.call("GET", "/metadata/kept").json()["items"] == []
    assert boss.call("POST", f"/metadata/kept/{kept['id']}/restore").status_code == 404
    number = changed(boss, tag(), allow_destructive=True)["number"]
    assert boss.call("POST", "/metadata/kept/purge", {"changeset": number}).json() == {"purged": 1}
    assert boss.call("GET", "/metadata/kept").json()["items"] == []


def test_a_former_key_is_understood_in_every_address(boss: Program):
    changed(boss, tag(text("code")))
    boss.call("POST", "/records/tag", {"name": "A", "code": "1"})
    edits = [{"op": "delete", "kind": "entity", "key": "tag"}]
    badge = {**tag(text("short", was=["code"])), "key": "badge", "was": ["tag"]}
    edits.append({"op": "put", "document": badge})
    assert boss.call("POST", "/metadata/changesets", {"edits": edits}).status_code == 200

    listed = boss.call("GET", "/records/tag?code=1&sort=-code&fields=name,code").json()
    made = boss.call("POST", "/records/tag", {"name": "B", "code": "2"}).json()
    patched = boss.call("PATCH", "/records/badge/1", {"code": "3", "rev": 1})
    sums = {"group_by": [{"field": "code"}], "measures": [{"op": "count"}]}
    counted = boss.call("POST", "/records/tag/aggregate", sums)
    changes = boss.call("GET", "/records/badge/1/changes").json()

    assert [item["short"] for item in listed["items"]] == ["1"]
    assert made["short"] == "2"
    assert counted.status_code == 200, counted.text
    assert patched.json()["short"] == "3"
    assert [field["field"] for entry in changes["items"] for field in entry["fields"]] == ["short"], changes


def test_the_last_role_that_administers_cannot_be_removed(boss: Program):
    roles = boss.call("GET", "/metadata/role").json()["items"]
    admins = [role for role in roles if role.get("administrator")]
    edits = [{"op": "put", "document": {**role, "administrator": False}} for role in admins]

    answer = boss.call("POST", "/metadata/changesets", {"edits": edits, "allow_destructive": True})

    assert admins and answer.status_code == 409 and "administrator" in answer.text


def test_a_change_in_the_background_is_followed_cancelled_and_done(boss: Program, visitor: Visitor):
    changed(boss, tag(text("code")))
    begun = changed(boss, tag(text("code", indexed=True)), background=True, note="later", status=202)["job"]
    place = begun["address"].removeprefix("/api/v1")
    assert (begun["state"], boss.call("GET", place).json()) == ("queued", begun)

    worker = Worker(visitor.site.database, visitor.site.settings)
    assert worker.run_once()
    ended = boss.call("GET", place).json()
    newest = boss.call("GET", "/metadata/changesets").json()["items"][0]
    assert (ended["state"], ended["result"]["number"]) == ("done", newest["number"])
    assert newest["note"] == "later"

    other = changed(boss, tag(text("code"), text("more")), background=True, status=202)["job"]
    place = other["address"].removeprefix("/api/v1")
    assert boss.call("POST", f"{place}/cancel").status_code == 200
    worker.run_once()
    assert boss.call("GET", place).json()["state"] == "cancelled"
    assert boss.call("GET", "/metadata/changesets").json()["items"][0] == newest


def test_only_jobs_that_change_documents_have_an_address_here(boss: Program, visitor: Visitor):
    with visitor.site.database.writing() as conn:
        other = enqueue(conn, "nothing", {}, None)
    for number in (other, 999):
        assert boss.call("GET", f"/metadata/jobs/{number}").status_code == 404
        assert boss.call("POST", f"/metadata/jobs/{number}/cancel").status_code == 404


def test_what_is_kept_outside_of_documents_is_among_the_uses_and_follows_a_new_key(
    boss: Program, visitor: Visitor
):
    changed(boss, tag(text("code")))
    limited = Program(visitor, "boss", {"entities": ["tag", "company"]})
    assert limited.call("GET", "/records/tag").status_code == 200

    edits = [{"op": "delete", "document": {"kind": "entity", "key": "tag"}}]
    gone = boss.call("POST", "/metadata/changesets", {"edits": edits, "dry_run": True}).json()
    [use] = [use for use in gone["uses"] if use["kind"] == "token"]
    assert (use["label"], use["kind_label"], use["places"][0]["target"]) == ("test", "API token", "tag")

    edits.append({"op": "put", "document": {**tag(text("code")), "key": "mark", "was": ["tag"]}})
    assert boss.call("POST", "/metadata/changesets", {"edits": edits}).status_code == 200
    assert limited.call("GET", "/records/mark").status_code == 200
