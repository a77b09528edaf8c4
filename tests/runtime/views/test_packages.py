"""Packages on screen and by API: uploaded, looked at, decided on, put in force, reset, exported, taken out."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest

from tests.metadata.sample import entity, field
from tests.runtime.world import Visitor

MANIFEST = {"key": "shop", "label": {"zh": "商店", "en": "Shop"}, "version": "1.0.0"}
HOME = "/admin/packages"
API = "/api/v1/packages"


def zipped(*documents: dict[str, Any], **manifest: Any) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("shop/formloom.json", json.dumps({**MANIFEST, **manifest}))
        archive.writestr("shop/all.json", json.dumps(list(documents)))
    return file.getvalue()


def item(label: str, **more: Any) -> dict[str, Any]:
    return {**entity("item", field("size") | {"label": label}), **more}


@pytest.fixture
def boss(visitor: Visitor) -> Visitor:
    """An administrator."""
    return visitor.sign_in("boss")


def upload(boss: Visitor, content: bytes) -> str:
    """The address of what was uploaded."""
    answer = boss.post(f"{HOME}/upload", {}, files={"file": ("shop.zip", content, "application/zip")})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def decide(boss: Visitor, address: str, **more: str) -> Any:
    """The answer to the offer's form, sent as it stands with `more`."""
    version = re.search(r'name="version" value="(\d+)"', boss.get(address).text)
    assert version is not None
    return boss.post(address, {"version": version[1], **more})


def put(boss: Visitor, document: dict[str, Any]) -> None:
    assert boss.api("PUT", f"/metadata/entity/{document['key']}", json=document).status_code == 200


def installed(boss: Visitor, document: dict[str, Any]) -> None:
    assert decide(boss, upload(boss, zipped(document)), act="apply").status_code == 303


def test_a_package_is_uploaded_looked_at_and_installed(boss: Visitor):
    address = upload(boss, zipped(item("Size")))
    assert "Install version 1.0.0" in boss.get(address).text
    assert "item" not in str(boss.get("/api/v1/metadata/entity").json()["layers"])

    assert decide(boss, address, act="apply").headers["location"] == f"{HOME}/installed/shop"

    assert "Shop" in boss.get(HOME).text
    assert boss.get("/api/v1/metadata/entity").json()["layers"]["item"] == {
        "layer": "package:shop",
        "customised": False,
        "deleted": False,
    }
    assert boss.get("/api/v1/metadata/entity/item").headers["formloom-layer"] == "package:shop"
    assert boss.get("/api/v1/metadata/entity/company").headers["formloom-layer"] == "site"
    assert "installed already" in boss.get(address).text


def test_what_is_wrong_with_an_upload_is_listed(boss: Visitor):
    broken = zipped({"kind": "spell", "key": "x"}, {"kind": "entity", "key": "item"}, requires=["other>=2"])
    shown = boss.get(upload(boss, broken)).text
    assert "spell" in shown and "all.json" in shown and "Install" not in shown
    missing = boss.get(upload(boss, zipped(item("Size"), requires=["other>=2"]))).text
    assert "other&gt;=2" in missing and 'value="apply"' not in missing
    assert "not a zip file" in boss.get(upload(boss, b"PK")).text
    assert boss.get(f"{HOME}/offers/{'0' * 64}").status_code == 404
    assert boss.get(f"{HOME}/offers/nothing").status_code == 404


def test_conflicts_are_decided_and_nothing_happens_before(boss: Visitor):
    installed(boss, item("Size"))
    put(boss, {**item("Our size"), "label": "Our item"})
    address = upload(boss, zipped(item("Their size"), version="1.1.0"))
    name = "choice:entity:item#/fields/size/label"

    shown = boss.get(address).text
    assert all(text in shown for text in ("Conflicts: 1", "Our size", "Their size", "Upgrade from version 1.0.0"))
    assert decide(boss, address, act="apply").status_code == 409
    assert decide(boss, address, act="apply", **{name: "both"}).status_code == 422
    previewed = decide(boss, address, act="preview", **{name: "theirs"})
    assert previewed.status_code == 200 and "All decided" in previewed.text
    assert "All decided" in decide(boss, address, all="mine").text
    assert boss.post(address, {"version": "1", "act": "apply", name: "theirs"}).status_code == 409
    assert decide(boss, address, act="apply", **{name: "theirs"}).status_code == 303

    document = boss.get("/api/v1/metadata/entity/item").json()
    assert (document["label"], document["fields"][1]["label"]) == ("Our item", "Their size")


def test_a_place_is_reset_and_values_are_not_lost_unasked(boss: Visitor):
    installed(boss, item("Size"))
    put(boss, item("Our size", fields=[*item("Our size")["fields"], field("own")]))
    assert boss.api("POST", "/records/item", json={"name": "A", "own": "x"}).status_code == 201
    page, form = f"{HOME}/installed/shop", {"kind": "entity", "name": "item"}
    assert "Our size" in boss.get(page).text

    assert boss.post(f"{page}/reset", {**form, "path": "/fields/size/label"}).status_code == 303
    assert "Our size" not in boss.get(page).text
    asked = boss.post(f"{page}/reset", form)
    assert asked.status_code == 409 and "Reset all the same" in asked.text
    assert boss.post(f"{page}/reset", {**form, "agreed": "1"}).status_code == 303
    assert "as the package ships it" in boss.get(page).text
    assert boss.post(f"{page}/reset", form).status_code == 404


def test_a_package_is_taken_out_once_it_is_clear_what_goes(boss: Visitor):
    installed(boss, item("Size"))
    put(boss, entity("box", field("item", "relation", target="item")))
    page = f"{HOME}/installed/shop/uninstall"
    assert "Depends on it: 1" in boss.get(page).text

    assert boss.post(page, {"confirm": "wrong"}).status_code == 422
    refused = boss.post(page, {"confirm": "shop"})
    assert refused.status_code == 422 and "remove them first" in refused.text
    assert boss.post(page, {"confirm": "shop", "with_dependents": "1", "drop_data": "1"}).status_code == 303
    assert boss.get("/api/v1/metadata/entity/item").status_code == 404
    assert boss.get(page).status_code == 404


def test_the_sites_own_documents_are_downloaded(boss: Visitor):
    assert "company" in boss.get(f"{HOME}/export").text
    answer = boss.post(f"{HOME}/export", {"key": "mine", "label": "Mine", "version": "2.0", "only": "entity:deal"})

    assert answer.headers["content-disposition"] == 'attachment; filename="mine-2.0.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = {name.removeprefix("mine/") for name in archive.namelist()}
    assert {"formloom.json", "entity/deal.json", "entity/company.json", "option_set/grade.json"} <= names
    assert boss.post(f"{HOME}/export", {"key": "Not a key"}).status_code == 422


def test_the_same_by_api(boss: Visitor):
    sent = boss.api(
        "POST", "/packages/uploads", files={"file": ("x.zip", zipped(item("Size")), "application/zip")}
    )
    assert (sent.status_code, sent.json()["sound"]) == (201, True)
    ref = sent.json()["ref"]
    dry = boss.api("POST", "/packages", json={"package": ref, "dry_run": True}).json()
    assert [each["key"] for each in dry["changes"]["added"]] == ["item"]
    assert boss.api("POST", "/packages", json={"package": ref, "expected_version": 99}).status_code == 409
    assert boss.api("POST", "/packages", json={"package": ref}).status_code == 200
    put(boss, item("Our size"))

    newer = zipped(item("Their size"), version="2")
    ref = boss.api("POST", "/packages/uploads", files={"file": ("x.zip", newer, "application/zip")}).json()["ref"]
    refused = boss.api("POST", "/packages", json={"package": ref})
    assert (refused.status_code, refused.json()["code"]) == (409, "package.conflicts")
    (conflict,) = refused.json()["conflicts"]
    assert (conflict["base"], conflict["theirs"], conflict["mine"]) == ("Size", "Their size", "Our size")
    (worded,) = boss.api("POST", "/packages", json={"package": ref, "dry_run": True}).json()["conflicts"]
    assert worded["place"] == "field “Our size” › Name"
    choices = {conflict["name"]: "mine"}
    assert boss.api("POST", "/packages", json={"package": ref, "choices": choices}).status_code == 200

    (changed,) = boss.get(f"{API}/shop").json()["customised"]
    assert changed["differences"][0]["path"] == "/fields/size/label"
    listed = {each["key"]: each for each in boss.get(API).json()["items"]}
    assert (listed["shop"]["version"], listed["shop"]["customised"]) == ("2", 1)
    reset = {"kind": "entity", "key": "item", "paths": ["/fields/size/label"]}
    assert boss.api("POST", "/packages/reset", json={**reset, "dry_run": True}).json()["refused"] is False
    assert boss.api("POST", "/packages/reset", json=reset).status_code == 200
    assert (
        boss.api("POST", "/packages/export", json={"package": "shop"}).headers["content-type"] == "application/zip"
    )
    for wrong in ({"only": "x"}, {"label": 3}, {"only": [3]}, {"spell": 1}, {"package": "nothing"}):
        assert boss.api("POST", "/packages/export", json=wrong).status_code in (404, 422)
    assert boss.api("POST", "/packages/shop/uninstall", json={"dry_run": True}).json()["dependents"] == []
    assert boss.api("POST", "/packages/shop/uninstall", json={}).status_code == 200
    assert boss.get(f"{API}/shop").status_code == 404


ADDRESSES = [
    ("GET", HOME),
    ("GET", f"{HOME}/export"),
    ("POST", f"{HOME}/export"),
    ("POST", f"{HOME}/upload"),
    ("GET", f"{HOME}/offers/crm"),
    ("POST", f"{HOME}/offers/crm"),
    ("GET", f"{HOME}/installed/shop"),
    ("POST", f"{HOME}/installed/shop/reset"),
    ("GET", f"{HOME}/installed/shop/uninstall"),
    ("POST", f"{HOME}/installed/shop/uninstall"),
]


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_packages_are_for_administrators(visitor: Visitor, method: str, address: str):
    sally = visitor.sign_in("sally")
    answer = sally.get(address) if method == "GET" else sally.post(address, {"act": "apply", "confirm": "shop"})

    assert answer.status_code == 403
