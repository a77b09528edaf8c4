"""What of a list is drawn once: it belongs to one reader, one address, one state of the site."""

from formloom.metadata import changesets
from formloom.metadata.drafts import Edit
from tests.runtime.views.pages import Page, add_companies
from tests.runtime.world import Visitor

LAYOUT = {
    "kind": "list",
    "key": "company.kept",
    "entity": "company",
    "label": "Kept",
    "columns": ["name", "city"],
}
ADDRESS = "/e/company?list=company.kept&sort=name"


def put(visitor: Visitor, **changed: object) -> None:
    changesets.apply(visitor.site.database, [Edit.put({**LAYOUT, **changed})], actor="test")


def page_of(visitor: Visitor, address: str = ADDRESS) -> Page:
    answer = visitor.get(address)
    assert answer.status_code == 200
    return Page(answer.text)


def test_an_address_asked_again_gives_the_same_page_and_another_its_own(visitor: Visitor):
    put(visitor)
    visitor.sign_in("sally")
    add_companies(visitor, [{"name": "Able", "city": "Rome"}])

    first, again = visitor.get(ADDRESS).text, visitor.get(ADDRESS).text

    assert first == again
    assert 'value="Rome"' in visitor.get(f"{ADDRESS}&q=Rome").text and 'value="Rome"' not in first


def test_a_changed_list_is_shown_at_once(visitor: Visitor):
    put(visitor)
    visitor.sign_in("sally")
    add_companies(visitor, [{"name": "Able", "city": "Rome"}])
    before = visitor.get(ADDRESS).text

    put(visitor, columns=["name", "credit"])
    after = visitor.get(ADDRESS).text

    assert 'data-resize="city"' in before
    assert 'data-resize="city"' not in after and 'data-resize="credit"' in after


def test_what_one_reader_may_do_is_not_shown_to_the_next(visitor: Visitor):
    put(visitor)
    add_companies(visitor.sign_in("sally"), [{"name": "Able"}])
    other = visitor.another().sign_in("clara")

    assert "New company" in page_of(visitor).links
    assert "New company" not in page_of(other).links
    assert "New company" in page_of(visitor).links
