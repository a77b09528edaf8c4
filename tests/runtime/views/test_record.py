"""A record's page: what it shows to whom and at what cost, and what is done from it."""

import json
import re

import pytest

from formloom.metadata import changesets
from formloom.metadata.drafts import Edit
from tests.prepared import copies_of
from tests.runtime.views import shop
from tests.runtime.views.pages import HTMX, counted
from tests.runtime.views.shop import add, inputs, wares
from tests.runtime.world import Visitor

world = copies_of(shop.prepare_shop)


@pytest.fixture
def sally(visitor: Visitor) -> Visitor:
    """A seller in the shop."""
    return visitor.sign_in("sally")


@pytest.fixture
def offer(sally: Visitor) -> int:
    """An offer of hers with one line."""
    company = add(sally, "company", name="Acme")
    return add(
        sally, "offer", name="Roof", amount="100", company=company, lines=[{"ware": wares(sally)[0], "qty": 3}]
    )


def stored(visitor: Visitor, record_id: int) -> dict:
    return visitor.api("GET", f"/records/offer/{record_id}").json()


def change(visitor: Visitor, record_id: int, **values: object) -> None:
    """Change an offer by the API."""
    answer = visitor.api(
        "PATCH", f"/records/offer/{record_id}", {"rev": stored(visitor, record_id)["rev"], **values}
    )
    assert answer.status_code == 200, answer.text


def plain(html: str) -> str:
    """The text of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


# --- the page -------------------------------------------------------------------------------------------------


def test_a_record_shows_its_title_facts_lines_and_their_sum(sally: Visitor, offer: int):
    text = plain(sally.get(f"/e/offer/{offer}").text)

    for part in ("Roof", "Acme", "100.00", "Hammer", "30.00", "Sally"):
        assert part in text, part


def test_a_record_takes_one_statement_for_itself_and_one_for_each_sub_table(sally: Visitor, offer: int):
    sally.get(f"/e/offer/{offer}")
    with counted(sally) as statements:
        assert sally.get(f"/e/offer/{offer}", headers=HTMX).status_code == 200

    assert len(statements) <= 3, statements


@pytest.mark.parametrize(
    "part", ["", "/edit", "/changes", "/related/0", "/section/main", "/history/name", "/neighbours"]
)
def test_what_is_not_there_gone_or_not_mine_answers_the_same(sally: Visitor, offer: int, part: str):
    theirs = add(sally.another().sign_in("simon"), "offer", name="Theirs")
    gone = add(sally, "offer", name="Gone")
    headers = {"sec-fetch-site": "same-origin", "x-csrf-token": sally.csrf}
    sally.http.post("/e/offer/bulk/delete", json={"ids": [gone]}, headers=headers)

    answers = [sally.get(f"/e/offer/{number}{part}", headers=HTMX) for number in (theirs, gone, 99999)]

    assert {answer.status_code for answer in answers} == {200 if part == "/neighbours" else 404}
    assert len({re.sub(r"[0-9a-f-]{16,}", "*", answer.text) for answer in answers}) == 1
    assert "Theirs" not in answers[0].text and "Gone" not in answers[1].text


@pytest.mark.parametrize("number", ["0", "-1", "abc", "1.5", "9" * 30])
def test_an_address_that_is_no_number_is_not_found(sally: Visitor, number: str):
    assert sally.get(f"/e/offer/{number}").status_code == 404


def test_a_reader_who_may_not_change_sees_no_way_to(visitor: Visitor):
    company = add(visitor.another().sign_in("boss"), "company", name="Acme", cost="7170717")
    page = visitor.sign_in("clara").get(f"/e/company/{company}").text

    assert "Acme" in page and "7170717" not in plain(page).replace(",", "") and "Cost" not in page
    assert "/edit" not in page and "/section/" not in page and "delete-record" not in page


def test_a_value_hidden_in_this_row_is_a_lock(visitor: Visitor):
    clerks = {
        "kind": "grant",
        "key": "company.own_cost",
        "entity": "company",
        "label": "Own",
        "members": [{"role": "clerk"}],
        "operations": {"view": {"where": {"field": "name", "op": "eq", "value": "Mine"}}},
        "fields": {"*": "view"},
    }
    changesets.apply(visitor.site.database, [Edit.put(clerks)], actor="test")
    boss = visitor.another().sign_in("boss")
    seen = add(boss, "company", name="Mine", cost="111111")
    hidden = add(boss, "company", name="Other", cost="7170717")
    visitor.sign_in("clara")

    assert "111,111.00" in visitor.get(f"/e/company/{seen}").text
    page = visitor.get(f"/e/company/{hidden}").text
    assert "7170717" not in plain(page).replace(",", "") and "#lock" in page
    assert visitor.get(f"/e/company/{hidden}/history/cost").status_code == 404


def test_many_empty_fields_are_not_shown_at_first(sally: Visitor):
    company = add(sally, "company", name="Acme")

    assert "facts-short" in sally.get(f"/e/company/{company}").text


# --- what belongs to it ---------------------------------------------------------------------------------------


def test_a_related_list_tells_rows_number_and_a_new_one_that_leads_back(sally: Visitor, offer: int):
    add(sally, "note", body="First talk", offer=offer)
    add(sally, "note", body="Another's")

    with counted(sally) as statements:
        page = sally.get(f"/e/offer/{offer}/related/0").text

    assert "First talk" in page and "Another" not in page and '<template data-count-of="0">1<' in page
    assert f"/e/note/new?offer={offer}&amp;back=%2Fe%2Foffer%2F{offer}" in page
    assert len(statements) <= 4, statements
    assert sally.get(f"/e/offer/{offer}/related/1").status_code == 404


def test_the_way_to_all_of_a_related_list_shows_as_many(sally: Visitor, offer: int):
    add(sally, "note", body="First talk", offer=offer)
    page = sally.get(f"/e/offer/{offer}/related/0").text
    whole = re.search(r'href="(/e/note\?filter=[^"]*)"', page)

    assert whole and sally.get(whole[1]).text.count("<tr data-id") == 1


def test_neighbours_follow_the_list_one_came_from(sally: Visitor):
    first, second, third = (add(sally, "offer", name=name) for name in ("A", "B", "C"))

    def ways(number: int, query: str = "") -> list[str]:
        return re.findall(r'href="/e/offer/(\d+)"', sally.get(f"/e/offer/{number}/neighbours?{query}").text)

    assert ways(second, "sort=name") == [str(first), str(third)]
    assert ways(second, "sort=-name") == [str(third), str(first)]
    assert ways(second, "filter=" + json.dumps({"field": "name", "op": "ne", "value": "C"}) + "&sort=name") == [
        str(first)
    ]
    assert ways(second, "filter={nonsense") == [] and ways(second, "list=gone") == []


# --- the stage ------------------------------------------------------------------------------------------------


def test_a_stage_is_set_with_the_revision_it_was_seen_at(sally: Visitor, offer: int):
    answer = sally.post(f"/e/offer/{offer}/stage", {"stage": "hot", "_rev": str(stored(sally, offer)["rev"])})

    assert answer.status_code == 303 and stored(sally, offer)["stage"] == "hot"


@pytest.mark.parametrize(
    ("stage", "rev", "status"), [("nonsense", None, 422), ("hot", "x", 422), ("hot", "", 422)]
)
def test_a_refused_stage_is_told_beside_the_stages(
    sally: Visitor, offer: int, stage: str, rev: str | None, status: int
):
    sent = {"stage": stage, "_rev": str(stored(sally, offer)["rev"]) if rev is None else rev}

    answer = sally.post(f"/e/offer/{offer}/stage", sent, headers=HTMX)

    assert answer.status_code == status and stored(sally, offer)["stage"] == "new"
    assert answer.headers["hx-retarget"] == "#stage-problem" and "<html" not in answer.text


def test_two_who_move_the_stage_are_told(sally: Visitor, offer: int):
    rev = str(stored(sally, offer)["rev"])
    sally.post(f"/e/offer/{offer}/stage", {"stage": "hot", "_rev": rev})

    answer = sally.post(f"/e/offer/{offer}/stage", {"stage": "won", "_rev": rev}, headers=HTMX)

    assert answer.status_code == 409 and stored(sally, offer)["stage"] == "hot"


# --- sections -------------------------------------------------------------------------------------------------


def test_a_section_is_edited_in_its_place(sally: Visitor, offer: int):
    sent = inputs(sally.get(f"/e/offer/{offer}/section/main").text)
    assert sent["name"] == "Roof"

    answer = sally.post(f"/e/offer/{offer}/section/main", sent | {"name": "Barn", "lines[0].qty": "5"})

    assert answer.status_code == 303
    assert stored(sally, offer)["name"] == "Barn" and stored(sally, offer)["total"] == "50.00"


def test_a_refused_section_keeps_what_was_typed(sally: Visitor, offer: int):
    sent = inputs(sally.get(f"/e/offer/{offer}/section/main").text)

    answer = sally.post(
        f"/e/offer/{offer}/section/main", sent | {"name": "x" * 31, "amount": "many"}, headers=HTMX
    )

    assert answer.status_code == 422 and inputs(answer.text)["amount"] == "many"
    assert 'id="err-name"' in answer.text and 'id="err-amount"' in answer.text
    assert stored(sally, offer)["name"] == "Roof"


# --- the timeline ---------------------------------------------------------------------------------------------


def test_a_composed_note_belongs_to_the_record_and_stands_in_its_timeline(sally: Visitor, offer: int):
    answer = sally.post(f"/e/offer/{offer}/compose", {"kind": "call", "body": "Wants it <b>cheaper</b>"})

    assert answer.status_code == 303, answer.text
    note = sally.api("GET", "/records/note").json()["items"][0]
    assert (note["offer"], note["company"]) == (offer, stored(sally, offer)["company"])
    story = sally.get(f"/e/offer/{offer}/changes").text
    assert "Wants it &lt;b&gt;cheaper&lt;/b&gt;" in story and "Call" in story and "timeline-added" in story


def test_a_refused_note_keeps_what_was_typed(sally: Visitor, offer: int):
    answer = sally.post(f"/e/offer/{offer}/compose", {"kind": "call", "body": ""}, headers=HTMX)

    assert answer.status_code == 422 and 'value="call" selected' in answer.text and 'id="err-body"' in answer.text
    assert "composer" in answer.text and "<html" not in answer.text


def warn(visitor: Visitor, entity: str, field: str, when: dict) -> None:
    """Let a rule warn of what is entered."""
    effect = {"type": "refuse", "message": "Are you sure?", "fields": [field], "severity": "warning"}
    rule = {"kind": "rule", "key": f"{entity}.warn", "entity": entity, "label": "Warn", "when": when}
    changesets.apply(visitor.site.database, [Edit.put({**rule, "effects": [effect]})], actor="test")


def test_a_note_a_rule_only_warns_of_is_saved_anyway(sally: Visitor, offer: int):
    warn(sally, "note", "body", {"field": "kind", "op": "eq", "value": "call"})
    sent = {"kind": "call", "body": "Hello", "_touched": "kind body"}

    warned = sally.post(f"/e/offer/{offer}/compose", sent, headers=HTMX)

    assert (
        warned.status_code in (409, 422) and "Are you sure?" in warned.text and ">Hello</textarea>" in warned.text
    )
    assert sally.api("GET", "/records/note").json()["items"] == []
    confirm = re.search(r'name="_confirm" value="([^"]+)"', warned.text)
    assert confirm
    assert sally.post(f"/e/offer/{offer}/compose", {**sent, "_confirm": confirm[1]}).status_code == 303
    assert len(sally.api("GET", "/records/note").json()["items"]) == 1


def test_a_value_a_rule_only_warns_of_is_given_back_anyway(sally: Visitor, offer: int):
    change(sally, offer, amount="250")
    warn(sally, "offer", "amount", {"field": "amount", "op": "lt", "value": "200"})
    sent = inputs(sally.get(f"/e/offer/{offer}/history/amount").text)

    warned = sally.post(f"/e/offer/{offer}/history/amount", sent, headers=HTMX)

    assert "Are you sure?" in warned.text and stored(sally, offer)["amount"] == "250.00"
    asked = warned.text.partition("history-warning")[2].partition("</form>")[0]
    confirm = re.search(r'name="_confirm" value="([^"]+)"', asked)
    assert confirm
    answer = sally.post(f"/e/offer/{offer}/history/amount", {**inputs(asked), "_confirm": confirm[1]})
    assert answer.status_code == 303 and stored(sally, offer)["amount"] == "100.00"


@pytest.mark.parametrize("entity", ["company", "offer"])
def test_nothing_is_composed_where_there_is_nothing_to_add_to(sally: Visitor, entity: str):
    theirs = add(sally.another().sign_in("simon"), entity, name="Theirs")

    assert sally.post(f"/e/{entity}/{theirs}/compose", {"body": "x"}).status_code == 404


def test_the_timeline_tells_old_and_new_and_never_what_is_hidden(sally: Visitor, offer: int):
    boss = sally.another().sign_in("boss")
    change(boss, offer, secret="7170717", amount="250")

    text = plain(sally.get(f"/e/offer/{offer}/changes").text)

    assert "Amount 100.00 → 250.00" in text and "Boss" in text
    assert "7170717" not in text.replace(",", "") and "Secret" not in text


def test_a_long_timeline_tells_the_latest_and_where_more_is(sally: Visitor, offer: int):
    for number in range(35):
        change(sally, offer, amount=str(number + 1))

    page = sally.get(f"/e/offer/{offer}/changes").text

    assert page.count('<li class="timeline-entry') == 30
    more = re.search(r'hx-get="([^"]*limit=\d+)"', page)
    assert more and sally.get(more[1]).text.count('<li class="timeline-entry') == 36


def test_a_field_gets_back_the_value_it_had(sally: Visitor, offer: int):
    change(sally, offer, amount="250")
    history = sally.get(f"/e/offer/{offer}/history/amount").text
    assert "100.00" in history and "250.00" in history

    answer = sally.post(f"/e/offer/{offer}/history/amount", inputs(history))

    assert answer.status_code == 303 and stored(sally, offer)["amount"] == "100.00"


def test_a_value_that_is_no_longer_allowed_is_not_given_back(sally: Visitor, offer: int):
    change(sally, offer, code="A")
    change(sally, offer, code="B")
    add(sally, "offer", name="Barn", code="A")
    sent = inputs(sally.get(f"/e/offer/{offer}/history/code").text.rpartition("<form")[0])

    answer = sally.post(f"/e/offer/{offer}/history/code", sent, headers=HTMX)

    assert answer.status_code in (409, 422) and stored(sally, offer)["code"] == "B"
    assert "history-steps" in answer.text


@pytest.mark.parametrize("field", ["secret", "nonsense", "lines"])
def test_a_field_one_does_not_see_has_no_history(sally: Visitor, offer: int, field: str):
    assert sally.get(f"/e/offer/{offer}/history/{field}").status_code == 404
    assert sally.post(f"/e/offer/{offer}/history/{field}", {"seq": "1", "_rev": "1"}).status_code == 404
