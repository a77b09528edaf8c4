"""What becomes of each document the site has worked on when its package changes. No database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from formloom.metadata import drafts, store
from formloom.metadata.errors import InvalidInput
from formloom.metadata.packages import merging
from formloom.metadata.store import SITE, Stored
from tests.metadata.sample import entity, field

LAYER = "package:shop"
LIST = {"kind": "list", "key": "item.all", "entity": "item", "label": "All", "columns": ["name"]}
WIDE = {**LIST, "columns": ["name", "size"]}
OURS = {**LIST, "label": "Ours"}
THEIRS = {**LIST, "label": "Theirs"}
SORTED = {**LIST, "sort": ["name"]}


def shipped(document: dict[str, Any]) -> Stored:
    return Stored(document["kind"], document["key"], LAYER, document)


def edited(document: dict[str, Any] | None, base: dict[str, Any] | None = LIST) -> Stored:
    named = document or base or {}
    return Stored(named["kind"], named["key"], SITE, document, base)


def after(rows: Iterable[Stored], merged: merging.Merged) -> dict[Any, Any]:
    """The documents in force once the edits are made, and the site's rows."""
    present = {row.place: row for row in rows}
    for change in drafts.draft(list(present.values()), merged.edits, LAYER):
        present.pop(change.place, None)
        if change.after is not None:
            present[change.place] = change.after
    return {
        "in_force": store.effective(present.values()),
        "site": [r for r in present.values() if r.layer == SITE],
    }


CASES: list[tuple[str, list[Stored], list[dict[str, Any]], str | None, dict[str, Any] | None, int]] = [
    ("nothing of ours", [shipped(LIST)], [WIDE], None, WIDE, 0),
    ("only ours changed", [shipped(LIST), edited(OURS)], [LIST], None, OURS, 0),
    ("different places", [shipped(LIST), edited(OURS)], [WIDE], None, {**WIDE, "label": "Ours"}, 0),
    ("the same change", [shipped(LIST), edited(OURS)], [OURS], None, OURS, 0),
    ("mine is kept", [shipped(LIST), edited(OURS)], [THEIRS], "mine", OURS, 1),
    ("theirs is taken", [shipped(LIST), edited(OURS)], [THEIRS], "theirs", THEIRS, 1),
    ("we deleted, they changed: mine", [shipped(LIST), edited(None)], [THEIRS], "mine", None, 1),
    ("we deleted, they changed: theirs", [shipped(LIST), edited(None)], [THEIRS], "theirs", THEIRS, 1),
    ("we deleted, they did nothing", [shipped(LIST), edited(None)], [LIST], None, None, 0),
    ("we changed, they dropped: mine", [shipped(LIST), edited(OURS)], [], "mine", OURS, 1),
    ("we changed, they dropped: theirs", [shipped(LIST), edited(OURS)], [], "theirs", None, 1),
    ("both deleted", [shipped(LIST), edited(None)], [], None, None, 0),
    ("ours of the same key: mine", [edited(OURS, None)], [THEIRS], "mine", OURS, 1),
    ("ours of the same key: theirs", [edited(OURS, None)], [THEIRS], "theirs", THEIRS, 1),
    ("ours of the same key, different places", [edited(LIST, None)], [SORTED], None, SORTED, 0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "documents", "side", "wanted", "disputes"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_documents_merge(
    rows: list[Stored],
    documents: list[dict[str, Any]],
    side: str | None,
    wanted: dict[str, Any] | None,
    disputes: int,
):
    merged = merging.merge(rows, "shop", documents, {"*": side} if side else {})

    assert len(merged.disputes) == disputes and merged.open == []
    outcome = after(rows, merged)
    assert outcome["in_force"].get(("list", "item.all")) == wanted
    # A decision is made once: what is edited now starts from what is shipped now.
    now = {document["key"]: document for document in documents}
    assert all(row.base == now.get(row.key) for row in outcome["site"])


def test_tabs_of_ours_stay_around_sections_and_fields_the_package_adds():
    main, more = ({"key": key, "label": key, "fields": [key]} for key in ("main", "more"))
    form = {"kind": "form", "key": "item.form", "entity": "item", "label": "Item", "sections": [main, more]}
    tabs = [{"key": "t1", "label": "One"}, {"key": "t2", "label": "Two"}]
    ours = {**form, "tabs": tabs, "sections": [{**main, "tab": "t1"}, {**more, "tab": "t2"}]}
    new = {"key": "new", "label": "new", "fields": ["size"]}
    theirs = {**form, "sections": [main, {**more, "fields": ["more", "price"]}, new]}

    merged = merging.merge([shipped(form), edited(ours, form)], "shop", [theirs], {})

    assert merged.disputes == []
    outcome = after([shipped(form), edited(ours, form)], merged)["in_force"]["form", "item.form"]
    assert outcome["tabs"] == tabs
    # What the package adds stands in the first tab until somebody moves it.
    assert outcome["sections"] == [
        {**main, "tab": "t1"},
        {**more, "tab": "t2", "fields": ["more", "price"]},
        new,
    ]


def test_undecided_conflicts_are_open_and_keep_ours():
    rows = [shipped(LIST), edited(OURS)]
    merged = merging.merge(rows, "shop", [THEIRS], {})

    (dispute,) = merged.open
    assert dispute.name == "list:item.all#/label"
    assert (dispute.base, dispute.theirs, dispute.ours) == ("All", "Theirs", "Ours")
    assert dispute.dump()["mine"] == "Ours"


def test_a_choice_may_name_a_place_a_document_or_everything():
    rows = [shipped(LIST), edited(OURS)]
    for name in ("list:item.all#/label", "list:item.all", "*"):
        assert merging.merge(rows, "shop", [THEIRS], {name: "theirs"}).open == []
    with pytest.raises(InvalidInput):
        merging.merge(rows, "shop", [THEIRS], {"list:item.all#/columns": "theirs"})
    for wrong in ([], {"*": "both"}, {"*": 1}, "mine"):
        with pytest.raises(InvalidInput):
            merging.read_choices(wrong)


def test_a_renamed_field_keeps_what_the_site_made_of_it():
    old = entity("item", field("size"))
    new = entity("item", field("width") | {"was": ["size"]}, field("depth"))
    ours = entity("item", field("size") | {"label": "Our size", "help": "cm"}, field("own"))
    merged = merging.merge([shipped(old), edited(ours, old)], "shop", [new], {"*": "mine"})

    fields = after([shipped(old), edited(ours, old)], merged)["in_force"]["entity", "item"]["fields"]
    assert {each["key"] for each in fields} == {"name", "width", "depth", "own"}
    (width,) = (each for each in fields if each["key"] == "width")
    assert (width["label"], width["help"], width["was"]) == ("Our size", "cm", ["size"])
    assert [dispute.path for dispute in merged.disputes] == ["/fields/size/label"]


def test_a_renamed_entity_takes_the_sites_edit_along():
    old, new = entity("item", field("size")), entity("article", field("size"), was=["item"])
    ours = entity("item", field("size"), field("own"))
    rows = [shipped(old), edited(ours, old)]

    merged = merging.merge(rows, "shop", [new], {"*": "theirs"})

    assert merged.renamed == {("entity", "item"): ("entity", "article")}
    found = after(rows, merged)["in_force"]
    assert {identity for identity in found} == {("entity", "article")}
    assert [each["key"] for each in found["entity", "article"]["fields"]] == ["name", "size", "own"]


def test_a_field_that_became_another_type_is_one_decision():
    old = entity("item", field("size", max_length=9))
    new = entity("item", field("size", "integer"))
    ours = entity("item", field("size", max_length=20))
    for side, wanted in (("mine", ours), ("theirs", new)):
        merged = merging.merge([shipped(old), edited(ours, old)], "shop", [new], {"*": side})
        assert [dispute.path for dispute in merged.disputes] == ["/fields/size"]
        assert after([shipped(old), edited(ours, old)], merged)["in_force"]["entity", "item"] == wanted
