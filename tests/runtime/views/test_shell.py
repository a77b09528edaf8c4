"""The frame: a menu without what one may not see, errors that look like pages, templates that cannot be fooled."""

import pytest
from jinja2 import UndefinedError

from formloom.metadata import changesets
from formloom.metadata.database import Database
from formloom.metadata.drafts import Edit
from formloom.runtime import render
from tests.runtime.views.pages import HTMX, Page
from tests.runtime.world import Visitor

MENU = {
    "kind": "menu",
    "key": "main",
    "label": "Menu",
    "items": [
        {"entity": "company", "icon": "building"},
        {"label": {"zh": "业务", "en": "Business"}, "items": [{"entity": "deal"}, {"entity": "vault"}]},
        {"label": "Secret", "items": [{"entity": "vault"}]},
    ],
}


@pytest.fixture
def menu(world: Database, visitor: Visitor) -> Visitor:
    """A browser at a site with a menu."""
    changesets.apply(world, [Edit.put(MENU)], actor="test")
    return visitor


def menu_of(visitor: Visitor) -> str:
    return visitor.get("/me").text.split('id="sidebar"')[1].split("</nav>")[0]


def test_the_menu_has_only_what_its_reader_may_view(menu: Visitor):
    sellers, clerks = menu_of(menu.sign_in("sally")), menu_of(menu.another().sign_in("clara"))

    assert "Company" in sellers and "Business" in sellers and "Deal" in sellers
    assert "Vault" not in sellers and "Secret" not in sellers
    assert "Company" in clerks and "Business" not in clerks


def test_the_menu_speaks_the_readers_language(menu: Visitor):
    assert "业务" in menu_of(menu.sign_in("simon"))


def test_without_a_menu_everything_one_may_view_is_in_it(visitor: Visitor):
    found = menu_of(visitor.sign_in("sally"))

    assert "Company" in found and "Deal" in found and "Vault" not in found


def test_the_entry_of_the_present_screen_is_marked(menu: Visitor):
    html = menu.sign_in("sally").get("/e/company").text

    assert 'href="/e/company" title="Company" aria-current="page"' in html


def test_what_is_not_there_is_a_page_in_the_frame(visitor: Visitor):
    whole = visitor.sign_in("sally").get("/e/nothing")
    part = visitor.get("/e/nothing", headers=HTMX)

    assert whole.status_code == part.status_code == 404
    assert 'id="sidebar"' in whole.text and 'id="sidebar"' not in part.text
    assert Page(part.text).links == {"Go home": "/"}


def test_a_hidden_and_an_absent_thing_look_the_same(visitor: Visitor):
    visitor.sign_in("sally")

    assert visitor.get("/e/vault", headers=HTMX).text == visitor.get("/e/nothing", headers=HTMX).text


def test_answers_of_pages_are_not_kept_and_differ_for_htmx(visitor: Visitor):
    answer = visitor.sign_in("sally").get("/me")

    assert answer.headers["cache-control"] == "no-store" and answer.headers["vary"] == "HX-Request"


def test_somebody_unknown_is_sent_to_the_door_and_back(visitor: Visitor):
    answer = visitor.get("/e/company?city=Bonn")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fe%2Fcompany%3Fcity%3DBonn"


def test_a_name_that_does_not_exist_is_an_error_in_a_template():
    template = render._environment("en").from_string("{{ nobody.name }}")

    with pytest.raises(UndefinedError):
        template.render()


def test_values_are_escaped_and_attributes_too():
    environment = render._environment("en")

    shown = environment.from_string("{{ text }}<i{{ attributes({'title': text, 'hidden': true, 'lang': none}) }}>")

    assert shown.render(text='"<b>') == '&#34;&lt;b&gt;<i title="&#34;&lt;b&gt;" hidden>'


def test_words_for_scripts_cannot_end_their_element():
    assert "</" not in render._browser_words("en")


@pytest.mark.parametrize("name", ["building", "no-such-icon", None, '"><script>'])
def test_an_icon_is_always_one_of_ours(name: str | None):
    assert "script" not in render.icon(name) and render.icon(name).startswith("<svg")
