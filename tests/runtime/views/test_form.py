"""Forms: what they show to whom, that nothing typed is lost, what follows from what is entered."""

import copy
import re

import pytest

from formloom.metadata import changesets
from formloom.metadata.drafts import Edit
from tests.prepared import copies_of
from tests.runtime.views import shop
from tests.runtime.views.pages import HTMX, counted
from tests.runtime.views.shop import add, inputs, line, wares
from tests.runtime.world import Visitor

STARTED = {"name": "Roof", "stage": "new", "chance": "10", "_table": "lines"}


world = copies_of(shop.prepare_shop)


@pytest.fixture
def sally(visitor: Visitor) -> Visitor:
    """A seller in the shop."""
    return visitor.sign_in("sally")


def made(answer) -> int:
    """The id of the record that a form's answer leads to."""
    assert answer.status_code == 303, answer.text[:600]
    return int(answer.headers["location"].rpartition("/")[2])


def stored(visitor: Visitor, record_id: int) -> dict:
    return visitor.api("GET", f"/records/offer/{record_id}").json()


def computed(visitor: Visitor, **sent: str) -> dict:
    answer = visitor.post("/e/offer/compute", sent)
    assert answer.status_code == 200, answer.text
    return answer.json()["values"]


# --- what is shown --------------------------------------------------------------------------------------------


def test_a_new_form_starts_with_the_defaults_and_with_what_the_address_says(sally: Visitor):
    company = add(sally, "company", name="Acme")

    page = sally.get(f"/e/offer/new?company={company}").text
    found = inputs(page)

    assert found["company"] == str(company) and found["_text.company"] == "Acme"
    assert found["stage"] == "new" and found["chance"] == "10"
    assert re.search(r'name="lines\[__n__\].qty" value="1"', page)


@pytest.mark.parametrize("asked", ["secret=1", "nonsense=1", "weighted=3"])
def test_an_address_that_names_what_may_not_be_written_is_refused(sally: Visitor, asked: str):
    assert sally.get(f"/e/offer/new?{asked}").status_code == 422


def test_a_form_has_no_trace_of_a_hidden_field(sally: Visitor):
    offer = add(sally, "offer", name="Roof")

    for address in ("/e/offer/new", f"/e/offer/{offer}/edit", f"/e/offer/{offer}"):
        assert "secret" not in sally.get(address).text.lower(), address


def test_an_edit_form_shows_the_record_with_its_lines(sally: Visitor):
    hammer, _ = wares(sally)
    offer = add(sally, "offer", name="Roof", seen="2026-01-02T03:04:05Z", lines=[{"ware": hammer, "qty": 3}])

    found = inputs(sally.get(f"/e/offer/{offer}/edit").text)

    assert found["name"] == "Roof" and found["lines[0].qty"] == "3" and found["lines[0].price"] == "10"
    assert found["_text.lines[0].ware"] == "Hammer"
    assert found["seen"] == "2026-01-02T11:04" and found["_exact"].endswith("2026-01-02T03:04:05Z")


@pytest.mark.parametrize(
    ("address", "status"),
    [("/e/vault/new", 404), ("/e/nothing/new", 404), ("/e/ware/new", 403), ("/e/offer/9/edit", 404)],
)
def test_forms_of_what_one_may_not_change_are_refused(sally: Visitor, address: str, status: int):
    assert sally.get(address).status_code == status


# --- saving ---------------------------------------------------------------------------------------------------


def test_a_record_is_saved_with_its_lines_in_their_order(sally: Visitor):
    hammer, saw = wares(sally)

    offer = made(
        sally.post("/e/offer", STARTED | line(0, ware=saw, qty="2", price="15") | line(1, ware=hammer, gift="1"))
    )

    lines = stored(sally, offer)["lines"]
    assert [(each["ware"], each["qty"], each["price"]) for each in lines] == [
        (saw, 2, "15.00"),
        (hammer, 1, "10.00"),
    ]
    assert stored(sally, offer)["total"] == "30.00"


def test_rows_in_which_nothing_was_entered_are_no_lines(sally: Visitor):
    offer = made(sally.post("/e/offer", STARTED | line(0) | line(5)))

    assert stored(sally, offer)["lines"] == []


def test_what_is_required_and_says_itself_may_be_left_empty(sally: Visitor):
    offer = made(sally.post("/e/offer", STARTED | {"stage": "hot", "chance": ""}))

    assert stored(sally, offer)["chance"] == "60.00"


def test_a_refused_form_keeps_everything_typed(sally: Visitor):
    hammer, _ = wares(sally)
    company = add(sally, "company", name="Acme")
    sent = STARTED | {"name": "x" * 31, "company": str(company), "amount": "12,5x", "_back": "/e/offer?q=a"}

    answer = sally.post("/e/offer", sent | line(0) | line(3, ware=hammer, qty="0", price="7"), headers=HTMX)

    found = inputs(answer.text)
    assert answer.status_code == 422 and answer.headers["hx-push-url"] == "false"
    assert found["name"] == "x" * 31 and found["amount"] == "12,5x" and found["_back"] == "/e/offer?q=a"
    assert (found["company"], found["_text.company"]) == (str(company), "Acme")
    assert (found["lines[0].ware"], found["_text.lines[0].ware"]) == (str(hammer), "Hammer")
    assert (found["lines[0].qty"], found["lines[0].price"]) == ("0", "7")
    jumps = re.findall(r'data-jump="([^"]*)"', answer.text)
    assert sorted(jumps) == ["amount", "lines[0].qty", "name"]
    assert all(f'id="err-{name}"' in answer.text for name in jumps)


@pytest.mark.parametrize("name", ["nonsense", "secret", "lines[0].nonsense", "deleted_at"])
def test_a_form_with_a_name_that_is_no_input_is_refused_and_kept(sally: Visitor, name: str):
    hammer, _ = wares(sally)

    answer = sally.post("/e/offer", STARTED | line(0, ware=hammer) | {name: "1"})

    assert answer.status_code == 422 and inputs(answer.text)["name"] == "Roof"
    assert sally.api("GET", "/records/offer").json()["items"] == []


def test_what_is_written_into_a_picker_and_names_nothing_is_refused_and_kept(sally: Visitor):
    answer = sally.post(
        "/e/offer", STARTED | line(0) | {"_text.lines[0].ware": "Hamer", "_text.company": "Acm", "company": ""}
    )

    assert answer.status_code == 422
    assert inputs(answer.text)["_text.lines[0].ware"] == "Hamer" and inputs(answer.text)["_text.company"] == "Acm"
    assert 'id="err-lines[0].ware"' in answer.text and 'id="err-company"' in answer.text


def test_saving_an_untouched_form_changes_nothing(sally: Visitor):
    hammer, _ = wares(sally)
    offer = add(sally, "offer", name="Roof", seen="2026-01-02T03:04:05Z", lines=[{"ware": hammer, "qty": 3}])
    before = stored(sally, offer)

    found = inputs(sally.get(f"/e/offer/{offer}/edit").text)
    answer = sally.post(f"/e/offer/{offer}", found)

    assert answer.status_code == 303, answer.text[:900]
    assert stored(sally, offer) == before


def test_saving_takes_one_back_to_an_address_of_ours_only(sally: Visitor):
    assert sally.post("/e/offer", STARTED | {"_back": "/e/company/7"}).headers["location"] == "/e/company/7"
    outside = sally.post("/e/offer", STARTED | {"_back": "//evil.example/"}).headers["location"]
    assert outside.startswith("/e/offer/")


def test_save_and_new_opens_an_empty_form_that_still_leads_back(sally: Visitor):
    answer = sally.post("/e/offer", STARTED | {"_again": "1", "_back": "/e/company/7"})

    assert answer.headers["location"] == "/e/offer/new?back=%2Fe%2Fcompany%2F7"


def test_a_plain_save_takes_at_most_four_statements(sally: Visitor):
    sally.post("/e/company", {"name": "Warm"})
    with counted(sally) as statements:
        assert sally.post("/e/company", {"name": "Acme", "staff": "3"}).status_code == 303

    assert len(statements) <= 4, statements


# --- two people -----------------------------------------------------------------------------------------------


def test_a_conflict_shows_all_three_values_and_keeps_what_the_other_changed(sally: Visitor):
    offer = add(sally, "offer", name="Roof", amount="100", code="A")
    mine = inputs(sally.get(f"/e/offer/{offer}/edit").text)
    sally.api("PATCH", f"/records/offer/{offer}", {"amount": "200", "code": "B", "rev": 1})

    answer = sally.post(f"/e/offer/{offer}", mine | {"amount": "300", "name": "Barn"})

    assert answer.status_code == 409
    cells = re.findall(r"<td>([^<]*)</td>", answer.text)
    assert cells[:3] == ["100.00", "200.00", "300.00"]
    again = inputs(answer.text)
    assert (again["amount"], again["name"], again["code"]) == ("300", "Barn", "B")
    assert sally.post(f"/e/offer/{offer}", again).status_code == 303
    record = stored(sally, offer)
    assert (record["amount"], record["name"], record["code"]) == ("300.00", "Barn", "B")


def test_after_a_conflict_lines_that_others_added_stay(sally: Visitor):
    hammer, saw = wares(sally)
    offer = add(sally, "offer", name="Roof", amount="100", lines=[{"ware": hammer, "qty": 1}])
    mine = inputs(sally.get(f"/e/offer/{offer}/edit").text)
    now = stored(sally, offer)
    theirs = {
        "amount": "200",
        "lines": [{"id": now["lines"][0]["id"]}, {"ware": saw, "qty": 9}],
        "rev": now["rev"],
    }
    assert sally.api("PATCH", f"/records/offer/{offer}", theirs).status_code == 200

    refused = sally.post(f"/e/offer/{offer}", mine | {"amount": "300", "lines[0].qty": "4"})
    assert sally.post(f"/e/offer/{offer}", inputs(refused.text)).status_code == 303

    assert [(each["ware"], each["qty"]) for each in stored(sally, offer)["lines"]] == [(hammer, 4), (saw, 9)]


# --- copies ---------------------------------------------------------------------------------------------------


def test_a_copy_starts_with_what_its_reader_sees_and_may_write(sally: Visitor):
    hammer, _ = wares(sally)
    boss = sally.another().sign_in("boss")
    offer = add(
        sally, "offer", name="Roof", code="A", chance="33", lines=[{"ware": hammer, "qty": 3, "price": "9"}]
    )
    boss.api("PATCH", f"/records/offer/{offer}", {"secret": "7170717", "rev": 1})

    page = sally.get(f"/e/offer/new?copy={offer}").text
    found = inputs(page)

    assert found["name"] == "Roof" and found["chance"] == "33" and found["code"] == ""
    assert (found["lines[0].ware"], found["lines[0].qty"], found["lines[0].price"]) == (str(hammer), "3", "9")
    assert found["lines[0].id"] == "" and "7170717" not in page


def test_a_record_that_is_not_mine_cannot_be_copied(sally: Visitor):
    theirs = add(sally.another().sign_in("simon"), "offer", name="Theirs")

    assert sally.get(f"/e/offer/new?copy={theirs}").status_code == 404


def test_what_is_not_to_be_copied_starts_anew_in_records_and_in_their_lines(sally: Visitor):
    left_out = {("offer", "amount"), ("offer", "stage"), ("offer_line", "text"), ("offer_line", "qty")}
    for document in copy.deepcopy([shop.OFFER, shop.LINE]):
        for field in document["fields"]:
            field["copy"] = (document["key"], field["key"]) not in left_out
        changesets.apply(sally.site.database, [Edit.put(document)], actor="test")
    rows = [{"ware": wares(sally)[0], "qty": 3, "text": "Best"}]
    offer = add(sally, "offer", name="Roof", stage="hot", amount="100", lines=rows)

    found = inputs(sally.get(f"/e/offer/new?copy={offer}").text)

    assert found["name"] == "Roof" and found["_text.lines[0].ware"] == "Hammer"
    assert (found["amount"], found["stage"]) == ("", "new")
    assert (found["lines[0].text"], found["lines[0].qty"]) == ("", "1")


# --- what follows from what is entered ------------------------------------------------------------------------


def test_a_default_follows_what_it_reads_until_it_is_touched(sally: Visitor):
    sent = {"stage": "hot", "chance": "10", "amount": "200"}

    assert computed(sally, **sent, _touched="stage")["chance"]["raw"] == "60"
    assert computed(sally, **sent, _touched="stage")["weighted"]["html"] == "120.00"
    assert "chance" not in computed(sally, **sent, _touched="stage chance")
    assert "chance" not in computed(sally, **sent, _touched="amount")


def test_picking_a_ware_fills_the_price_and_the_sums(sally: Visitor):
    hammer, saw = wares(sally)
    rows = line(4, ware=saw, qty="3") | line(7, ware=hammer, qty="2", price="5") | line(9)

    found = computed(sally, **STARTED, **rows, _touched="lines[4].ware lines[7].price")

    assert found["lines[4].price"]["raw"] == "20" and "lines[7].price" not in found
    assert found["lines[4].sum"]["html"] == "60.00" and found["lines[7].sum"]["html"] == "10.00"
    assert found["total"]["html"] == "70.00"
    assert not any(name.startswith("lines[9]") for name in found)


def test_of_a_stored_record_computing_changes_nothing(sally: Visitor):
    hammer, _ = wares(sally)
    offer = add(sally, "offer", name="Roof", amount="100", lines=[{"ware": hammer, "qty": 3}])
    before = stored(sally, offer)

    found = computed(sally, _id=str(offer), amount="400", _touched="amount")

    assert found["weighted"]["html"] == "40.00" and found["total"]["html"] == "30.00"
    assert stored(sally, offer) == before


def test_computing_tells_nothing_of_what_the_reader_may_not_see(sally: Visitor):
    boss = sally.another().sign_in("boss")
    offer = add(sally, "offer", name="Roof", amount="100")
    boss.api("PATCH", f"/records/offer/{offer}", {"secret": "23", "rev": 1})
    hidden_company = add(boss, "company", name="Hidden works")

    found = computed(sally, _id=str(offer), amount="400", company=str(hidden_company), _touched="amount company")

    assert "margin" not in found and "Hidden" not in str(found)
    assert sally.post("/e/offer/compute", {"_id": str(add(boss, "offer", name="Theirs"))}).status_code == 404
    assert sally.post("/e/vault/compute", {}).status_code == 404


def test_computing_needs_the_token_of_our_pages(sally: Visitor):
    answer = sally.http.post("/e/offer/compute", data=STARTED, headers={"sec-fetch-site": "same-origin"})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "sent", [{"amount": "abc"}, {"company": "x"}, {"lines[0].qty": "9" * 40, "_table": "lines"}]
)
def test_computing_from_what_is_no_value_answers_all_the_same(sally: Visitor, sent: dict):
    assert computed(sally, **{**STARTED, **sent}) is not None
