"""Documents and changesets by API: administrators only, strict, previewed without effect."""

import pytest

from tests.runtime.world import Program, Visitor

TAG = {
    "kind": "entity",
    "key": "tag",
    "label": "Tag",
    "title": "name",
    "fields": [{"key": "name", "type": "text", "label": "Name"}],
}


@pytest.fixture
def boss(visitor: Visitor) -> Program:
    return Program(visitor, "boss")


def version(boss: Program) -> int:
    return boss.call("GET", "/metadata/entity").json()["version"]


def test_a_document_is_put_read_and_deleted(boss: Program):
    put = boss.call("PUT", "/metadata/entity/tag", TAG)
    read = boss.call("GET", "/metadata/entity/tag")
    gone = boss.call("DELETE", "/metadata/entity/tag?allow_destructive=1")

    assert (put.status_code, put.json()["changes"]) == (
        200,
        [{"kind": "entity", "key": "tag", "layer": "site", "op": "put"}],
    )
    assert read.json() == TAG
    assert gone.status_code == 200
    assert boss.call("GET", "/metadata/entity/tag").status_code == 404


def test_a_dry_run_says_what_would_happen_and_does_nothing(boss: Program):
    before = version(boss)

    preview = boss.call("PUT", "/metadata/entity/tag?dry_run=1", TAG).json()
    many = boss.call("POST", "/metadata/changesets", {"edits": [{"op": "put", "document": TAG}], "dry_run": True})

    assert preview["plan"] and preview == many.json()
    assert version(boss) == before
    assert boss.call("GET", "/metadata/entity/tag").status_code == 404


def test_many_edits_are_one_changeset_and_are_taken_back_as_one(boss: Program):
    edits = [
        {"op": "put", "document": TAG},
        {"op": "put", "document": {"kind": "role", "key": "guest", "label": "Guest"}},
    ]

    made = boss.call("POST", "/metadata/changesets", {"edits": edits, "note": "two"}).json()
    back = boss.call("POST", f"/metadata/changesets/{made['number']}/revert", {"allow_destructive": True})

    assert made["note"] == "two" and len(made["changes"]) == 2
    assert back.json()["reverts"] == made["number"]
    assert boss.call("GET", "/metadata/role/guest").status_code == 404
    assert [c["number"] for c in boss.call("GET", "/metadata/changesets").json()["items"]][:2] == [
        back.json()["number"],
        made["number"],
    ]


def test_all_findings_are_reported_each_at_its_place(boss: Program):
    lost = {"key": "other", "type": "relation", "label": "Other", "target": "nowhere"}
    wrong = {**TAG, "title": "nothing", "fields": [lost]}

    answer = boss.call("PUT", "/metadata/entity/tag", wrong)

    assert answer.status_code == 422
    assert answer.json()["code"] == "metadata.invalid"
    assert len(answer.json()["errors"]) >= 2
    assert all(error["field"].startswith("entity/tag") and error["message"] for error in answer.json()["errors"])


REFUSED = {
    "another key": ("PUT", "/metadata/entity/other", TAG, 422),
    "another kind": ("PUT", "/metadata/role/tag", TAG, 422),
    "unknown kind": ("PUT", "/metadata/nothing/tag", TAG, 404),
    "a list": ("PUT", "/metadata/entity/tag", [TAG], 400),
    "no body": ("PUT", "/metadata/entity/tag", None, 400),
    "unknown parameter": ("PUT", "/metadata/entity/tag?force=1", TAG, 422),
    "flag that is none": ("PUT", "/metadata/entity/tag?dry_run=yes", TAG, 422),
    "flag twice": ("PUT", "/metadata/entity/tag?dry_run=1&dry_run=0", TAG, 400),
    "unknown document": ("DELETE", "/metadata/entity/nothing", None, 404),
    "no edits": ("POST", "/metadata/changesets", {"edits": []}, 422),
    "edits that are none": ("POST", "/metadata/changesets", {"edits": [1, "x", None]}, 422),
    "unknown operation": ("POST", "/metadata/changesets", {"edits": [{"op": "drop", "document": TAG}]}, 422),
    "unknown member": ("POST", "/metadata/changesets", {"edits": [], "sudo": True}, 422),
    "version that is none": (
        "POST",
        "/metadata/changesets",
        {"edits": [{"op": "put", "document": TAG}], "expected_version": "1"},
        422,
    ),
    "version of the past": (
        "POST",
        "/metadata/changesets",
        {"edits": [{"op": "put", "document": TAG}], "expected_version": 0},
        409,
    ),
    "changeset that is none": ("POST", "/metadata/changesets/99/revert", {}, 404),
    "changeset number with words": ("GET", "/metadata/changesets/1 OR 1=1", None, 404),
    "schema of nothing": ("GET", "/metadata/schemas/nothing", None, 404),
    "removal with data without a yes": ("DELETE", "/metadata/entity/vault", None, 409),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_clear_is_refused_and_changes_nothing(boss: Program, case: str):
    from formloom.runtime.records import Records

    assert Records is not None
    method, path, body, status = REFUSED[case]
    if case.startswith("removal"):
        assert boss.call("POST", "/records/vault", {"name": "gold"}).status_code == 201
    before = version(boss)

    answer = boss.call(method, path, body)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert version(boss) == before


@pytest.mark.parametrize("login", ["sally", "clara"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/metadata/entity", None),
        ("GET", "/metadata/entity/company", None),
        ("PUT", "/metadata/entity/tag", TAG),
        ("DELETE", "/metadata/entity/vault", None),
        ("GET", "/metadata/changesets", None),
        ("POST", "/metadata/changesets", {"edits": [{"op": "put", "document": TAG}]}),
        ("GET", "/metadata/changesets/1", None),
        ("POST", "/metadata/changesets/1/revert", {}),
    ],
)
def test_only_administrators_see_and_change_documents(visitor: Visitor, login, method, path, body):
    answer = Program(visitor, login).call(method, path, body)

    assert answer.status_code == 403


def test_an_administrators_limited_token_does_not_design(visitor: Visitor):
    limited = Program(visitor, "boss", {"read_only": True})

    assert limited.call("PUT", "/metadata/entity/tag", TAG).status_code == 403


def test_each_kind_publishes_its_schema(boss: Program):
    schema = boss.call("GET", "/metadata/schemas/entity").json()

    assert schema["$schema"].startswith("https://json-schema.org/draft/2020-12")


def test_me_lists_what_i_may_use(visitor: Visitor):
    sally = Program(visitor, "sally").call("GET", "/me").json()
    boss = Program(visitor, "boss").call("GET", "/me").json()

    assert (sally["login"], sally["administrator"]) == ("sally", False)
    assert [entity["key"] for entity in sally["entities"]] == ["company", "deal"]
    assert [entity["key"] for entity in boss["entities"]] == ["company", "deal", "vault"]


def test_my_access_names_fields_and_operations(visitor: Visitor):
    sally = Program(visitor, "sally")
    found = sally.call("GET", "/me/access/company").json()

    assert found["operations"]["edit"] is True and "export" not in found["operations"]
    assert (found["fields"]["name"], found["fields"]["rating"]) == ("edit", "view")
    assert "cost" not in found["fields"]
    assert sally.call("GET", "/me/access/vault").status_code == 404
    assert (
        sally.call("GET", "/me/access/vault").json()["detail"]
        == sally.call("GET", "/me/access/nothing").json()["detail"]
    )
